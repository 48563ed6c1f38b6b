#include "base/secret_bytes.hpp"

#include <cerrno>
#include <openssl/crypto.h>
#include <sys/random.h>
#include <system_error>

namespace sallyport::base {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  while (::getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count)) {
    // Up to 256 bytes come whole or not at all; only a signal before the pool's first seed interrupts.
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return bytes;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sallyport::base

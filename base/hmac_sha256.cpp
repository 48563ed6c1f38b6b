#include "base/hmac_sha256.hpp"

#include <climits>

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace sallyport::base {

std::string hmac_sha256(std::string_view key, std::string_view message) {
  if (key.size() > INT_MAX) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned int size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, message.size(), code.data(),
           &size) == nullptr) {
    return {};
  }
  return {code.begin(), code.begin() + size};
}

}  // namespace sallyport::base

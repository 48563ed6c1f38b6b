#include "broker/execution_id.hpp"

#include "base/secret_bytes.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace sallyport::broker {

std::string format_uuid7(std::uint64_t unix_milliseconds, std::uint64_t random_high,
                         std::uint64_t random_low) {
  const std::uint64_t high =
      (unix_milliseconds & 0xFFFFFFFFFFFFU) << 16U | std::uint64_t{0x7000} | (random_high & 0x0FFFU);
  const std::uint64_t low = std::uint64_t{0x8000000000000000U} | (random_low & 0x3FFFFFFFFFFFFFFFU);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(high >> 32U),
                static_cast<unsigned>(high >> 16U & 0xFFFFU), static_cast<unsigned>(high & 0xFFFFU),
                static_cast<unsigned>(low >> 48U), static_cast<unsigned long long>(low & 0xFFFFFFFFFFFFU));
  return text.data();
}

std::string new_execution_id() {
  std::array<std::uint64_t, 2> random{};
  const std::string bytes = base::random_bytes(sizeof(random));
  std::memcpy(random.data(), bytes.data(), sizeof(random));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return format_uuid7(static_cast<std::uint64_t>(milliseconds), random[0], random[1]);
}

}  // namespace sallyport::broker

// Bytes as hexadecimal text.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::base {

/// Two lower-case digits a byte.
[[nodiscard]] inline std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  auto* out = text.data();
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    *out++ = digits[value >> 4U];
    *out++ = digits[value & 0x0fU];
  }
  return text;
}

/// Whether `text` is nothing but digits as `to_hex` writes them.
[[nodiscard]] inline bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace sallyport::base

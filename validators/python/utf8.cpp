#include "validators/python/utf8.hpp"

#include <algorithm>

namespace sallyport::validators::python {
bool is_ascii(std::string_view text) {
  return base::skip_ascii(text, 0) == text.size();
}

std::optional<InvalidUtf8> find_invalid_utf8(std::string_view text) {
  for (std::size_t at = base::skip_ascii(text, 0); at < text.size(); at = base::skip_ascii(text, at)) {
    const auto character = first_character(text.substr(at));
    if (character.valid) {
      at += character.size;
      continue;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    const auto start = static_cast<unsigned char>(text[at]);
    std::string message = "'utf-8' codec can't decode byte";
    if (character.size == 1) {
      message +=
          std::string(" 0x") + digits[start >> 4] + digits[start & 15] + " in position " + std::to_string(at);
    } else {
      message += "s in position " + std::to_string(at) + "-" + std::to_string(at + character.size - 1);
    }
    const bool begins_none = start < 0xC2 || start > 0xF4;
    if (begins_none) {
      message += ": invalid start byte";
    } else {
      message +=
          at + character.size == text.size() ? ": unexpected end of data" : ": invalid continuation byte";
    }
    return InvalidUtf8{at, std::move(message)};
  }
  return std::nullopt;
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0U | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0U | code >> 12);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string hexadecimal(std::uint32_t value, std::size_t digits) {
  constexpr std::string_view alphabet = "0123456789ABCDEF";
  std::string text;
  for (; value != 0; value >>= 4) {
    text += alphabet[value & 15U];
  }
  while (text.size() < digits) {
    text += '0';
  }
  std::reverse(text.begin(), text.end());
  return text;
}

}  // namespace sallyport::validators::python

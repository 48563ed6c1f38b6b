#include "validators/python/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sallyport::validators::python {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// How many bytes a character has that begins so; 0 for bytes that begin none.
std::size_t length_by_start(unsigned start) {
  if (start < 0x80) {
    return 1;
  }
  if (start >= 0xC2 && start < 0xE0) {
    return 2;
  }
  if (start >= 0xE0 && start < 0xF0) {
    return 3;
  }
  return start >= 0xF0 && start < 0xF5 ? 4 : 0;
}

// Whether a second byte may follow the first: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_second(unsigned start, unsigned second) {
  switch (start) {
    case 0xE0:
      return second >= 0xA0 && second < 0xC0;
    case 0xED:
      return second >= 0x80 && second < 0xA0;
    case 0xF0:
      return second >= 0x90 && second < 0xC0;
    case 0xF4:
      return second >= 0x80 && second < 0x90;
    default:
      return second >= 0x80 && second < 0xC0;
  }
}

}  // namespace

Character first_character(std::string_view text) {
  const unsigned start = byte_at(text, 0);
  if (start < 0x80) {
    return {start, 1, true};
  }
  const auto length = length_by_start(start);
  if (length == 0) {
    return {0xFFFD, 1, false};
  }
  auto code = start & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const bool continues =
        i < text.size() && (i == 1 ? is_second(start, byte_at(text, 1)) : (byte_at(text, i) & 0xC0U) == 0x80);
    if (!continues) {
      return {0xFFFD, i, false};
    }
    code = code << 6 | (byte_at(text, i) & 0x3FU);
  }
  return {code, length, true};
}

bool is_ascii(std::string_view text) {
  std::size_t at = 0;
  std::uint64_t seen = 0;
  for (; at + sizeof seen <= text.size(); at += sizeof seen) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    seen |= bytes;
  }
  for (; at < text.size(); ++at) {
    seen |= byte_at(text, at);
  }
  return (seen & 0x8080808080808080U) == 0;
}

std::optional<InvalidUtf8> find_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (byte_at(text, at) < 0x80) {
      constexpr std::size_t block = 32;
      at += at + block <= text.size() && is_ascii(text.substr(at, block)) ? block : 1;
      continue;
    }
    const auto character = first_character(text.substr(at));
    if (character.valid) {
      at += character.size;
      continue;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    const auto start = byte_at(text, at);
    std::string message = "'utf-8' codec can't decode byte";
    if (character.size == 1) {
      message +=
          std::string(" 0x") + digits[start >> 4] + digits[start & 15] + " in position " + std::to_string(at);
    } else {
      message += "s in position " + std::to_string(at) + "-" + std::to_string(at + character.size - 1);
    }
    if (length_by_start(start) == 0) {
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

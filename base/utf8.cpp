#include "base/utf8.hpp"

#include <cstring>

namespace sallyport::base {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// How many bytes a character has that begins so; 0 for bytes that begin none.
std::size_t length_by_start(unsigned start) {
  if (start >= 0xC2 && start < 0xE0) return 2;
  if (start >= 0xE0 && start < 0xF0) return 3;
  return start >= 0xF0 && start < 0xF5 ? 4 : 0;
}

/// Whether a second byte may follow the first.
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
  if (start < 0x80) return {start, 1, true};
  const std::size_t length = length_by_start(start);
  if (length == 0) return {0xFFFD, 1, false};
  auto code = start & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const bool continues =
        i < text.size() && (i == 1 ? is_second(start, byte_at(text, 1)) : (byte_at(text, i) & 0xC0U) == 0x80);
    if (!continues) return {0xFFFD, i, false};
    code = code << 6U | (byte_at(text, i) & 0x3FU);
  }
  return {code, length, true};
}

std::size_t skip_ascii(std::string_view text, std::size_t at) {
  // Eight at a time.
  while (at + 8 <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080U) != 0) break;
    at += 8;
  }
  while (at < text.size() && byte_at(text, at) < 0x80) ++at;
  return at;
}

}  // namespace sallyport::base

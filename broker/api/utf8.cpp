#include "broker/api/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace sallyport::broker {
namespace {

struct Sequence {
  std::size_t length = 0;  ///< Bytes of the sequence, or of its longest well-formed beginning; at least 1.
  bool valid = false;
};

/// Table 3-7 of the Unicode standard.
Sequence sequence_at(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::uint8_t first = byte(at);
  if (first < 0x80) return {1, true};
  std::size_t wanted = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    wanted = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    wanted = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    wanted = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (std::size_t i = 1; i < wanted; ++i) {
    if (at + i >= bytes.size()) return {i, false};
    const std::uint8_t next = byte(at + i);
    if (next < low || next > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {wanted, true};
}

/// First byte at or after `at` that is not ASCII; eight at a time.
std::size_t skip_ascii(std::string_view bytes, std::size_t at) {
  while (at + 8 <= bytes.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    if ((word & 0x8080808080808080U) != 0) break;
    at += 8;
  }
  while (at < bytes.size() && static_cast<std::uint8_t>(bytes[at]) < 0x80) ++at;
  return at;
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view bytes) {
  for (std::size_t at = skip_ascii(bytes, 0); at < bytes.size(); at = skip_ascii(bytes, at)) {
    const Sequence sequence = sequence_at(bytes, at);
    if (!sequence.valid) return at;
    at += sequence.length;
  }
  return std::string_view::npos;
}

std::string to_valid_utf8(std::string bytes) {
  const std::size_t first = find_invalid_utf8(bytes);
  if (first == std::string_view::npos) return bytes;
  std::string text = bytes.substr(0, first);
  text.reserve(bytes.size());
  for (std::size_t at = first; at < bytes.size();) {
    const Sequence sequence = sequence_at(bytes, at);
    if (sequence.valid) {
      text.append(bytes, at, sequence.length);
    } else {
      text.append("\xEF\xBF\xBD");
    }
    at += sequence.length;
  }
  return text;
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<std::uint8_t>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

}  // namespace sallyport::broker

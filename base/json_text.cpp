#include "base/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sallyport::base {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighBits = 0x80 * kOnes;

/// Not 0 if one of the eight bytes is less than `least`, which is at most 0x80.
constexpr std::uint64_t any_below(std::uint64_t word, std::uint64_t least) {
  return (word - kOnes * least) & ~word & kHighBits;
}

constexpr std::uint64_t any_equal(std::uint64_t word, char byte) {
  return any_below(word ^ (kOnes * static_cast<unsigned char>(byte)), 1);
}

bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

}  // namespace

bool is_plain_json(std::string_view text) {
  // Eight at a time: each key and most values of each reply and record come through here.
  for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof(word));
    const std::uint64_t special = (word & kHighBits) | any_below(word, 0x20) | any_equal(word, '"') |
                                  any_equal(word, '\\') | any_equal(word, '\x7F');
    if (special != 0) return false;
  }
  return std::all_of(text.begin(), text.end(), is_plain);
}

void append_json_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 40> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

}  // namespace sallyport::base

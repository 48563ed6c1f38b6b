#include "base/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

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

constexpr double kExact = 1e15;  // Each integer below is a double.

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
  std::array<char, 40> digits{};
  if (std::abs(number) < kExact && number == std::trunc(number) && !(number == 0 && std::signbit(number))) {
    const auto whole = static_cast<std::int64_t>(number);
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), whole).ptr);
    out += ".0";
    return;
  }
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void append_json_rounded(std::string& out, double number, int decimals) {
  std::int64_t scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  const double exact = std::abs(number) * static_cast<double>(scale);
  if (!(exact < kExact)) {  // It has no more decimals than that, or is no number.
    append_json_number(out, number);
    return;
  }
  const std::int64_t scaled = std::llround(exact);
  if (number < 0 && scaled != 0) out += '-';
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), scaled / scale).ptr);
  out += '.';
  std::int64_t rest = scaled % scale;
  do {
    rest *= 10;
    out += static_cast<char>('0' + rest / scale);
    rest %= scale;
  } while (rest != 0);
}

void JsonText::separate() {
  if (text_.back() != '{' && text_.back() != '[') text_ += ',';
}

void JsonText::begin(std::string_view key) {
  separate();
  text_ += '"';
  text_ += key;
  text_ += "\":";
}

void JsonText::append(std::string_view value) {
  if (!is_plain_json(value)) {
    append_string_(text_, value);
    return;
  }
  text_ += '"';
  text_ += value;
  text_ += '"';
}

void JsonText::add(std::string_view key, std::string_view value) {
  begin(key);
  append(value);
}

void JsonText::add(std::string_view key, double value) {
  begin(key);
  append_json_number(text_, value);
}

void JsonText::add(std::string_view key, bool value) {
  begin(key);
  text_ += value ? "true" : "false";
}

void JsonText::add_integer(std::string_view key, std::integral auto value) {
  begin(key);
  std::array<char, 24> digits{};
  text_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}
template void JsonText::add_integer(std::string_view key, std::int64_t value);
template void JsonText::add_integer(std::string_view key, std::uint64_t value);

void JsonText::add_rounded(std::string_view key, double value, int decimals) {
  begin(key);
  append_json_rounded(text_, value, decimals);
}

void JsonText::add_rounded(std::string_view key, std::optional<double> value, int decimals) {
  if (value) {
    add_rounded(key, *value, decimals);
  } else {
    add_null(key);
  }
}

void JsonText::add_null(std::string_view key) {
  begin(key);
  text_ += "null";
}

void JsonText::add_or_null(std::string_view key, std::string_view value) {
  if (value.empty()) {
    add_null(key);
  } else {
    add(key, value);
  }
}

void JsonText::add_escaped(std::string_view key, std::string_view value) {
  separate();
  append(key);
  text_ += ':';
  append(value);
}

void JsonText::add_item(std::string_view value) {
  separate();
  append(value);
}

void JsonText::begin_object(std::string_view key) {
  begin(key);
  text_ += '{';
}

void JsonText::begin_object() {
  separate();
  text_ += '{';
}

void JsonText::begin_list(std::string_view key) {
  begin(key);
  text_ += '[';
}

std::string JsonText::take() {
  text_ += '}';
  return std::move(text_);
}

}  // namespace sallyport::base

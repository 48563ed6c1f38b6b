#include "config/value.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace sallyport::config {
namespace {

constexpr std::size_t longest_shown = 80;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// The C1 control character that begins at `at` in valid UTF-8, or 0.
unsigned c1_control(std::string_view text, std::size_t at) {
  if (text[at] != '\xc2' || at + 1 == text.size()) return 0;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  return second >= 0x80 && second <= 0x9f ? second : 0;
}

std::string dump(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Cuts between characters: a continuation byte of UTF-8 is 10xxxxxx.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

struct Describe {
  std::string operator()(Null) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(const Real& value) const { return printable(value.text, longest_shown); }
  std::string operator()(const std::string& value) const {
    const auto shown = cut(value, longest_shown);
    return json_string(shown) + (shown.size() < value.size() ? "..." : "");
  }
  std::string operator()(List) const { return "a list"; }
  std::string operator()(Object) const { return "an object"; }
};

}  // namespace

std::string describe(const Value& value) {
  return std::visit(Describe{}, value);
}

std::string json_string(std::string_view text) {
  const auto literal = dump(text);
  // JSON lets DEL and the C1 controls (0xc2 0x80 to 0xc2 0x9f in UTF-8) through; a terminal may obey them.
  std::string result;
  result.reserve(literal.size());
  for (std::size_t at = 0; at < literal.size(); ++at) {
    if (const auto c1 = c1_control(literal, at)) {
      result += "\\u00";
      result += c1 < 0x90 ? '8' : '9';
      result += "0123456789abcdef"[c1 & 0x0fU];
      ++at;
    } else if (literal[at] == '\x7f') {
      result += "\\u007f";
    } else {
      result += literal[at];
    }
  }
  return result;
}

std::string printable(std::string_view text, std::size_t limit) {
  const auto shown = cut(text, limit);
  std::string result;
  if (is_plain_text(shown)) {
    result = shown;
  } else {
    result = json_string(shown);
    result = result.substr(1, result.size() - 2);  // The escapes are wanted, the quotes are not.
  }
  if (shown.size() < text.size()) result += "...";
  return result;
}

std::string number_text(double value) {
  // The shortest text of 1000000000000 would be 1e+12, which nobody writes in a file.
  constexpr double exact = 1e15;
  if (std::abs(value) < exact && value == std::trunc(value))
    return std::to_string(static_cast<std::int64_t>(value));
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc() ? std::string(buffer.data(), end) : std::string();
}

bool is_plain_text(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_control)) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (c1_control(text, at) != 0) return false;
  }
  try {
    static_cast<void>(
        nlohmann::json(text).dump());  // Strict about UTF-8, which is all that is asked of it here.
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

}  // namespace sallyport::config

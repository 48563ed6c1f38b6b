#include "broker/api/json_writer.hpp"

#include "base/json_text.hpp"
#include "broker/api/utf8.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace sallyport::broker {
namespace {

using OrderedJson = nlohmann::ordered_json;

/// What stands behind the backslash for each byte: 'u' for those that have no letter, 0 for those that need
/// none.
constexpr std::array<char, 256> escapes() {
  std::array<char, 256> letters{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) letters[byte] = 'u';
  letters['\b'] = 'b';
  letters['\t'] = 't';
  letters['\n'] = 'n';
  letters['\f'] = 'f';
  letters['\r'] = 'r';
  letters['"'] = '"';
  letters['\\'] = '\\';
  return letters;
}
constexpr std::array<char, 256> kEscapes = escapes();

void append_escaped(std::string& out, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const char letter = kEscapes[byte];
    if (letter == 0) continue;
    out.append(text, copied, i - copied);
    copied = i + 1;
    out += '\\';
    out += letter;
    if (letter != 'u') continue;
    out += "00";
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  out.append(text, copied);
}

void append_integer(std::string& out, std::integral auto number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// As deep as `value`, which is the broker's own and of a few levels.
void append(std::string& out, const OrderedJson& value) {  // NOLINT(misc-no-recursion)
  switch (value.type()) {
    case OrderedJson::value_t::object: {
      char separator = '{';
      for (const auto& [key, member] : value.get_ref<const OrderedJson::object_t&>()) {
        out += separator;
        append_json_string(out, key);
        out += ':';
        append(out, member);
        separator = ',';
      }
      out += value.empty() ? "{}" : "}";
      return;
    }
    case OrderedJson::value_t::array: {
      char separator = '[';
      for (const OrderedJson& item : value) {
        out += separator;
        append(out, item);
        separator = ',';
      }
      out += value.empty() ? "[]" : "]";
      return;
    }
    case OrderedJson::value_t::string:
      append_json_string(out, value.get_ref<const std::string&>());
      return;
    case OrderedJson::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case OrderedJson::value_t::number_integer:
      append_integer(out, value.get<std::int64_t>());
      return;
    case OrderedJson::value_t::number_unsigned:
      append_integer(out, value.get<std::uint64_t>());
      return;
    case OrderedJson::value_t::number_float:
      base::append_json_number(out, value.get<double>());
      return;
    case OrderedJson::value_t::null:
    case OrderedJson::value_t::binary:  // No such thing in JSON text; nobody makes one.
    case OrderedJson::value_t::discarded:
      out += "null";
      return;
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (base::is_plain_json(text)) {
    out += text;
  } else if (find_invalid_utf8(text) == std::string_view::npos) {
    append_escaped(out, text);
  } else {
    append_escaped(out, to_valid_utf8(std::string(text)));
  }
  out += '"';
}

std::string write_json(const OrderedJson& value) {
  constexpr std::size_t kUsualSize = 1024;
  std::string out;
  out.reserve(kUsualSize);
  append(out, value);
  return out;
}

}  // namespace sallyport::broker

#include "broker/api/json_string.hpp"

#include "base/json_text.hpp"
#include "broker/api/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace sallyport::broker {
namespace {

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

}  // namespace sallyport::broker

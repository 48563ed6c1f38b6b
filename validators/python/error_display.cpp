#include "validators/python/error_display.hpp"

#include "validators/python/source.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <cstddef>

namespace sallyport::validators::python {
namespace {

constexpr std::string_view indentation = "    ";

// str.isspace()
bool is_space(std::uint32_t code) {
  return (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20) || code == 0x85 || code == 0xa0 ||
         code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
         code == 0x202f || code == 0x205f || code == 0x3000;
}

struct Span {
  std::int64_t first = 0;  // characters of the line, from 1
  std::int64_t end = 0;    // exclusive
};

// `length` is that of the line in characters.
Span span_of(const SyntaxError& error, std::int64_t length, Version version) {
  Span span{error.offset, error.end_offset != 0 ? error.end_offset : error.offset};
  if (version < Version::v3_10) {
    return {span.first, span.first + 1};
  }
  if (version < Version::v3_13) {
    if (span.first == span.end) {
      span.end = span.first + 1;
    }
    return span;
  }
  // 3.13 keeps to the line.
  if (error.line != error.end_line) {
    span.end = length + 1;
  }
  if (span.first > length + 1) {
    span.first = length + 1;
  }
  if (span.end > length + 1) {
    span.end = length + 1;
  }
  if (span.first >= span.end) {
    span.end = span.first + 1;
  }
  return span;
}

}  // namespace

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (; number > 1; --number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return {};
    }
    text.remove_prefix(end + 1);
  }
  return number == 0 ? std::string_view() : text.substr(0, text.find('\n'));
}

std::string display(const SyntaxError& error, std::string_view source_line, Version version) {
  const std::size_t spaces = std::min(source_line.find_first_not_of(" \f"), source_line.size());
  std::string_view rest = source_line.substr(spaces);
  std::string text = std::string(indentation).append(rest);
  const Span span = span_of(error, count_characters(source_line), version);
  const std::int64_t first = span.first - 1 - static_cast<std::int64_t>(spaces);
  if (error.offset == 0 || first < 0) {
    return text;
  }
  text.append("\n").append(indentation);
  // Tabs and the like are kept, so that the caret stands right below.
  for (std::int64_t i = 0; i < first && !rest.empty(); ++i) {
    const Character character = first_character(rest);
    if (is_space(character.code)) {
      text.append(rest.substr(0, character.size));
    } else {
      text += ' ';
    }
    rest.remove_prefix(character.size);
  }
  text.append(static_cast<std::size_t>(std::max<std::int64_t>(span.end - span.first, 0)), '^');
  return text;
}

}  // namespace sallyport::validators::python

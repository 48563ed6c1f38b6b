#include "validators/python/string_literal.hpp"

#include "validators/python/unicode_names.hpp"
#include "validators/python/utf8.hpp"
#include "validators/python/warning_list.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::validators::python {
namespace {

bool is_ascii_byte(char c) {
  return static_cast<unsigned char>(c) < 128;
}
bool is_octal(char c) {
  return c >= '0' && c < '8';
}

int hexadecimal_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The escapes of one letter; 0 for the others.
char simple_escape(char letter) {
  switch (letter) {
    case '\\':
    case '\'':
    case '"':
      return letter;
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return 0;
  }
}

// CPython decodes escapes in a copy where each character beyond ASCII is spelled as \U and eight digits, and
// a backslash before one (or at the end) as \u005c. Its positions are those of the copy.
std::size_t position_in_copy(std::string_view body, std::size_t position) {
  std::size_t result = 0;
  for (std::size_t at = 0; at < position;) {
    if (body[at] == '\\') {
      const bool spelled = at + 1 == body.size() || !is_ascii_byte(body[at + 1]);
      result += spelled ? 6 : 1;
      ++at;
      if (!spelled && at < position) {
        ++result;
        ++at;
      }
    } else if (is_ascii_byte(body[at])) {
      ++result;
      ++at;
    } else {
      result += 10;
      at += first_character(body.substr(at)).size;
    }
  }
  return result;
}

}  // namespace

StringPrefix prefix_of(std::string_view token) {
  StringPrefix prefix;
  const auto letters = token.substr(0, token.find_first_of("'\""));
  for (const char letter : letters) {
    switch (letter | 0x20) {
      case 'r':
        prefix.raw = true;
        break;
      case 'b':
        prefix.bytes = true;
        break;
      case 'f':
        prefix.formatted = true;
        break;
      case 't':
        prefix.templated = true;
        break;
      default:
        prefix.unicode = letter == 'u';
        break;
    }
  }
  return prefix;
}

StringParts split_string(std::string_view token) {
  StringParts parts;
  const auto quote = token.find_first_of("'\"");
  if (quote != 0) {
    parts.prefix = prefix_of(token);
  }
  parts.quote = token[quote];
  const auto quoted = token.substr(quote);
  parts.triple = quoted.size() >= 6 && quoted[1] == parts.quote && quoted[2] == parts.quote;
  const std::size_t quote_size = parts.triple ? 3 : 1;
  parts.body_offset = static_cast<std::uint32_t>(quote + quote_size);
  parts.body = quoted.substr(quote_size, quoted.size() - 2 * quote_size);
  return parts;
}

std::nullopt_t StringDecoder::fail(std::string message) {
  error_ = Error{std::move(message), errors_at_literal_, ErrorType::syntax_error};
  return std::nullopt;
}

std::nullopt_t StringDecoder::fail_in_text(std::string_view body, std::size_t begin, std::size_t end,
                                           std::string_view why) {
  const auto first = position_in_copy(body, begin);
  const auto last = position_in_copy(body, end) - 1;
  std::string message = "(unicode error) 'unicodeescape' codec can't decode byte";
  message += first == last ? " 0x5c in position " + std::to_string(first)
                           : "s in position " + std::to_string(first) + "-" + std::to_string(last);
  return fail(message + ": " + std::string(why));
}

std::optional<std::string_view> StringDecoder::decode(const StringParts& literal, std::uint32_t line) {
  if (literal.prefix.bytes) {
    if (!is_ascii(literal.body)) {
      errors_at_literal_ = version_ >= Version::v3_11;
      return fail(version_ >= Version::v3_10 ? "bytes can only contain ASCII literal characters"
                                             : "bytes can only contain ASCII literal characters.");
    }
    errors_at_literal_ = version_ >= Version::v3_12;
    return literal.prefix.raw ? literal.body : decode_bytes(literal.body, line);
  }
  errors_at_literal_ = version_ >= Version::v3_12;
  return literal.prefix.raw ? decode_raw(literal.body) : decode_text(literal.body, line, false);
}

std::optional<std::string_view> StringDecoder::decode_middle(std::string_view middle, bool raw,
                                                             std::uint32_t line) {
  errors_at_literal_ = false;
  if (version_ >= Version::v3_12 && !is_ascii(middle)) {
    if (auto invalid = find_invalid_utf8(middle)) {
      error_ = Error{std::move(invalid->message), false, ErrorType::unicode_error};
      return std::nullopt;
    }
  }
  return raw ? decode_raw(middle) : decode_text(middle, line, true);
}

std::optional<std::string_view> StringDecoder::decode_raw(std::string_view body) {
  if (is_ascii(body)) {
    return body;
  }
  if (const auto invalid = find_invalid_utf8(body)) {
    return fail("(unicode error) " + invalid->message);
  }
  return body;
}

std::optional<std::string_view> StringDecoder::decode_text(std::string_view body, std::uint32_t line,
                                                           bool is_middle) {
  auto backslash = body.find('\\');
  if (backslash == std::string_view::npos) {
    return decode_raw(body);
  }
  // CPython reads runs of non-ASCII bytes one by one, so it counts from the begin of the run.
  if (!is_ascii(body)) {
    for (auto run = body.begin(); run != body.end();) {
      run = std::find_if_not(run, body.end(), is_ascii_byte);
      const auto end = std::find_if(run, body.end(), is_ascii_byte);
      if (const auto invalid = find_invalid_utf8({run, end})) {
        return fail("(unicode error) " + invalid->message);
      }
      run = end;
    }
  }
  invalid_escape_.reset();
  decoded_.clear();
  std::size_t at = 0;
  while (backslash != std::string_view::npos) {
    decoded_.append(body, at, backslash - at);
    const auto next = text_escape(body, backslash + 1);
    if (!next) {
      return std::nullopt;
    }
    at = *next;
    backslash = body.find('\\', at);
  }
  decoded_.append(body, at);
  // The lexer has told of an escaped brace already.
  const bool told = is_middle && invalid_escape_ && version_ >= Version::v3_12 &&
                    (body[invalid_escape_->position] == '{' || body[invalid_escape_->position] == '}');
  if (!told) {
    warn(body, line);
  }
  return arena_.copy(decoded_);
}

std::optional<std::size_t> StringDecoder::text_escape(std::string_view body, std::size_t at) {
  if (at == body.size() || !is_ascii_byte(body[at])) {
    decoded_ += '\\';
    return at;
  }
  const char letter = body[at];
  if (const char meant = simple_escape(letter); meant != 0) {
    decoded_ += meant;
    return at + 1;
  }
  if (is_octal(letter)) {
    return octal_escape(body, at, false);
  }
  switch (letter) {
    case '\n':
      return at + 1;
    case 'x':
      return code_point_escape(body, at, 2);
    case 'u':
      return code_point_escape(body, at, 4);
    case 'U':
      return code_point_escape(body, at, 8);
    case 'N':
      return named_escape(body, at);
    default:
      break;
  }
  note_invalid_escape(at, false);
  decoded_ += '\\';
  return at;
}

// `at` is the letter.
std::optional<std::size_t> StringDecoder::code_point_escape(std::string_view body, std::size_t at,
                                                            std::size_t digits) {
  const auto backslash = at - 1;
  const char letter = body[at];
  const auto end = at + 1 + digits;
  std::uint64_t code = 0;
  for (++at; at != end; ++at) {
    const int digit = at < body.size() ? hexadecimal_value(body[at]) : -1;
    if (digit < 0) {
      const auto pattern = std::string(1, letter) + std::string(digits, 'X');
      return fail_in_text(body, backslash, at, "truncated \\" + pattern + " escape");
    }
    code = code << 4 | static_cast<std::uint64_t>(digit);
  }
  if (code > 0x10FFFF) {
    return fail_in_text(body, backslash, at, "illegal Unicode character");
  }
  append_utf8(decoded_, static_cast<std::uint32_t>(code));
  return at;
}

std::optional<std::size_t> StringDecoder::named_escape(std::string_view body, std::size_t at) {
  const auto backslash = at - 1;
  constexpr std::string_view malformed = "malformed \\N character escape";
  ++at;
  if (at == body.size() || body[at] != '{') {
    return fail_in_text(body, backslash, at, malformed);
  }
  ++at;
  const auto close = body.find('}', at);
  if (close == std::string_view::npos) {
    return fail_in_text(body, backslash, body.size(), malformed);
  }
  if (close == at) {
    return fail_in_text(body, backslash, at, malformed);
  }
  const auto code = character_named(body.substr(at, close - at), version_);
  if (!code) {
    return fail_in_text(body, backslash, close + 1, "unknown Unicode character name");
  }
  append_utf8(decoded_, *code);
  return close + 1;
}

std::size_t StringDecoder::octal_escape(std::string_view body, std::size_t at, bool as_byte) {
  const auto first = at;
  std::uint32_t code = 0;
  for (; at < body.size() && at < first + 3 && is_octal(body[at]); ++at) {
    code = code << 3 | static_cast<std::uint32_t>(body[at] - '0');
  }
  if (code > 0377) {
    note_invalid_escape(first, true);
  }
  if (as_byte) {
    decoded_ += static_cast<char>(code & 0xFFU);
  } else {
    append_utf8(decoded_, code);
  }
  return at;
}

std::optional<std::string_view> StringDecoder::decode_bytes(std::string_view body, std::uint32_t line) {
  auto backslash = body.find('\\');
  if (backslash == std::string_view::npos) {
    return body;
  }
  invalid_escape_.reset();
  decoded_.clear();
  std::size_t at = 0;
  while (backslash != std::string_view::npos) {
    decoded_.append(body, at, backslash - at);
    const auto next = bytes_escape(body, backslash + 1);
    if (!next) {
      return std::nullopt;
    }
    at = *next;
    backslash = body.find('\\', at);
  }
  decoded_.append(body, at);
  warn(body, line);
  return arena_.copy(decoded_);
}

std::optional<std::size_t> StringDecoder::bytes_escape(std::string_view body, std::size_t at) {
  if (at == body.size()) {
    return fail("(value error) Trailing \\ in string");
  }
  const char letter = body[at];
  if (const char meant = simple_escape(letter); meant != 0) {
    decoded_ += meant;
    return at + 1;
  }
  if (is_octal(letter)) {
    return octal_escape(body, at, true);
  }
  if (letter == '\n') {
    return at + 1;
  }
  if (letter == 'x') {
    const int high = at + 1 < body.size() ? hexadecimal_value(body[at + 1]) : -1;
    const int low = at + 2 < body.size() ? hexadecimal_value(body[at + 2]) : -1;
    if (high < 0 || low < 0) {
      return fail("(value error) invalid \\x escape at position " + std::to_string(at - 1));
    }
    decoded_ += static_cast<char>(high << 4 | low);
    return at + 3;
  }
  note_invalid_escape(at, false);
  decoded_ += '\\';
  return at;
}

void StringDecoder::note_invalid_escape(std::size_t position, bool octal) {
  if (octal && version_ < Version::v3_11) {
    return;
  }
  if (!invalid_escape_) {
    invalid_escape_ = InvalidEscape{position, octal};
  }
}

void StringDecoder::warn(std::string_view body, std::uint32_t line) {
  if (!invalid_escape_ || !has_room(warnings_)) {
    return;
  }
  const auto position = invalid_escape_->position;
  const auto escape = "\\" + std::string(body.substr(position, invalid_escape_->octal ? 3 : 1));
  const std::string kind =
      invalid_escape_->octal ? "invalid octal escape sequence" : "invalid escape sequence";
  SyntaxWarning warning;
  warning.category = version_ >= Version::v3_12 ? "SyntaxWarning" : "DeprecationWarning";
  warning.line = line;
  if (version_ >= Version::v3_14) {
    warning.message = "\"" + escape + "\" is an " + kind +
                      ". Such sequences will not work in the future. Did you mean \"\\" + escape +
                      "\"? A raw string is also an option.";
    warning.line += static_cast<std::uint32_t>(
        std::count(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
  } else if (version_ >= Version::v3_10) {
    warning.message = kind + " '" + escape + "'";
  } else {
    warning.message = kind + " " + escape;
  }
  warnings_.push_back(std::move(warning));
}

}  // namespace sallyport::validators::python

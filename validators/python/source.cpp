#include "validators/python/source.hpp"

#include "validators/python/source/declaration.hpp"
#include "validators/python/source/encodings.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace sallyport::validators::python {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

SyntaxError error_of(ErrorType type, std::string message) {
  SyntaxError error;
  error.type = type;
  error.message = std::move(message);
  return error;
}

// CR and CRLF are line ends too; the last line gets one. Before 3.12 a text that ends with CRLF gets one
// more, which shows in the lines of errors at its end.
std::string with_plain_line_ends(std::string_view source, Version version) {
  const bool ends_twice = version < Version::v3_12 && source.ends_with("\r\n");
  std::string text;
  text.reserve(source.size() + 1);
  while (!source.empty()) {
    const auto carriage_return = source.find('\r');
    text += source.substr(0, carriage_return);
    if (carriage_return == std::string_view::npos) {
      break;
    }
    text += '\n';
    source.remove_prefix(carriage_return + 1);
    if (source.starts_with('\n')) {
      source.remove_prefix(1);
    }
  }
  if (ends_twice || (!text.empty() && text.back() != '\n')) {
    text += '\n';
  }
  return text;
}

// What compile() says of a str that UTF-8 cannot hold: one with lone surrogates, as WTF-8.
std::optional<SyntaxError> find_surrogates(std::string_view text) {
  const auto is_surrogate = [&](std::size_t at) {
    return at + 2 < text.size() && text[at] == '\xED' &&
           (static_cast<unsigned char>(text[at + 1]) & 0xE0U) == 0xA0;
  };
  const auto invalid = find_invalid_utf8(text);
  if (!invalid) {
    return std::nullopt;
  }
  auto at = invalid->position;
  if (!is_surrogate(at)) {
    return error_of(ErrorType::unicode_error, invalid->message);
  }
  const auto first = count_characters(text.substr(0, at));
  const auto code = 0xD000U | (static_cast<unsigned char>(text[at + 1]) & 0x3FU) << 6 |
                    (static_cast<unsigned char>(text[at + 2]) & 0x3FU);
  auto count = 0U;
  for (; is_surrogate(at); at += 3) {
    ++count;
  }
  std::string message = "'utf-8' codec can't encode character";
  if (count == 1) {
    auto digits = hexadecimal(code, 4);
    std::transform(digits.begin(), digits.end(), digits.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    message += " '\\u" + digits + "' in position " + std::to_string(first);
  } else {
    message += "s in position " + std::to_string(first) + "-" + std::to_string(first + count - 1);
  }
  return error_of(ErrorType::unicode_error, message + ": surrogates not allowed");
}

// Where no encoding is declared, 3.14 wants the whole text to be UTF-8; its elders read comments as they are.
std::optional<SyntaxError> find_undeclared_encoding(std::string_view text) {
  const auto invalid = find_invalid_utf8(text);
  if (!invalid) {
    return std::nullopt;
  }
  const auto before = text.substr(0, invalid->position);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto line_begin = before.rfind('\n') + 1;  // 0 if there is none
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(text[invalid->position]);
  auto error = error_of(ErrorType::syntax_error,
                        std::string("Non-UTF-8 code starting with '\\x") + digits[byte >> 4] +
                            digits[byte & 15] + "' on line " + std::to_string(line) +
                            ", but no encoding declared; see https://peps.python.org/pep-0263/ for details");
  error.line = error.end_line = static_cast<std::uint32_t>(line);
  error.offset = error.end_offset =
      count_characters(text.substr(line_begin, invalid->position - line_begin + 1));
  return error;
}

std::variant<std::string, SyntaxError> decode_bytes(std::string text, Version version) {
  const bool marked = text.starts_with(byte_order_mark);
  if (marked) {
    text.erase(0, byte_order_mark.size());
  }
  const auto declared = find_encoding_declaration(text);
  if (declared && *declared != "utf-8") {
    if (marked) {
      auto error = error_of(ErrorType::syntax_error, "encoding problem: " + *declared + " with BOM");
      if (version >= Version::v3_14) {
        error.line = 1;
      }
      return error;
    }
    auto decoded = decode_with(text, *declared, version);
    if (auto* const error = std::get_if<EncodingError>(&decoded)) {
      return error_of(ErrorType::syntax_error, std::move(error->message));
    }
    return std::move(std::get<std::string>(decoded));
  }
  if (version >= Version::v3_14) {
    if (auto error = find_undeclared_encoding(text)) {
      return std::move(*error);
    }
  }
  return text;
}

}  // namespace

std::variant<std::string, SyntaxError> decode(std::string_view source, SourceKind kind, Version version) {
  if (source.find('\0') != std::string_view::npos) {
    return error_of(version >= Version::v3_11 ? ErrorType::syntax_error : ErrorType::value_error,
                    "source code string cannot contain null bytes");
  }
  if (kind == SourceKind::bytes) {
    return decode_bytes(with_plain_line_ends(source, version), version);
  }
  if (auto error = find_surrogates(source)) {
    return std::move(*error);
  }
  return with_plain_line_ends(source, version);
}

std::uint32_t count_characters(std::string_view text) {
  if (is_ascii(text)) {
    return static_cast<std::uint32_t>(text.size());
  }
  std::uint32_t count = 0;
  while (!text.empty()) {
    text.remove_prefix(first_character(text).size);
    ++count;
  }
  return count;
}

std::uint32_t character_offset(std::string_view line, std::uint32_t column) {
  const auto size = static_cast<std::uint32_t>(line.size());
  const auto within = std::min(column, size);
  return count_characters(line.substr(0, within)) + (column - within) + 1;
}

}  // namespace sallyport::validators::python

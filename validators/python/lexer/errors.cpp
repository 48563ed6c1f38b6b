// Where the errors of the lexer stand, version by version.
#include "validators/python/identifier.hpp"
#include "validators/python/lexer/lexer.hpp"
#include "validators/python/source.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::validators::python::lexer {
namespace {

std::uint32_t characters_between(const char* begin, const char* end) {
  return count_characters({begin, static_cast<std::size_t>(end - begin)});
}

// The range is empty.
SyntaxError error_of(ErrorType type, std::string message, std::uint32_t line, std::uint32_t offset) {
  SyntaxError error;
  error.type = type;
  error.message = std::move(message);
  error.line = error.end_line = line;
  error.offset = error.end_offset = offset;
  return error;
}

}  // namespace

const char* Lexer::stop(SyntaxError error, bool is_tokenizers) {
  if (version_ < Version::v3_10) {
    error.end_line = error.end_offset = 0;
  }
  tokens_.error = std::move(error);
  tokens_.error_is_tokenizers = is_tokenizers;
  add(TokenKind::error, line_begin(), line_begin());
  return nullptr;
}

const char* Lexer::fail(std::string message, const char* cursor) {
  return stop(
      error_of(ErrorType::syntax_error, std::move(message), line_, characters_between(line_begin(), cursor)),
      true);
}

const char* Lexer::fail_at_start(std::string message, const char* start, std::uint32_t line) {
  const char* const begin = begin_ + tokens_.line_begins[line - 1];
  return stop(
      error_of(ErrorType::syntax_error, std::move(message), line, characters_between(begin, start + 1)),
      true);
}

// Bytes are counted here, as CPython does it.
const char* Lexer::fail_with_range(std::string message, const char* start, const char* end) {
  auto error = error_of(ErrorType::syntax_error, std::move(message), line_,
                        static_cast<std::uint32_t>(start + 1 - line_begin()));
  error.end_offset = static_cast<std::uint32_t>(end - line_begin());
  return stop(std::move(error), true);
}

const char* Lexer::fail_in_name(const char* start, const char* invalid, const char* end) {
  const std::string_view name{start, static_cast<std::size_t>(end - start)};
  if (const auto undecodable = find_invalid_utf8(name)) {
    auto error = error_of(ErrorType::syntax_error, "(unicode error) " + undecodable->message, line_,
                          characters_between(line_begin(), end));
    error.end_offset = 0;
    return stop(std::move(error), false);
  }
  const auto character = first_character({invalid, static_cast<std::size_t>(end - invalid)});
  const auto code = hexadecimal(character.code, 4);
  if (!is_printable(character.code, version_)) {
    return fail("invalid non-printable character U+" + code, invalid + character.size);
  }
  return fail("invalid character '" + std::string(invalid, character.size) + "' (U+" + code + ")",
              invalid + character.size);
}

// The text ends where it must not.
const char* Lexer::fail_at_end() {
  if (tokens_.open_brackets.empty() || version_ < Version::v3_10) {
    const char* const from = version_ < Version::v3_10 ? buffer_ : line_begin();
    auto error = error_of(ErrorType::syntax_error, "unexpected EOF while parsing", line_,
                          characters_between(from, line_end()));
    error.end_offset = 0;
    return stop(std::move(error), false);
  }
  const auto& bracket = tokens_.open_brackets.back();
  const char* const line = begin_ + tokens_.line_begins[bracket.line - 1];
  auto error = error_of(ErrorType::syntax_error, std::string("'") + bracket.bracket + "' was never closed",
                        bracket.line, characters_between(line, line + bracket.column) + 1);
  error.end_offset = 0;
  return stop(std::move(error), false);
}

const char* Lexer::fail_after_continuation(const char* backslash) {
  auto offset = characters_between(buffer_, backslash + 2);
  if (version_ >= Version::v3_14) {
    // Counted from the begin of the statement, but in the last line, whose end it cannot pass.
    const auto line_size = static_cast<std::uint32_t>(line_end() - line_begin());
    const auto bytes = static_cast<std::uint32_t>(backslash + 2 - buffer_);
    offset = bytes > line_size ? characters_between(line_begin(), line_end()) + 1
                               : characters_between(line_begin(), line_begin() + bytes);
  }
  auto error = error_of(ErrorType::syntax_error, "unexpected character after line continuation character",
                        line_, offset);
  error.end_offset = 0;
  return stop(std::move(error), false);
}

const char* Lexer::fail_in_indentation(ErrorType type, std::string message, bool at_line_end) {
  auto error = error_of(type, std::move(message), line_,
                        at_line_end ? characters_between(line_begin(), line_end()) : 1);
  error.end_offset = 0;
  return stop(std::move(error), false);
}

std::uint32_t Lexer::characters_from_buffer(const char* cursor) const {
  return characters_between(buffer_, cursor);
}

void Lexer::warn(std::string_view category, std::string message) {
  tokens_.warnings.push_back({std::string(category), std::move(message), line_});
}

}  // namespace sallyport::validators::python::lexer

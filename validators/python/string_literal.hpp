// What string and bytes literals mean: prefixes, quotes, escapes.
#pragma once

#include "validators/python/arena.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/version.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::python {

struct StringPrefix {
  bool raw = false;
  bool bytes = false;
  bool formatted = false;  // f
  bool templated = false;  // t
  bool unicode = false;    // exactly `u`, lower case: what makes `kind='u'`
};

struct StringParts {
  StringPrefix prefix;
  bool triple = false;
  char quote = '"';
  std::uint32_t body_offset = 0;  // bytes of prefix and opening quotes
  std::string_view body;          // between the quotes
};

// Takes a `string` token apart. Works for the legacy f-strings too.
StringParts split_string(std::string_view token);

// The prefix of an fstring_start or tstring_start token (`rf"""`), or of any string.
StringPrefix prefix_of(std::string_view token);

// Decodes literals. One that CPython refuses leaves `error` set: the message as CPython words it, for a
// SyntaxError that the caller places: at the literal if `at_literal` is true, else at the last token that
// CPython's parser has read.
class StringDecoder {
 public:
  StringDecoder(Version version, Arena& arena, std::vector<SyntaxWarning>& warnings)
      : version_(version), arena_(arena), warnings_(warnings) {}

  struct Error {
    std::string message;
    bool at_literal = false;
    // unicode_error where CPython forgets to make a SyntaxError of it: the caller raises it without a place.
    ErrorType type = ErrorType::syntax_error;
  };

  // The value of a str or bytes literal (not of an f-string). `line` is where its token begins. Where nothing
  // is escaped the value points into the literal. Nothing on error.
  std::optional<std::string_view> decode(const StringParts& literal, std::uint32_t line);

  // The value of a literal part of an f-string or t-string: an fstring_middle token, or what stands between
  // the fields of a legacy f-string (whose doubled braces the caller has taken apart).
  std::optional<std::string_view> decode_middle(std::string_view middle, bool raw, std::uint32_t line);

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  // The first escape of a literal that means nothing: it is told once a literal.
  struct InvalidEscape {
    std::size_t position = 0;  // of the character after the backslash
    bool octal = false;        // an octal number above 0o377
  };

  std::optional<std::string_view> decode_text(std::string_view body, std::uint32_t line, bool is_middle);
  std::optional<std::string_view> decode_bytes(std::string_view body, std::uint32_t line);
  std::optional<std::string_view> decode_raw(std::string_view body);

  // These take the body and the position behind the backslash, append what the escape means, and return the
  // position behind it. Nothing if it is wrong: then `error_` is set.
  std::optional<std::size_t> text_escape(std::string_view body, std::size_t at);
  std::optional<std::size_t> code_point_escape(std::string_view body, std::size_t at, std::size_t digits);
  std::optional<std::size_t> named_escape(std::string_view body, std::size_t at);
  std::optional<std::size_t> bytes_escape(std::string_view body, std::size_t at);
  std::size_t octal_escape(std::string_view body, std::size_t at, bool as_byte);

  void note_invalid_escape(std::size_t position, bool octal);
  void warn(std::string_view body, std::uint32_t line);
  std::nullopt_t fail(std::string message);
  std::nullopt_t fail_in_text(std::string_view body, std::size_t begin, std::size_t end,
                              std::string_view why);

  Version version_;
  Arena& arena_;
  std::vector<SyntaxWarning>& warnings_;
  std::optional<Error> error_;
  bool errors_at_literal_ = false;
  std::optional<InvalidEscape> invalid_escape_;
  std::string decoded_;  // kept between literals for its memory
};

}  // namespace sallyport::validators::python

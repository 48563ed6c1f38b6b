// The lexer's insides: one object lexes one text. See ../lexer.hpp for what it makes.
#pragma once

#include "validators/python/lexer/characters.hpp"
#include "validators/python/token.hpp"
#include "validators/python/version.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::python::lexer {

// CPython's own limits.
inline constexpr std::size_t most_indentations = 100;
inline constexpr std::size_t most_brackets = 200;
inline constexpr std::size_t most_nested_fstrings = 150;
inline constexpr int most_nested_fields = 3;

// The text must be empty or end with "\n", which every scan within a line relies on to stop.
//
// The functions that take a `cursor` (or the `start` of a token) lex from there and return where to go on, or
// null if they have met an error, which is then in Tokens.
class Lexer {
 public:
  Lexer(std::string_view text, Version version, Tokens& tokens);

  void run();

 private:
  struct Indentation {
    std::uint32_t column = 0;
    std::uint32_t alternate = 0;  // the column if a tab were one space wide: both must order alike
  };

  // An f-string or t-string that is open.
  struct FString {
    char quote = '"';
    std::size_t quote_size = 1;
    bool raw = false;
    bool templated = false;
    bool in_literal = true;  // between the quotes; false within a replacement field
    bool in_format_spec = false;
    int bracket_depth = 0;        // brackets opened within it
    int field_depth = -1;         // replacement fields opened within it, less one
    const char* start = nullptr;  // its first letter
    std::uint32_t line = 0;
  };

  // lexer.cpp
  void finish();
  const char* logical_line(const char* cursor);
  const char* name(const char* start);
  const char* operator_(const char* cursor);
  const char* open_bracket(const char* cursor);
  const char* close_bracket(const char* cursor);
  const char* mismatched_bracket(const OpenBracket& opening, const char* cursor);
  const char* continuation(const char* cursor);
  const char* unknown(const char* cursor);

  // indentation.cpp
  const char* begin_line(const char* cursor);
  bool set_indentation(Indentation at, const char* cursor);
  const char* skip_continuations(const char* cursor);

  // numbers.cpp
  const char* number(const char* start);
  const char* number_with_base(const char* start);
  const char* decimal_number(const char* start);
  const char* zeros(const char* start);
  const char* digits(const char* cursor);
  const char* end_of_number(const char* start, const char* cursor, std::string_view kind);

  // strings.cpp
  const char* string_with_prefix(const char* start, const char* quote);
  const char* string(const char* start, const char* quote);
  const char* unterminated_string(const char* start, const char* quote, std::size_t quote_size,
                                  const char* stop, bool escaped_quote);

  // fstrings.cpp
  const char* begin_fstring(const char* start, const char* quote);
  const char* fstring_literal(const char* start);
  const char* fstring_end(const char* start);
  const char* fstring_middle(const char* start, const char* cursor);
  const char* begin_field(const char* start, const char* cursor);
  const char* newline_in_fstring(const char* start, const char* cursor);
  const char* unterminated_fstring(const char* stop);
  [[nodiscard]] bool colon_begins_format_spec() const;
  bool close_bracket_in_fstring(const char* cursor);
  void warn_of_escaped_brace(const char* brace);
  [[nodiscard]] bool inside_fstring() const { return !fstrings_.empty(); }
  [[nodiscard]] std::string_view kind_of_fstring() const {
    return fstrings_.back().templated ? "t-string" : "f-string";
  }

  // errors.cpp: all return null.
  //
  // CPython's tokenizer complains about the character before `cursor`, in the line that is being lexed.
  const char* fail(std::string message, const char* cursor);
  // About the first letter of a literal that was begun in `line`.
  const char* fail_at_start(std::string message, const char* start, std::uint32_t line);
  const char* fail_with_range(std::string message, const char* start, const char* end);
  const char* fail_in_name(const char* start, const char* invalid, const char* end);
  const char* fail_at_end();
  const char* fail_after_continuation(const char* backslash);
  const char* fail_in_indentation(ErrorType type, std::string message, bool at_line_end);
  const char* stop(SyntaxError error, bool is_tokenizers);
  void warn(std::string_view category, std::string message);
  std::uint32_t characters_from_buffer(const char* cursor) const;

  [[nodiscard]] const char* line_begin() const { return begin_ + tokens_.line_begins[line_ - 1]; }
  // One past the "\n" of the current line.
  [[nodiscard]] const char* line_end() const {
    return line_ < tokens_.line_begins.size() ? begin_ + tokens_.line_begins[line_] : end_;
  }
  // As in CPython, the end of the text belongs to its last line.
  void next_line(const char* line) {
    if (line == end_) {
      return;
    }
    ++line_;
    buffer_ = line;
  }
  // Moves on to the line that `cursor` is in, which is this one or a later one.
  void find_line(const char* cursor) {
    const auto at = position(cursor);
    while (line_ < tokens_.line_begins.size() && tokens_.line_begins[line_] <= at) {
      ++line_;
    }
  }

  std::uint32_t position(const char* at) const { return static_cast<std::uint32_t>(at - begin_); }

  void add(TokenKind kind, const char* begin, const char* end, std::uint32_t line) {
    // The bit-fields as one word: to store them one by one is to read the memory first, which costs a fresh
    // page two faults.
    const auto place = position(begin) | std::uint64_t{position(end)} << 32U;
    const auto line_and_kind = (line & 0xFFFFFFU) | static_cast<std::uint32_t>(kind) << 24U;
    static_assert(std::endian::native == std::endian::little && sizeof(Token) == 12);
    Token token;
    auto* const bytes = reinterpret_cast<std::byte*>(&token);
    std::memcpy(bytes, &place, 8);
    std::memcpy(bytes + 8, &line_and_kind, 4);
    tokens_.list.push_back(token);
  }
  void add(TokenKind kind, const char* begin, const char* end) { add(kind, begin, end, line_); }

  const char* const begin_;
  const char* const end_;
  const Version version_;
  Tokens& tokens_;

  std::uint32_t line_ = 1;
  // Where CPython's buffer begins: the first line of the statement, or the last line begun within brackets.
  // Some offsets are counted from here.
  const char* buffer_;
  std::array<Indentation, most_indentations> indentations_{};
  std::size_t indentation_ = 0;
  std::vector<FString> fstrings_;
};

// Whether `{{` or `}}` made the lexer end a middle between the braces: the second is not part of it, but
// CPython counts it when it says where the token ends. `rest` is the text behind the token.
bool skips_doubled_brace(std::string_view middle, std::string_view rest);

}  // namespace sallyport::validators::python::lexer

// What the lexer hands to the parser.
#pragma once

#include "validators/python/ast.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/version.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sallyport::validators::python {

// Keywords of all versions have kinds of their own; soft keywords (match, case, type, _) are names. The
// operators carry CPython's token names. f-strings are one `string` before 3.12, and fstring_* from 3.12;
// tstring_* from 3.14.
// clang-format off
#define SALLYPORT_PYTHON_KEYWORDS(X)                                                                             \
  X(False) X(None) X(True) X(and) X(as) X(assert) X(async) X(await) X(break) X(class) X(continue) X(def) X(del)  \
  X(elif) X(else) X(except) X(finally) X(for) X(from) X(global) X(if) X(import) X(in) X(is) X(lambda)            \
  X(nonlocal) X(not) X(or) X(pass) X(raise) X(return) X(try) X(while) X(with) X(yield)
#define SALLYPORT_PYTHON_OPERATORS(X)                                                                            \
  X(lpar, "(") X(rpar, ")") X(lsqb, "[") X(rsqb, "]") X(lbrace, "{") X(rbrace, "}") X(colon, ":") X(comma, ",")  \
  X(semi, ";") X(dot, ".") X(ellipsis, "...") X(rarrow, "->") X(exclamation, "!") X(at, "@") X(equal, "=")       \
  X(colon_equal, ":=") X(plus, "+") X(minus, "-") X(star, "*") X(slash, "/") X(percent, "%") X(double_star, "**") \
  X(double_slash, "//") X(vbar, "|") X(amper, "&") X(circumflex, "^") X(tilde, "~") X(left_shift, "<<")          \
  X(right_shift, ">>") X(less, "<") X(greater, ">") X(less_equal, "<=") X(greater_equal, ">=") X(eq_equal, "==") \
  X(not_equal, "!=") X(plus_equal, "+=") X(min_equal, "-=") X(star_equal, "*=") X(slash_equal, "/=")             \
  X(percent_equal, "%=") X(amper_equal, "&=") X(vbar_equal, "|=") X(circumflex_equal, "^=") X(at_equal, "@=")    \
  X(left_shift_equal, "<<=") X(right_shift_equal, ">>=") X(double_star_equal, "**=") X(double_slash_equal, "//=")
// clang-format on

enum class TokenKind : std::uint8_t {
  end_marker,
  newline,
  indent,
  dedent,
  name,
  number,
  string,
  fstring_start,
  fstring_middle,
  fstring_end,
  tstring_start,
  tstring_middle,
  tstring_end,
  unknown,  // a character that Python has no use for, such as `$`; before 3.12 also a lone `!`
  error,    // the lexer stopped here: Tokens::error says why
#define X(word) kw_##word,
  SALLYPORT_PYTHON_KEYWORDS(X)
#undef X
#define X(name, text) name,
      SALLYPORT_PYTHON_OPERATORS(X)
#undef X
};

// 12 bytes: a hostile program has a token a byte.
struct Token {
  std::uint32_t begin = 0;  // bytes from the start of the text
  std::uint32_t end = 0;    // exclusive
  std::uint32_t line : 24 = 0;
  TokenKind kind : 8 = TokenKind::end_marker;
};

// A bracket whose partner the lexer has not met.
struct OpenBracket {
  char bracket = '(';
  std::uint32_t line = 0;
  std::uint32_t column = 0;  // in bytes, from 0
};

// The tokens of one text, up to its end or to the first error of the lexer. Comments and blank lines leave
// none.
struct Tokens {
  std::string_view text;  // not owned: the decoded source, UTF-8, line ends as "\n"
  std::vector<Token> list;
  // Where each line begins, in bytes; line 1 is at index 0.
  std::vector<std::uint32_t> line_begins;
  // Set when the last token is `error`: the lexer's own complaint, which the parser raises if it gets that
  // far.
  std::optional<SyntaxError> error;
  // True if CPython's tokenizer raises `error` itself; false if its parser does when it asks for the token
  // (bad indentation, a stray backslash, the end of the text within brackets). Only the first kind takes the
  // place of a complaint of the parser when CPython looks through the rest of the source for errors of the
  // tokenizer.
  bool error_is_tokenizers = false;
  // Where the lexer stopped: the brackets still open, outermost first, and whether it was within an f-string
  // (from 3.12).
  std::vector<OpenBracket> open_brackets;
  bool inside_fstring = false;
  std::vector<SyntaxWarning> warnings;

  [[nodiscard]] std::string_view text_of(const Token& token) const {
    return text.substr(token.begin, token.end - token.begin);
  }
  [[nodiscard]] std::uint32_t column_of(const Token& token) const {
    return token.begin - line_begins[token.line - 1];
  }
  // Lines from 1, columns in UTF-8 bytes from 0, as CPython's ast has them.
  [[nodiscard]] ast::Location location_of(const Token& token) const;
};

}  // namespace sallyport::validators::python

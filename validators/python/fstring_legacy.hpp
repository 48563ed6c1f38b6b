// f-strings of 3.9 to 3.11, where each is one token that the parser takes apart by itself.
#pragma once

#include "validators/python/arena.hpp"
#include "validators/python/ast.hpp"
#include "validators/python/parser/token_source.hpp"
#include "validators/python/string_literal.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/version.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::python::detail {

// Makes one node of the string tokens that stand side by side. Each replacement field is a text of its own
// for CPython, in parentheses, with its own tokenizer and parser; from that come places that look odd, and
// are reproduced.
class LegacyStrings {
 public:
  LegacyStrings(const TokenSource& source, Version version, Arena& arena,
                std::vector<SyntaxWarning>& warnings, StringDecoder& decoder, std::uint32_t level)
      : source_(source),
        version_(version),
        arena_(arena),
        warnings_(warnings),
        decoder_(decoder),
        level_(level) {}

  // The tokens from `first` to before `end`; or null, and then one of three says why: error(), the decoder's
  // error (of the token failed_at()), or message().
  ast::Expr* concatenate(const Token* first, const Token* end);

  // The complaint about a field, complete with its place.
  [[nodiscard]] const std::optional<SyntaxError>& error() const { return error_; }
  [[nodiscard]] const Token* failed_at() const { return token_; }
  // A SyntaxError at the last token that was read.
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  // What has been collected of one string: values, and the literal text after the last of them.
  struct Collected {
    std::vector<ast::Expr*> values;
    std::string text;
    bool formatted = false;
  };
  // Part of the program's text: the rest of a string's body.
  struct Cursor {
    const char* next = nullptr;
    const char* end = nullptr;
    [[nodiscard]] bool at_end() const { return next >= end; }
  };
  struct Literal {
    bool failed = false;
    // A doubled brace ended it: more literal text follows.
    bool more = false;
  };

  bool add_formatted(Collected& collected, Cursor& cursor, bool raw, unsigned nesting);
  Literal add_literal(Collected& collected, Cursor& cursor, bool raw, unsigned nesting);
  ast::Expr* parse_field(Collected& collected, Cursor& cursor, bool raw, unsigned nesting);
  const char* find_field_end(Cursor& cursor);
  ast::Expr* parse_expression(const char* begin, const char* end);
  ast::Expr* parse_name(const char* begin, const char* end, const Origin& origin);
  Origin origin_of(const char* begin);
  ast::Expr* parse_format_spec(Cursor& cursor, bool raw, unsigned nesting);
  ast::Expr* finish(Collected& collected, const Token* first, const ast::Location& where);
  ast::Constant* make_text(const std::string& text, const Token* first, const ast::Location& where);
  void flush(Collected& collected, const Token* first, const ast::Location& where);
  std::nullptr_t fail(std::string message);

  const TokenSource& source_;
  Version version_;
  Arena& arena_;
  std::vector<SyntaxWarning>& warnings_;
  StringDecoder& decoder_;
  std::uint32_t level_;

  // The string token at hand and its place, and what all nodes of the concatenation share.
  const Token* token_ = nullptr;
  ast::Location token_where_;
  const Token* first_ = nullptr;
  ast::Location where_;
  // How many lines of the token lie before the last field that was looked at: fields come in order.
  const Token* counted_token_ = nullptr;
  const char* counted_to_ = nullptr;
  const char* line_begin_ = nullptr;
  std::uint32_t lines_ = 0;

  std::optional<SyntaxError> error_;
  std::string message_;
};

}  // namespace sallyport::validators::python::detail

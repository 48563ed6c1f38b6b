// The parser's place in the tokens, and the places of nodes made from them.
#pragma once

#include "validators/python/ast.hpp"
#include "validators/python/token.hpp"

#include <cstdint>
#include <string_view>

namespace sallyport::validators::python::detail {

// Where the text of a replacement field of a legacy f-string stands in the program: what CPython adds to the
// lines, and to the columns of its first line.
struct Origin {
  std::uint32_t lines = 0;
  std::uint32_t columns = 0;
  // CPython looks at the last line of a token to decide whether it stands in the first.
  bool by_last_line = false;
};

// A cursor over tokens that end in end_marker or error, neither of which is ever consumed: so the next token
// can always be looked at. Not thread-safe.
class TokenSource {
 public:
  TokenSource(const Tokens& tokens, Origin origin)
      : tokens_(tokens),
        origin_(origin),
        token_(tokens.list.data()),
        line_begins_(tokens.line_begins.data()) {}

  const Token* position() const { return token_; }
  void rewind(const Token* position) { token_ = position; }
  const Token* previous() const { return token_ - 1; }
  TokenKind kind() const { return token_->kind; }
  // The kind of the token after this one, which must not be the last.
  TokenKind next_kind() const { return token_[1].kind; }
  bool at(TokenKind kind) const { return token_->kind == kind; }
  void advance() { ++token_; }

  bool accept(TokenKind kind) {
    if (token_->kind != kind) {
      return false;
    }
    ++token_;
    return true;
  }

  std::string_view text_of(const Token* token) const { return tokens_.text_of(*token); }
  std::string_view text() const { return tokens_.text; }
  const Tokens& tokens() const { return tokens_; }
  const Origin& origin() const { return origin_; }

  // From the beginning of a token to the end of the last one that was consumed.
  ast::Location since(const Token* start) const { return between(start, token_ - 1); }

  ast::Location between(const Token* start, const Token* last) const {
    ast::Location where;
    where.line = start->line + origin_.lines;
    where.column = start->begin - line_begins_[start->line - 1];
    if (may_span_lines(last->kind)) [[unlikely]] {
      set_end(where, *last);
    } else {
      where.end_line = last->line + origin_.lines;
      where.end_column = last->end - line_begins_[last->line - 1];
    }
    if (origin_.columns != 0) [[unlikely]] {
      move_columns(where, start);
    }
    return where;
  }

  ast::Location of(const Token* token) const { return between(token, token); }

 private:
  static bool may_span_lines(TokenKind kind) {
    return kind == TokenKind::string || kind == TokenKind::fstring_middle ||
           kind == TokenKind::tstring_middle;
  }

  // Many nodes can end with the same token, so the last answer is kept.
  void set_end(ast::Location& where, const Token& last) const {
    if (&last != counted_) {
      std::uint32_t line = last.line;
      const auto lines = static_cast<std::uint32_t>(tokens_.line_begins.size());
      while (line < lines && line_begins_[line] <= last.end) {
        ++line;
      }
      counted_ = &last;
      counted_line_ = line;
    }
    where.end_line = counted_line_ + origin_.lines;
    where.end_column = last.end - line_begins_[counted_line_ - 1];
  }

  void move_columns(ast::Location& where, const Token* start) const {
    const std::uint32_t first = origin_.lines + 1;
    if (where.end_line == first) {
      where.end_column += origin_.columns;
    }
    std::uint32_t deciding_line = where.line;
    if (origin_.by_last_line && may_span_lines(start->kind)) {
      ast::Location own;
      set_end(own, *start);
      deciding_line = own.end_line;
    }
    if (deciding_line == first) {
      where.column += origin_.columns;
    }
  }

  const Tokens& tokens_;
  Origin origin_;
  const Token* token_;
  const std::uint32_t* line_begins_;
  mutable const Token* counted_ = nullptr;
  mutable std::uint32_t counted_line_ = 0;
};

}  // namespace sallyport::validators::python::detail

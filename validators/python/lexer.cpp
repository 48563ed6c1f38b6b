#include "validators/python/lexer.hpp"

#include "validators/python/identifier.hpp"
#include "validators/python/lexer/keywords.hpp"
#include "validators/python/lexer/lexer.hpp"
#include "validators/python/lexer/line_table.hpp"
#include "validators/python/lexer/string_prefixes.hpp"
#include "validators/python/source.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace sallyport::validators::python {
namespace lexer {

Lexer::Lexer(std::string_view text, Version version, Tokens& tokens)
    : begin_(text.data()),
      end_(text.data() + text.size()),
      version_(version),
      tokens_(tokens),
      buffer_(begin_) {}

void Lexer::run() {
  const char* cursor = begin_;
  while (cursor != nullptr && cursor != end_) {
    cursor = begin_line(cursor);
    if (cursor != nullptr && cursor != end_) {
      cursor = logical_line(cursor);
    }
  }
  if (cursor != nullptr) {
    finish();
  }
  tokens_.inside_fstring = inside_fstring();
}

// At the end of the text, on a line of its own: what is indented ends here.
void Lexer::finish() {
  if (tokens_.open_brackets.empty()) {
    set_indentation({}, end_);
  } else if (version_ >= Version::v3_10) {
    fail_at_end();
    return;
  }
  add(TokenKind::end_marker, end_, end_);
}

// Lexes from the first token of a statement to the end of the line that ends it.
const char* Lexer::logical_line(const char* cursor) {
  while (cursor != nullptr && cursor != end_) {
    if (inside_fstring() && fstrings_.back().in_literal) {
      cursor = fstring_literal(cursor);
      continue;
    }
    while (is_space(*cursor)) {
      ++cursor;
    }
    switch (class_of(*cursor)) {
      case ByteClass::name:
        cursor = name(cursor);
        break;
      case ByteClass::digit:
        cursor = number(cursor);
        break;
      case ByteClass::quote:
        cursor = string(cursor, cursor);
        break;
      case ByteClass::op:
        cursor = operator_(cursor);
        break;
      case ByteClass::open:
        cursor = open_bracket(cursor);
        break;
      case ByteClass::close:
        cursor = close_bracket(cursor);
        break;
      case ByteClass::backslash:
        cursor = continuation(cursor);
        break;
      case ByteClass::comment:
      case ByteClass::newline: {
        // CPython begins the token at the comment before it, and from 3.12 ends it behind the line end.
        const char* const next = line_end();
        const bool ends_statement = tokens_.open_brackets.empty();
        if (ends_statement) {
          add(TokenKind::newline, cursor, version_ >= Version::v3_12 ? next : next - 1);
        }
        next_line(next);
        if (ends_statement) {
          return next;
        }
        cursor = next;
        break;
      }
      case ByteClass::space:
      case ByteClass::other:
        cursor = unknown(cursor);
        break;
    }
  }
  return cursor;
}

const char* Lexer::name(const char* start) {
  const char* cursor = start;
  bool ascii = true;
  do {
    ascii = ascii && is_ascii(*cursor);
    ++cursor;
  } while (is_name_byte(*cursor));
  const auto length = static_cast<std::size_t>(cursor - start);
  if (class_of(*cursor) == ByteClass::quote && is_string_prefix({start, length}, version_)) {
    return string_with_prefix(start, cursor);
  }
  if (!ascii) {
    const auto invalid = find_invalid_in_identifier({start, length}, version_);
    if (invalid) {
      return fail_in_name(start, start + *invalid, cursor);
    }
    add(TokenKind::name, start, cursor);
    return cursor;
  }
  add(kind_of_name(start, length, static_cast<std::size_t>(end_ - start)), start, cursor);
  return cursor;
}

const char* Lexer::operator_(const char* cursor) {
  // Nothing here is read beyond the line: an operator is not "\n", so a byte follows, and another one if that
  // is none either.
  const char next = cursor[1];
  const auto take = [&](TokenKind kind, std::size_t length) {
    add(kind, cursor, cursor + length);
    return cursor + length;
  };
  // `a`, `a=`, `aa` and `aa=`, as for `*`.
  const auto take_family = [&](TokenKind one, TokenKind assigned, TokenKind two, TokenKind two_assigned) {
    if (next == *cursor) {
      return cursor[2] == '=' ? take(two_assigned, 3) : take(two, 2);
    }
    return next == '=' ? take(assigned, 2) : take(one, 1);
  };
  switch (*cursor) {
    case ',':
      return take(TokenKind::comma, 1);
    case ';':
      return take(TokenKind::semi, 1);
    case '~':
      return take(TokenKind::tilde, 1);
    case '.':
      if (is_digit(next)) {
        return number(cursor);
      }
      return next == '.' && cursor[2] == '.' ? take(TokenKind::ellipsis, 3) : take(TokenKind::dot, 1);
    case ':':
      if (inside_fstring() && colon_begins_format_spec()) {
        fstrings_.back().in_literal = true;
        fstrings_.back().in_format_spec = true;
        return take(TokenKind::colon, 1);
      }
      return next == '=' ? take(TokenKind::colon_equal, 2) : take(TokenKind::colon, 1);
    case '=':
      return next == '=' ? take(TokenKind::eq_equal, 2) : take(TokenKind::equal, 1);
    case '+':
      return next == '=' ? take(TokenKind::plus_equal, 2) : take(TokenKind::plus, 1);
    case '%':
      return next == '=' ? take(TokenKind::percent_equal, 2) : take(TokenKind::percent, 1);
    case '&':
      return next == '=' ? take(TokenKind::amper_equal, 2) : take(TokenKind::amper, 1);
    case '|':
      return next == '=' ? take(TokenKind::vbar_equal, 2) : take(TokenKind::vbar, 1);
    case '^':
      return next == '=' ? take(TokenKind::circumflex_equal, 2) : take(TokenKind::circumflex, 1);
    case '@':
      return next == '=' ? take(TokenKind::at_equal, 2) : take(TokenKind::at, 1);
    case '-':
      if (next == '>') {
        return take(TokenKind::rarrow, 2);
      }
      return next == '=' ? take(TokenKind::min_equal, 2) : take(TokenKind::minus, 1);
    case '!':
      if (next == '=') {
        return take(TokenKind::not_equal, 2);
      }
      return take(version_ >= Version::v3_12 ? TokenKind::exclamation : TokenKind::unknown, 1);
    case '*':
      return take_family(TokenKind::star, TokenKind::star_equal, TokenKind::double_star,
                         TokenKind::double_star_equal);
    case '/':
      return take_family(TokenKind::slash, TokenKind::slash_equal, TokenKind::double_slash,
                         TokenKind::double_slash_equal);
    case '<':
      if (next == '>') {
        return take(TokenKind::not_equal, 2);
      }  // as in Python 2: the parser refuses it
      return take_family(TokenKind::less, TokenKind::less_equal, TokenKind::left_shift,
                         TokenKind::left_shift_equal);
    default:
      return take_family(TokenKind::greater, TokenKind::greater_equal, TokenKind::right_shift,
                         TokenKind::right_shift_equal);
  }
}

const char* Lexer::open_bracket(const char* cursor) {
  if (tokens_.open_brackets.size() >= most_brackets) {
    return fail("too many nested parentheses", cursor + 1);
  }
  tokens_.open_brackets.push_back({*cursor, line_, static_cast<std::uint32_t>(cursor - line_begin())});
  if (inside_fstring()) {
    ++fstrings_.back().bracket_depth;
  }
  const auto kind = *cursor == '(' ? TokenKind::lpar : *cursor == '[' ? TokenKind::lsqb : TokenKind::lbrace;
  add(kind, cursor, cursor + 1);
  return cursor + 1;
}

const char* Lexer::close_bracket(const char* cursor) {
  const char bracket = *cursor;
  auto& open = tokens_.open_brackets;
  if (inside_fstring() && fstrings_.back().bracket_depth == 0 && bracket == '}') {
    return fail(std::string(kind_of_fstring()) + ": single '}' is not allowed", cursor + 1);
  }
  if (open.empty()) {
    return fail(std::string("unmatched '") + bracket + "'", cursor + 1);
  }
  const auto opening = open.back();
  open.pop_back();
  const char expected = opening.bracket == '(' ? ')' : opening.bracket == '[' ? ']' : '}';
  if (bracket != expected) {
    return mismatched_bracket(opening, cursor);
  }
  if (inside_fstring() && !close_bracket_in_fstring(cursor)) {
    return nullptr;
  }
  const auto kind = bracket == ')' ? TokenKind::rpar : bracket == ']' ? TokenKind::rsqb : TokenKind::rbrace;
  add(kind, cursor, cursor + 1);
  return cursor + 1;
}

const char* Lexer::mismatched_bracket(const OpenBracket& opening, const char* cursor) {
  // Within `{}` of an f-string's field the brace is not what the bracket was meant for.
  if (inside_fstring() && opening.bracket == '{' &&
      fstrings_.back().bracket_depth - 1 == fstrings_.back().field_depth) {
    return fail(std::string(kind_of_fstring()) + ": unmatched '" + *cursor + "'", cursor + 1);
  }
  auto message = std::string("closing parenthesis '") + *cursor + "' does not match opening parenthesis '" +
                 opening.bracket + "'";
  if (opening.line != line_) {
    message += " on line " + std::to_string(opening.line);
  }
  return fail(std::move(message), cursor + 1);
}

// A backslash outside of strings joins lines.
const char* Lexer::continuation(const char* cursor) {
  if (cursor[1] != '\n') {
    return fail_after_continuation(cursor);
  }
  const char* const next = cursor + 2;
  if (next == end_) {
    return fail_at_end();
  }
  const bool first_in_line = std::all_of(std::max(buffer_, line_begin()), cursor, is_space);
  ++line_;
  if (first_in_line && !tokens_.open_brackets.empty() && version_ >= Version::v3_10) {
    buffer_ = next;
  }
  return next;
}

const char* Lexer::unknown(const char* cursor) {
  const auto code = static_cast<unsigned char>(*cursor);
  if (version_ >= Version::v3_11 && (code < 0x20 || code == 0x7F)) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    return fail(std::string("invalid non-printable character U+00") + digits[code >> 4] + digits[code & 15],
                cursor + 1);
  }
  add(TokenKind::unknown, cursor, cursor + 1);
  return cursor + 1;
}

}  // namespace lexer

namespace {

// A large text may be a hostile one, with a token a byte: to grow the list is to copy it to fresh pages, and
// pages that are not written to cost nothing.
std::size_t tokens_to_expect(std::string_view text) {
  constexpr std::size_t large = 128 * 1024;
  return text.size() < large ? text.size() / 3 + 16 : text.size() + 2 * lexer::most_indentations;
}

// The lexer runs over a copy with a line end, which the text lacks: no token may reach beyond the text.
void lex_with_line_end(std::string_view text, Version version, Tokens& tokens) {
  const auto complete = std::string(text) + '\n';
  lexer::Lexer(complete, version, tokens).run();
  const auto size = static_cast<std::uint32_t>(text.size());
  for (auto& token : tokens.list) {
    token.begin = std::min(token.begin, size);
    token.end = std::min(token.end, size);
  }
}

}  // namespace

Tokens lex(std::string_view text, Version version) {
  Tokens tokens;
  tokens.text = text;
  tokens.line_begins = lexer::find_line_begins(text);
  tokens.list.reserve(tokens_to_expect(text));
  if (text.ends_with('\n') || text.empty()) {
    lexer::Lexer(text, version, tokens).run();
  } else {
    lex_with_line_end(text, version, tokens);
  }
  return tokens;
}

ast::Location Tokens::location_of(const Token& token) const {
  ast::Location location;
  location.line = token.line;
  location.column = column_of(token);
  location.end_line = token.line;
  // Only strings reach over lines.
  const auto multi_line = token.kind >= TokenKind::string && token.kind <= TokenKind::tstring_end;
  while (multi_line && location.end_line < line_begins.size() &&
         line_begins[location.end_line] <= token.end) {
    ++location.end_line;
  }
  location.end_column = token.end - line_begins[location.end_line - 1];
  const bool middle = token.kind == TokenKind::fstring_middle || token.kind == TokenKind::tstring_middle;
  if (middle && lexer::skips_doubled_brace(text_of(token), text.substr(token.end))) {
    ++location.end_column;
  }
  return location;
}

std::string_view line_text(const Tokens& tokens, std::uint32_t line) {
  if (line == 0 || line > tokens.line_begins.size()) {
    return {};
  }
  const auto begin = tokens.line_begins[line - 1];
  const auto end = line < tokens.line_begins.size() ? tokens.line_begins[line] : tokens.text.size();
  auto text = tokens.text.substr(begin, end - begin);
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  return text;
}

SyntaxError error_at(const Tokens& tokens, Version version, ErrorType type, std::string message,
                     ast::Location place) {
  SyntaxError error;
  error.type = type;
  error.message = std::move(message);
  error.line = place.line;
  error.offset = character_offset(line_text(tokens, place.line), place.column);
  if (version >= Version::v3_10) {
    error.end_line = place.end_line;
    error.end_offset = character_offset(line_text(tokens, place.end_line), place.end_column);
  }
  return error;
}

}  // namespace sallyport::validators::python

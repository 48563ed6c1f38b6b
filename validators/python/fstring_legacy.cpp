#include "validators/python/fstring_legacy.hpp"

#include "validators/python/diagnose.hpp"
#include "validators/python/lexer.hpp"
#include "validators/python/parser/parser.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace sallyport::validators::python::detail {

namespace {

// CPython's limits: fields in the format of a field nest no deeper, and nor do brackets.
constexpr unsigned max_nested_fields = 2;
constexpr std::size_t max_brackets = 200;

// And what else is no name in 3.9.
constexpr auto keywords = std::to_array<std::string_view>({
#define X(word) #word,
    SALLYPORT_PYTHON_KEYWORDS(X)
#undef X
        "__peg_parser__",
});

bool is_keyword(std::string_view word) {
  return std::find(keywords.begin(), keywords.end(), word) != keywords.end();
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}
bool is_space(char c) {
  return is_blank(c) || c == '\n' || c == '\r' || c == '\v';
}

char opening_of(char closing) {
  switch (closing) {
    case ')':
      return '(';
    case ']':
      return '[';
    default:
      return '{';
  }
}

// Whether the tokenizer of CPython raises this error, and not the parser for it.
bool is_worded_by_tokenizer(const Tokens& tokens, const SyntaxError& error) {
  if (!tokens.error || tokens.error->message != error.message) {
    return false;
  }
  constexpr std::array<std::string_view, 4> of_parser = {"unexpected EOF", "unexpected character after line",
                                                         "EOL while", "EOF while"};
  return std::none_of(of_parser.begin(), of_parser.end(),
                      [&error](std::string_view start) { return error.message.starts_with(start); });
}

// The error of a field's text, as an error of the program.
void place_field_error(SyntaxError& error, const Tokens& tokens, const Origin& origin, Version version) {
  const bool of_tokenizer = is_worded_by_tokenizer(tokens, error);
  if (of_tokenizer && version < Version::v3_10) {
    return;
  }
  if (!of_tokenizer) {
    if (error.type == ErrorType::syntax_error) {
      error.message.insert(0, "f-string: ");
    }
    // CPython takes off the columns that it has added to the tokens, but only the first line's had any added.
    const auto take_off = [&origin](std::uint32_t line, std::uint32_t& offset) {
      if (line > 1) {
        offset -= std::min(offset, origin.columns);
      }
    };
    take_off(error.line, error.offset);
    take_off(error.end_line, error.end_offset);
  }
  error.line += origin.lines;
  if (error.end_line != 0) {
    error.end_line += origin.lines;
  }
}

}  // namespace

std::nullptr_t LegacyStrings::fail(std::string message) {
  message_ = std::move(message);
  return nullptr;
}

ast::Expr* LegacyStrings::concatenate(const Token* first, const Token* end) {
  first_ = first;
  where_ = source_.between(first, end - 1);
  Collected collected;
  std::string bytes;
  bool is_bytes = false;
  for (token_ = first; token_ != end; ++token_) {
    token_where_ = source_.of(token_);
    const auto parts = split_string(source_.text_of(token_));
    std::string_view value;
    if (!parts.prefix.formatted) {
      const auto decoded = decoder_.decode(parts, token_->line + source_.origin().lines);
      if (!decoded) {
        return nullptr;
      }
      value = *decoded;
    }
    if (token_ != first && is_bytes != parts.prefix.bytes) {
      return fail("cannot mix bytes and nonbytes literals");
    }
    is_bytes = parts.prefix.bytes;
    if (!parts.prefix.formatted) {
      if (first + 1 == end) {
        // The usual case: nothing to join.
        auto* const constant = arena_.make<ast::Constant>(token_where_);
        constant->value_kind = is_bytes ? ast::ConstantKind::Bytes : ast::ConstantKind::Str;
        constant->has_u_prefix = parts.prefix.unicode;
        constant->value = value;
        return constant;
      }
      (is_bytes ? bytes : collected.text) += value;
      continue;
    }
    collected.formatted = true;
    Cursor cursor{parts.body.data(), parts.body.data() + parts.body.size()};
    if (!add_formatted(collected, cursor, parts.prefix.raw, 0)) {
      return nullptr;
    }
  }
  if (is_bytes) {
    auto* const constant = arena_.make<ast::Constant>(where_);
    constant->value_kind = ast::ConstantKind::Bytes;
    constant->value = arena_.copy(std::string_view(bytes));
    return constant;
  }
  return finish(collected, first_, where_);
}

// Literals and fields in turn, to the end of the string or, in a format specification, to the brace that ends
// it.
bool LegacyStrings::add_formatted(Collected& collected, Cursor& cursor, bool raw, unsigned nesting) {
  collected.formatted = true;
  for (;;) {
    const auto literal = add_literal(collected, cursor, raw, nesting);
    if (literal.failed) {
      return false;
    }
    if (literal.more) {
      continue;
    }
    if (cursor.at_end() || *cursor.next == '}') {
      break;
    }
    auto* const field = parse_field(collected, cursor, raw, nesting);
    if (field == nullptr) {
      return false;
    }
    flush(collected, first_, where_);
    collected.values.push_back(field);
  }
  if (nesting != 0 && (cursor.at_end() || *cursor.next != '}')) {
    fail("f-string: expecting '}'");
    return false;
  }
  return true;
}

// Text up to the next brace. A doubled brace counts as one only outside of a format specification.
LegacyStrings::Literal LegacyStrings::add_literal(Collected& collected, Cursor& cursor, bool raw,
                                                  unsigned nesting) {
  const char* const begin = cursor.next;
  const char* s = begin;
  Literal literal;
  const char* end = nullptr;
  while (s < cursor.end) {
    char c = *s++;
    if (!raw && c == '\\' && s < cursor.end) {
      c = *s++;
      if (c == 'N') {
        // The braces of a character's name open no field.
        if (s < cursor.end && *s++ == '{') {
          while (s < cursor.end && *s++ != '}') {
          }
          continue;
        }
        if (version_ < Version::v3_10) {
          break;
        }
        continue;
      }
    }
    if (c != '{' && c != '}') {
      continue;
    }
    if (nesting == 0) {
      if (s < cursor.end && *s == c) {
        literal.more = true;
        end = s;
        cursor.next = s + 1;
        break;
      }
      if (c == '}') {
        fail("f-string: single '}' is not allowed");
        literal.failed = true;
        return literal;
      }
    }
    --s;
    break;
  }
  if (end == nullptr) {
    end = s;
    cursor.next = s;
  }
  if (end == begin) {
    return literal;
  }
  const std::string_view text(begin, static_cast<std::size_t>(end - begin));
  const auto decoded = decoder_.decode_middle(text, raw, token_->line + source_.origin().lines);
  if (!decoded) {
    literal.failed = true;
    return literal;
  }
  collected.text += *decoded;
  return literal;
}

// From the opening to behind the closing brace of a field. The text of one with '=' is added to what is
// collected.
ast::Expr* LegacyStrings::parse_field(Collected& collected, Cursor& cursor, bool raw, unsigned nesting) {
  if (nesting >= max_nested_fields) {
    return fail("f-string: expressions nested too deeply");
  }
  const auto unexpected_end = [this] { return fail("f-string: expecting '}'"); };
  ++cursor.next;
  const char* const begin = cursor.next;
  const char* const end = find_field_end(cursor);
  if (end == nullptr) {
    return nullptr;
  }
  if (cursor.at_end()) {
    return unexpected_end();
  }
  auto* const expression = parse_expression(begin, end);
  if (expression == nullptr) {
    return nullptr;
  }

  std::int8_t conversion = -1;
  bool debug = false;
  if (*cursor.next == '=') {
    debug = true;
    ++cursor.next;
    while (!cursor.at_end() && is_space(*cursor.next)) {
      ++cursor.next;
    }
    if (cursor.at_end()) {
      return unexpected_end();
    }
    collected.text.append(begin, cursor.next);
  }
  if (*cursor.next == '!') {
    ++cursor.next;
    if (cursor.at_end()) {
      return unexpected_end();
    }
    conversion = static_cast<std::int8_t>(*cursor.next++);
    if (conversion != 's' && conversion != 'r' && conversion != 'a') {
      return fail("f-string: invalid conversion character: expected 's', 'r', or 'a'");
    }
  }
  if (cursor.at_end()) {
    return unexpected_end();
  }
  ast::Expr* spec = nullptr;
  if (*cursor.next == ':') {
    ++cursor.next;
    if (cursor.at_end()) {
      return unexpected_end();
    }
    spec = parse_format_spec(cursor, raw, nesting);
    if (spec == nullptr) {
      return nullptr;
    }
  }
  if (cursor.at_end() || *cursor.next != '}') {
    return unexpected_end();
  }
  ++cursor.next;
  if (debug && spec == nullptr && conversion == -1) {
    conversion = 'r';
  }
  auto* const field = arena_.make<ast::FormattedValue>(where_);
  field->conversion = conversion;
  field->value = expression;
  field->format_spec = spec;
  return field;
}

ast::Expr* LegacyStrings::parse_format_spec(Cursor& cursor, bool raw, unsigned nesting) {
  Collected collected;
  if (!add_formatted(collected, cursor, raw, nesting + 1)) {
    return nullptr;
  }
  return finish(collected, token_, token_where_);
}

// Moves behind the expression of a field, to what ends it: '!', ':', '=' or '}'. Brackets and quotes are
// followed only as far as that needs.
const char* LegacyStrings::find_field_end(Cursor& cursor) {
  std::array<char, max_brackets> brackets{};
  std::size_t depth = 0;
  char quote = 0;
  bool triple = false;
  const auto next_is = [&cursor](std::ptrdiff_t offset, char c) {
    return cursor.end - cursor.next > offset && cursor.next[offset] == c;
  };
  for (; !cursor.at_end(); ++cursor.next) {
    const char c = *cursor.next;
    if (c == '\\') {
      return fail("f-string expression part cannot include a backslash");
    }
    if (quote != 0) {
      if (c == quote) {
        if (!triple) {
          quote = 0;
        } else if (next_is(1, c) && next_is(2, c)) {
          cursor.next += 2;
          quote = 0;
        }
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      triple = next_is(1, c) && next_is(2, c);
      if (triple) {
        cursor.next += 2;
      }
    } else if (c == '(' || c == '[' || c == '{') {
      if (depth >= max_brackets) {
        return fail("f-string: too many nested parenthesis");
      }
      brackets[depth++] = c;
    } else if (c == '#') {
      return fail("f-string expression part cannot include '#'");
    } else if (depth == 0 && std::strchr("!:}=<>", c) != nullptr && c != '\0') {
      if (next_is(1, '=') && std::strchr("!=<>", c) != nullptr) {
        ++cursor.next;
        continue;
      }
      if (c == '<' || c == '>') {
        continue;
      }
      break;
    } else if (c == ')' || c == ']' || c == '}') {
      if (depth == 0) {
        return fail(std::string("f-string: unmatched '") + c + "'");
      }
      const char opening = brackets[--depth];
      if (opening != opening_of(c)) {
        return fail(std::string("f-string: closing parenthesis '") + c +
                    "' does not match opening parenthesis '" + opening + "'");
      }
    }
  }
  if (quote != 0) {
    return fail("f-string: unterminated string");
  }
  if (depth != 0) {
    return fail(std::string("f-string: unmatched '") + brackets[depth - 1] + "'");
  }
  return cursor.next;
}

// The expression from `begin` to before `end`, read as a program of its own: in parentheses.
ast::Expr* LegacyStrings::parse_expression(const char* begin, const char* end) {
  if (std::all_of(begin, end, [](char c) { return is_blank(c) || c == '\n'; })) {
    if (version_ >= Version::v3_11 && *end != '}') {
      return fail(std::string("f-string: expression required before '") + *end + "'");
    }
    return fail("f-string: empty expression not allowed");
  }
  const auto origin = origin_of(begin);
  if (auto* const name = parse_name(begin, end, origin)) {
    return name;
  }
  std::string text;
  text.reserve(static_cast<std::size_t>(end - begin) + 2);
  text += '(';
  text.append(begin, end);
  text += ')';
  const auto tokens = lex(arena_.copy(std::string_view(text)), version_);
  warnings_.insert(warnings_.end(), tokens.warnings.begin(), tokens.warnings.end());
  Parser parser(tokens, version_, arena_, warnings_, origin, level_);
  if (auto* const expression = parser.parse_field()) {
    return expression;
  }
  if (parser.has_nested_error()) {
    error_ = parser.error();
    return nullptr;
  }
  if (!parser.error()) {
    error_ = diagnose(tokens, version_, StartRule::fstring, arena_);
  } else if (parser.error()->type == ErrorType::syntax_error) {
    error_ = rank_with_lexer_error(tokens, version_, *parser.error());
  } else {
    error_ = parser.error();
    return nullptr;
  }
  place_field_error(*error_, tokens, origin, version_);
  return nullptr;
}

// Most fields are nothing but a name, which needs no parser. Null for all else.
ast::Expr* LegacyStrings::parse_name(const char* begin, const char* end, const Origin& origin) {
  const std::string_view name(begin, static_cast<std::size_t>(end - begin));
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_letter(name.front()) ||
      !std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || is_digit(c); }) ||
      is_keyword(name)) {
    return nullptr;
  }
  ast::Location where;
  where.line = where.end_line = origin.lines + 1;
  where.column = origin.columns + 1;
  where.end_column = where.column + static_cast<std::uint32_t>(name.size());
  auto* const node = arena_.make<ast::Name>(where);
  node->id = name;
  return node;
}

// Where CPython says that the parenthesis before the expression stands.
Origin LegacyStrings::origin_of(const char* begin) {
  const char* const brace = begin - 1;
  const auto token_text = source_.text_of(token_);
  if (counted_token_ != token_) {
    counted_token_ = token_;
    counted_to_ = token_text.data();
    line_begin_ = counted_to_;
    lines_ = 0;
  }
  for (; counted_to_ < brace; ++counted_to_) {
    if (*counted_to_ == '\n') {
      ++lines_;
      line_begin_ = counted_to_;
    }
  }
  const char* after = brace + 1;
  while (is_blank(*after)) {
    ++after;
  }
  std::uint32_t columns = 0;
  if (*after != '\n') {
    // From the line end before, or from the beginning of the token. 3.9 counts the line end in.
    columns = static_cast<std::uint32_t>(brace - line_begin_);
    if (version_ >= Version::v3_10 && lines_ != 0) {
      --columns;
    }
  }
  // 3.9 adds the column of the string even on its further lines.
  if (version_ < Version::v3_10 || lines_ == 0) {
    columns += token_where_.column;
  }
  return {.lines = token_where_.line + lines_ - 1, .columns = columns, .by_last_line = true};
}

ast::Constant* LegacyStrings::make_text(const std::string& text, const Token* first,
                                        const ast::Location& where) {
  auto* const constant = arena_.make<ast::Constant>(where);
  constant->value_kind = ast::ConstantKind::Str;
  constant->has_u_prefix = source_.text_of(first).front() == 'u';
  constant->value = arena_.copy(std::string_view(text));
  return constant;
}

// Makes a constant of the text collected so far, if there is any.
void LegacyStrings::flush(Collected& collected, const Token* first, const ast::Location& where) {
  if (collected.text.empty()) {
    return;
  }
  collected.values.push_back(make_text(collected.text, first, where));
  collected.text.clear();
}

ast::Expr* LegacyStrings::finish(Collected& collected, const Token* first, const ast::Location& where) {
  if (!collected.formatted) {
    return make_text(collected.text, first, where);
  }
  flush(collected, first, where);
  auto* const joined = arena_.make<ast::JoinedStr>(where);
  joined->values = arena_.copy(ast::Sequence<ast::Expr*>(collected.values));
  return joined;
}

}  // namespace sallyport::validators::python::detail

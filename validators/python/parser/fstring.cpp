// f-strings and t-strings as tokens (PEP 701, from 3.12; PEP 750, from 3.14).
#include "validators/python/parser/levels.hpp"
#include "validators/python/parser/parser.hpp"

namespace sallyport::validators::python::detail {

namespace {

// The tokens of a kind of string with fields.
template <class Node>
struct FormattedTokens;

template <>
struct FormattedTokens<ast::JoinedStr> {
  static constexpr auto middle = TokenKind::fstring_middle;
  static constexpr auto end = TokenKind::fstring_end;
};

template <>
struct FormattedTokens<ast::TemplateStr> {
  static constexpr auto middle = TokenKind::tstring_middle;
  static constexpr auto end = TokenKind::tstring_end;
};

constexpr std::string_view python_whitespace = " \t\n\f\r\v";

}  // namespace

// One f-string or t-string.
template <class Node>
Node* Parser::parse_formatted() {
  const Token* const start = source_.position();
  const bool raw = prefix_of(source_.text_of(start)).raw;
  constexpr bool templated = std::is_same_v<Node, ast::TemplateStr>;
  source_.advance();
  ListBuilder<ast::Expr*> values(expressions_);
  const Token* undecodable = nullptr;
  while (!source_.at(FormattedTokens<Node>::end)) {
    if (source_.at(FormattedTokens<Node>::middle)) {
      // What cannot be decoded is told after all else: CPython decodes at the end of the string.
      if (auto* const middle = make_middle(source_.position(), raw)) {
        if (!middle->value.empty()) {
          values.push(middle);
        }
      } else if (undecodable == nullptr) {
        undecodable = source_.position();
      }
      source_.advance();
    } else {
      const Token* const brace = source_.position();
      const auto size = values.size();
      if (!parse_replacement_field(values, templated)) {
        return nullptr;
      }
      if (version_ < Version::v3_14 && values.size() == size + 2) {
        // Older versions decode escapes in the text of a field with '=' too.
        auto* const text = static_cast<ast::Constant*>(values[size]);
        const auto value = decoder_.decode_middle(text->value, raw, brace->line);
        if (value) {
          text->value = *value;
        } else if (undecodable == nullptr) {
          undecodable = brace;
        }
      }
    }
  }
  const Token* const end = source_.position();
  if (undecodable != nullptr) {
    return fail_to_decode(undecodable, end);
  }
  source_.advance();
  auto* const node = arena_.make<Node>(source_.since(start));
  node->values = values.finish(arena_);
  return node;
}

ast::Constant* Parser::make_middle(const Token* token, bool raw) {
  const auto text = source_.text_of(token);
  const auto value = decoder_.decode_middle(text, raw, token->line);
  if (!value) {
    return nullptr;
  }
  auto* const constant = arena_.make<ast::Constant>(source_.of(token));
  // A doubled brace at its end belongs to its place, though only one of the two to its text.
  if (token[1].begin > token->end) {
    constant->location.end_column += 1;
  }
  constant->value_kind = ast::ConstantKind::Str;
  constant->value = *value;
  return constant;
}

ast::Expr* Parser::parse_template_strings() {
  const Token* const first = source_.position();
  ListBuilder<ast::Expr*> parts(expressions_);
  while (source_.at(TokenKind::tstring_start)) {
    auto* const part = parse_formatted<ast::TemplateStr>();
    if (part == nullptr) {
      return nullptr;
    }
    parts.push(part);
  }
  // They do not mix with other strings.
  if (source_.at(TokenKind::string) || source_.at(TokenKind::fstring_start)) {
    return nullptr;
  }
  auto* const node = arena_.make<ast::TemplateStr>(source_.since(first));
  node->values = join_parts(parts, true);
  return node;
}

// '{' expressions ['='] ['!' NAME] [':' format_spec] '}'. Pushes the field, and before it the text of one
// with '='.
bool Parser::parse_replacement_field(ListBuilder<ast::Expr*>& values, bool templated) {
  const Depth depth(*this, levels_of_parenthesis);
  if (too_deep(levels_of_expression)) {
    return false;
  }
  const Token* const brace = source_.position();
  if (!source_.accept(TokenKind::lbrace)) {
    return false;
  }
  auto* const expression = parse_yield_or_star_expressions();
  if (expression == nullptr) {
    return false;
  }
  const Token* const expression_end = source_.position();
  const bool debug = source_.accept(TokenKind::equal);
  const Token* const text_end = source_.position();
  const Token* conversion = nullptr;
  if (source_.accept(TokenKind::exclamation)) {
    conversion = parse_conversion(templated);
    if (conversion == nullptr) {
      return false;
    }
  }
  ast::Expr* spec = nullptr;
  if (source_.at(TokenKind::colon)) {
    spec = parse_format_spec(templated);
    if (spec == nullptr) {
      return false;
    }
  }
  if (!source_.accept(TokenKind::rbrace)) {
    return false;
  }

  std::int8_t converter = debug && spec == nullptr ? 'r' : -1;
  if (conversion != nullptr) {
    const auto name = source_.text_of(conversion);
    if (name != "s" && name != "r" && name != "a") {
      fail(std::string(templated ? "t" : "f") + "-string: invalid conversion character '" +
               std::string(identifier(conversion)) + "': expected 's', 'r', or 'a'",
           conversion);
      return false;
    }
    converter = static_cast<std::int8_t>(name.front());
  }
  const auto where = source_.since(brace);
  if (debug) {
    auto* const text = arena_.make<ast::Constant>(source_.of(brace));
    const auto end = source_.of(text_end);
    text->location.column += 1;
    text->location.end_line = end.line;
    text->location.end_column = end.column;
    text->value_kind = ast::ConstantKind::Str;
    text->value = field_text(brace, text_end);
    values.push(text);
  }
  if (templated && !in_format_spec_) {
    auto* const field = arena_.make<ast::Interpolation>(where);
    field->conversion = converter;
    field->value = expression;
    auto text = field_text(brace, expression_end);
    text.remove_suffix(text.size() - (text.find_last_not_of(python_whitespace) + 1));
    field->str = text;
    field->format_spec = spec;
    values.push(field);
  } else {
    auto* const field = arena_.make<ast::FormattedValue>(where);
    field->conversion = converter;
    field->value = expression;
    field->format_spec = spec;
    values.push(field);
  }
  return true;
}

// The name after '!', or null.
const Token* Parser::parse_conversion(bool templated) {
  const Token* const mark = source_.previous();
  const Token* const name = source_.position();
  if (!source_.accept(TokenKind::name)) {
    return nullptr;
  }
  if (mark->end != name->begin) {
    // The misspelling is CPython's.
    const std::string mark_name = version_ >= Version::v3_13 ? "exclamation" : "exclamanation";
    return fail(std::string(templated ? "t" : "f") + "-string: conversion type must come right after the " +
                    mark_name + " mark",
                mark, name);
  }
  return name;
}

// ':' (text | field)*
ast::Expr* Parser::parse_format_spec(bool templated) {
  const Token* const colon = source_.position();
  const bool outer = std::exchange(in_format_spec_, true);
  source_.advance();
  ListBuilder<ast::Expr*> parts(expressions_);
  while (!source_.at(TokenKind::rbrace)) {
    if (source_.at(TokenKind::fstring_middle) || source_.at(TokenKind::tstring_middle)) {
      auto* const middle = make_middle(source_.position(), false);
      if (middle == nullptr) {
        return fail_to_decode(source_.position(), source_.position());
      }
      parts.push(middle);
      source_.advance();
    } else if (!parse_replacement_field(parts, templated)) {
      return nullptr;
    }
  }
  in_format_spec_ = outer;
  auto* const spec = arena_.make<ast::JoinedStr>(source_.since(colon));
  // In 3.12 the empty text between a field and the end stays.
  spec->values =
      version_ < Version::v3_13 && parts.size() > 1 ? parts.finish(arena_) : join_parts(parts, true);
  return spec;
}

// What a field holds as it is written, without comments.
std::string_view Parser::field_text(const Token* brace, const Token* end) {
  auto text = source_.text().substr(brace->end, end->begin - brace->end);
  if (text.find('#') == std::string_view::npos) {
    return text;
  }
  // Up to 3.13 a number sign in a string counts too.
  const bool knows_strings = version_ >= Version::v3_14;
  std::string kept;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      }
    } else if (knows_strings && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '#') {
      while (i + 1 < text.size() && text[i + 1] != '\n') {
        ++i;
      }
      continue;
    }
    kept += c;
  }
  return arena_.copy(std::string_view(kept));
}

template ast::JoinedStr* Parser::parse_formatted<ast::JoinedStr>();

}  // namespace sallyport::validators::python::detail

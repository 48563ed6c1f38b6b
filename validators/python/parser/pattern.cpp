// Patterns of `case`.
#include "validators/python/number_literal.hpp"
#include "validators/python/parser/levels.hpp"
#include "validators/python/parser/parser.hpp"

namespace sallyport::validators::python::detail {

// A sequence without brackets, or one pattern.
ast::Pattern* Parser::parse_patterns() {
  const Token* const start = source_.position();
  const bool starred = source_.at(TokenKind::star);
  auto* const first = parse_star_or_pattern();
  if (first == nullptr) {
    return nullptr;
  }
  if (!source_.at(TokenKind::comma)) {
    return starred ? nullptr : first;
  }
  ListBuilder<ast::Pattern*> items(patterns_);
  items.push(first);
  while (source_.accept(TokenKind::comma) && !source_.at(TokenKind::colon) && !source_.at(TokenKind::kw_if)) {
    auto* const item = parse_star_or_pattern();
    if (item == nullptr) {
      return nullptr;
    }
    items.push(item);
  }
  auto* const sequence = arena_.make<ast::MatchSequence>(source_.since(start));
  sequence->patterns = items.finish(arena_);
  return sequence;
}

// or_pattern ['as' NAME]
ast::Pattern* Parser::parse_pattern() {
  const Token* const start = source_.position();
  auto* const pattern = parse_or_pattern();
  if (pattern == nullptr || !source_.accept(TokenKind::kw_as)) {
    return pattern;
  }
  const auto name = parse_capture_name();
  if (!name) {
    return nullptr;
  }
  auto* const capture = arena_.make<ast::MatchAs>(source_.since(start));
  capture->pattern = pattern;
  capture->name = *name;
  return capture;
}

ast::Pattern* Parser::parse_or_pattern() {
  const Token* const start = source_.position();
  auto* const first = parse_closed_pattern();
  if (first == nullptr || !source_.at(TokenKind::vbar)) {
    return first;
  }
  ListBuilder<ast::Pattern*> alternatives(patterns_);
  alternatives.push(first);
  while (source_.accept(TokenKind::vbar)) {
    auto* const alternative = parse_closed_pattern();
    if (alternative == nullptr) {
      return nullptr;
    }
    alternatives.push(alternative);
  }
  auto* const all = arena_.make<ast::MatchOr>(source_.since(start));
  all->patterns = alternatives.finish(arena_);
  return all;
}

ast::Pattern* Parser::parse_closed_pattern() {
  const Token* const start = source_.position();
  const auto singleton = [&](ast::ConstantKind kind) {
    auto* const pattern = arena_.make<ast::MatchSingleton>(source_.of(start));
    pattern->value = kind;
    source_.advance();
    return pattern;
  };
  ast::Expr* value = nullptr;
  switch (source_.kind()) {
    case TokenKind::number:
    case TokenKind::minus:
      value = parse_literal_number();
      break;
    case TokenKind::string:
    case TokenKind::fstring_start:
    case TokenKind::tstring_start:
      value = parse_strings();
      break;
    case TokenKind::kw_None:
      return singleton(ast::ConstantKind::None);
    case TokenKind::kw_True:
      return singleton(ast::ConstantKind::True);
    case TokenKind::kw_False:
      return singleton(ast::ConstantKind::False);
    case TokenKind::name:
      return parse_name_pattern();
    case TokenKind::lpar:
      return parse_group_or_sequence_pattern();
    case TokenKind::lsqb:
      return parse_list_pattern();
    case TokenKind::lbrace:
      return parse_mapping_pattern();
    default:
      return nullptr;
  }
  if (value == nullptr) {
    return nullptr;
  }
  auto* const pattern = arena_.make<ast::MatchValue>(source_.since(start));
  pattern->value = value;
  return pattern;
}

// ['-'] NUMBER [('+' | '-') NUMBER], the second imaginary and then the first not
ast::Expr* Parser::parse_literal_number() {
  const Token* const start = source_.position();
  const auto is_imaginary = [](const ast::Expr* number) {
    return static_cast<const ast::Constant*>(number)->value_kind == ast::ConstantKind::Complex;
  };
  const bool negative = source_.accept(TokenKind::minus);
  if (!source_.at(TokenKind::number)) {
    return nullptr;
  }
  auto* number = parse_number();
  if (number == nullptr) {
    return nullptr;
  }
  const bool imaginary = is_imaginary(number);
  if (negative) {
    auto* const negated = arena_.make<ast::UnaryOp>(source_.since(start));
    negated->op = ast::UnaryOperator::USub;
    negated->operand = number;
    number = negated;
  }
  if (!source_.at(TokenKind::plus) && !source_.at(TokenKind::minus)) {
    return number;
  }
  const auto op = source_.at(TokenKind::plus) ? ast::Operator::Add : ast::Operator::Sub;
  source_.advance();
  if (!source_.at(TokenKind::number)) {
    return nullptr;
  }
  // What is wrong with the kinds has a message of its own, which the second look finds.
  auto* const second = parse_number();
  if (second == nullptr || imaginary || !is_imaginary(second)) {
    return nullptr;
  }
  auto* const sum = arena_.make<ast::BinOp>(source_.since(start));
  sum->op = op;
  sum->left = number;
  sum->right = second;
  return sum;
}

// A name that a pattern binds: not `_`, and no part of anything else.
std::optional<std::string_view> Parser::parse_capture_name() {
  if (!source_.at(TokenKind::name) || source_.text_of(source_.position()) == "_") {
    return std::nullopt;
  }
  switch (source_.next_kind()) {
    case TokenKind::dot:
    case TokenKind::lpar:
    case TokenKind::equal:
      return std::nullopt;
    default:
      break;
  }
  const auto name = identifier(source_.position());
  source_.advance();
  return name;
}

// NAME ('.' NAME)*
ast::Expr* Parser::parse_dotted_value(const Token* start) {
  ast::Expr* value = make_name(start, ast::Context::Load);
  source_.advance();
  while (source_.at(TokenKind::dot)) {
    if (source_.next_kind() != TokenKind::name) {
      return nullptr;
    }
    source_.advance();
    const auto name = identifier(source_.position());
    source_.advance();
    auto* const attribute = arena_.make<ast::Attribute>(source_.since(start));
    attribute->value = value;
    attribute->attr = name;
    value = attribute;
  }
  return value;
}

// A capture, the wildcard, a value or a class.
ast::Pattern* Parser::parse_name_pattern() {
  const Token* const start = source_.position();
  const auto next = source_.next_kind();
  if (next != TokenKind::dot && next != TokenKind::lpar) {
    if (next == TokenKind::equal) {
      return nullptr;
    }
    auto* const capture = arena_.make<ast::MatchAs>(source_.of(start));
    if (source_.text_of(start) != "_") {
      capture->name = identifier(start);
    }
    source_.advance();
    return capture;
  }
  auto* const value = parse_dotted_value(start);
  if (value == nullptr || source_.at(TokenKind::equal)) {
    return nullptr;
  }
  if (source_.at(TokenKind::lpar)) {
    return parse_class_pattern(start, value);
  }
  auto* const pattern = arena_.make<ast::MatchValue>(source_.since(start));
  pattern->value = value;
  return pattern;
}

ast::Pattern* Parser::parse_star_or_pattern() {
  const Token* const start = source_.position();
  if (!source_.accept(TokenKind::star)) {
    return parse_pattern();
  }
  std::string_view name;
  if (source_.at(TokenKind::name) && source_.text_of(source_.position()) == "_") {
    source_.advance();
  } else {
    const auto captured = parse_capture_name();
    if (!captured) {
      return nullptr;
    }
    name = *captured;
  }
  auto* const star = arena_.make<ast::MatchStar>(source_.since(start));
  star->name = name;
  return star;
}

// Items after the opening bracket; takes the closing one.
bool Parser::parse_pattern_items(ListBuilder<ast::Pattern*>& items, TokenKind closing) {
  while (!source_.at(closing)) {
    auto* const item = parse_star_or_pattern();
    if (item == nullptr) {
      return false;
    }
    items.push(item);
    if (!source_.accept(TokenKind::comma)) {
      break;
    }
  }
  return source_.accept(closing);
}

ast::Pattern* Parser::parse_group_or_sequence_pattern() {
  const Depth depth(*this, levels_of_parenthesis);
  if (too_deep(levels_of_expression)) {
    return nullptr;
  }
  const Token* const start = source_.position();
  source_.advance();
  ListBuilder<ast::Pattern*> items(patterns_);
  if (!parse_pattern_items(items, TokenKind::rpar)) {
    return nullptr;
  }
  if (items.size() == 1 && source_.previous()[-1].kind != TokenKind::comma) {
    return items.back()->kind == ast::NodeKind::MatchStar ? nullptr : items.back();
  }
  auto* const sequence = arena_.make<ast::MatchSequence>(source_.since(start));
  sequence->patterns = items.finish(arena_);
  return sequence;
}

ast::Pattern* Parser::parse_list_pattern() {
  const Depth depth(*this, levels_of_parenthesis);
  if (too_deep(levels_of_expression)) {
    return nullptr;
  }
  const Token* const start = source_.position();
  source_.advance();
  ListBuilder<ast::Pattern*> items(patterns_);
  if (!parse_pattern_items(items, TokenKind::rsqb)) {
    return nullptr;
  }
  auto* const sequence = arena_.make<ast::MatchSequence>(source_.since(start));
  sequence->patterns = items.finish(arena_);
  return sequence;
}

// A literal or a dotted name.
ast::Expr* Parser::parse_pattern_key() {
  switch (source_.kind()) {
    case TokenKind::number:
    case TokenKind::minus:
      return parse_literal_number();
    case TokenKind::string:
    case TokenKind::fstring_start:
    case TokenKind::tstring_start:
      return parse_strings();
    case TokenKind::kw_None:
      return parse_constant(ast::ConstantKind::None);
    case TokenKind::kw_True:
      return parse_constant(ast::ConstantKind::True);
    case TokenKind::kw_False:
      return parse_constant(ast::ConstantKind::False);
    case TokenKind::name:
      if (source_.next_kind() != TokenKind::dot) {
        return nullptr;
      }
      return parse_dotted_value(source_.position());
    default:
      return nullptr;
  }
}

// '{' (key ':' pattern) (',' ...)* [',' '**' NAME] [','] '}'
ast::Pattern* Parser::parse_mapping_pattern() {
  const Depth depth(*this, levels_of_parenthesis);
  if (too_deep(levels_of_expression)) {
    return nullptr;
  }
  const Token* const start = source_.position();
  source_.advance();
  ListBuilder<ast::Expr*> keys(expressions_);
  ListBuilder<ast::Pattern*> values(patterns_);
  std::string_view rest;
  while (!source_.at(TokenKind::rbrace)) {
    if (source_.accept(TokenKind::double_star)) {
      const auto name = parse_capture_name();
      if (!name) {
        return nullptr;
      }
      rest = *name;
      source_.accept(TokenKind::comma);
      break;
    }
    auto* const key = parse_pattern_key();
    if (key == nullptr || !source_.accept(TokenKind::colon)) {
      return nullptr;
    }
    auto* const value = parse_pattern();
    if (value == nullptr) {
      return nullptr;
    }
    keys.push(key);
    values.push(value);
    if (!source_.accept(TokenKind::comma)) {
      break;
    }
  }
  if (!source_.accept(TokenKind::rbrace)) {
    return nullptr;
  }
  auto* const mapping = arena_.make<ast::MatchMapping>(source_.since(start));
  mapping->keys = keys.finish(arena_);
  mapping->patterns = values.finish(arena_);
  mapping->rest = rest;
  return mapping;
}

// '(' patterns, then NAME '=' pattern ')'
ast::Pattern* Parser::parse_class_pattern(const Token* start, ast::Expr* type) {
  const Depth depth(*this, levels_of_parenthesis);
  if (too_deep(levels_of_expression)) {
    return nullptr;
  }
  source_.advance();
  ListBuilder<ast::Pattern*> patterns(patterns_);
  ListBuilder<ast::Identifier> names(identifiers_);
  while (!source_.at(TokenKind::rpar)) {
    if (source_.at(TokenKind::name) && source_.next_kind() == TokenKind::equal) {
      names.push(identifier(source_.position()));
      source_.advance();
      source_.advance();
    } else if (!names.empty()) {
      return nullptr;
    }
    auto* const pattern = parse_pattern();
    if (pattern == nullptr) {
      return nullptr;
    }
    patterns.push(pattern);
    if (!source_.accept(TokenKind::comma)) {
      break;
    }
  }
  if (!source_.accept(TokenKind::rpar)) {
    return nullptr;
  }
  auto* const node = arena_.make<ast::MatchClass>(source_.since(start));
  const auto all = patterns.finish(arena_);
  node->cls = type;
  node->patterns = all.subspan(0, all.size() - names.size());
  node->kwd_attrs = names.finish(arena_);
  node->kwd_patterns = all.subspan(all.size() - names.size());
  return node;
}

}  // namespace sallyport::validators::python::detail

// Parameters of functions and lambdas.
#include "validators/python/parser/levels.hpp"
#include "validators/python/parser/parser.hpp"

namespace sallyport::validators::python::detail {

struct Parser::ParameterLists {
  explicit ParameterLists(Parser& parser)
      : positional(parser.parameters_),
        defaults(parser.expressions_),
        keyword_defaults(parser.more_expressions_) {}

  // Positional, and after a star those by keyword: the latter begin at `first_keyword_only`.
  ListBuilder<ast::Arg*> positional;
  ListBuilder<ast::Expr*> defaults;
  ListBuilder<ast::Expr*> keyword_defaults;
  std::size_t positional_only = 0;
  std::size_t first_keyword_only = 0;
  ast::Arg* vararg = nullptr;
  ast::Arg* kwarg = nullptr;
  bool slash = false;
  bool star = false;
};

// NAME [':' annotation]; no annotations in a lambda
ast::Arg* Parser::parse_parameter_name(ParameterStyle style, bool star_annotation) {
  const Token* const start = source_.position();
  if (!source_.at(TokenKind::name)) {
    return nullptr;
  }
  source_.advance();
  ast::Expr* annotation = nullptr;
  if (style == ParameterStyle::def && source_.accept(TokenKind::colon)) {
    annotation = star_annotation && version_ >= Version::v3_11 ? parse_star_expression() : parse_expression();
    if (annotation == nullptr) {
      return nullptr;
    }
  }
  auto* const parameter = arena_.make<ast::Arg>(source_.since(start));
  parameter->arg = identifier(start);
  parameter->annotation = annotation;
  return parameter;
}

bool Parser::parse_slash(ParameterLists& lists) {
  if (lists.slash || lists.star || lists.positional.empty()) {
    return false;
  }
  source_.advance();
  lists.slash = true;
  lists.positional_only = lists.positional.size();
  return true;
}

// '*' NAME, or a lone '*' that a parameter must follow
bool Parser::parse_star_parameter(ParameterLists& lists, ParameterStyle style) {
  if (lists.star) {
    return false;
  }
  lists.star = true;
  lists.first_keyword_only = lists.positional.size();
  source_.advance();
  if (source_.at(TokenKind::comma)) {
    return source_.next_kind() == TokenKind::name;
  }
  lists.vararg = parse_parameter_name(style, true);
  return lists.vararg != nullptr;
}

// NAME ['=' default]
bool Parser::parse_parameter(ParameterLists& lists, ParameterStyle style) {
  auto* const parameter = parse_parameter_name(style, false);
  if (parameter == nullptr) {
    return false;
  }
  ast::Expr* default_value = nullptr;
  if (source_.accept(TokenKind::equal)) {
    const Depth depth(*this, levels_of_lambda_default);
    if (too_deep(levels_of_expression)) {
      return false;
    }
    default_value = parse_expression();
    if (default_value == nullptr) {
      return false;
    }
  }
  lists.positional.push(parameter);
  if (lists.star) {
    lists.keyword_defaults.push(default_value);
  } else if (default_value != nullptr) {
    lists.defaults.push(default_value);
  } else if (!lists.defaults.empty()) {
    return false;
  }
  return true;
}

// All parameters, up to the closing parenthesis or the colon of a lambda, which is not taken.
ast::Arguments* Parser::parse_parameters(ParameterStyle style) {
  const auto closing = style == ParameterStyle::def ? TokenKind::rpar : TokenKind::colon;
  const Token* const start = source_.position();
  ParameterLists lists(*this);
  while (!source_.at(closing)) {
    switch (source_.kind()) {
      case TokenKind::slash:
        if (!parse_slash(lists)) {
          return nullptr;
        }
        break;
      case TokenKind::star:
        if (!parse_star_parameter(lists, style)) {
          return nullptr;
        }
        break;
      case TokenKind::double_star:
        source_.advance();
        lists.kwarg = parse_parameter_name(style, false);
        if (lists.kwarg == nullptr) {
          return nullptr;
        }
        // Nothing but a comma may follow.
        source_.accept(TokenKind::comma);
        if (!source_.at(closing)) {
          return nullptr;
        }
        continue;
      default:
        if (!parse_parameter(lists, style)) {
          return nullptr;
        }
        break;
    }
    if (!source_.accept(TokenKind::comma) && !source_.at(closing)) {
      return nullptr;
    }
  }
  if (!lists.star) {
    lists.first_keyword_only = lists.positional.size();
  }
  auto* const arguments =
      arena_.make<ast::Arguments>(source_.position() == start ? source_.of(start) : source_.since(start));
  const auto all = lists.positional.finish(arena_);
  arguments->posonlyargs = all.subspan(0, lists.positional_only);
  arguments->args = all.subspan(lists.positional_only, lists.first_keyword_only - lists.positional_only);
  arguments->vararg = lists.vararg;
  arguments->kwonlyargs = all.subspan(lists.first_keyword_only);
  arguments->kw_defaults = lists.keyword_defaults.finish(arena_);
  arguments->kwarg = lists.kwarg;
  arguments->defaults = lists.defaults.finish(arena_);
  return arguments;
}

}  // namespace sallyport::validators::python::detail

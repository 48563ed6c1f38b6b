// Operators, by binding power: one loop in place of a function a level of precedence.
#include "validators/python/identifier.hpp"
#include "validators/python/number_literal.hpp"
#include "validators/python/parser/levels.hpp"
#include "validators/python/parser/parser.hpp"

#include <array>

namespace sallyport::validators::python::detail {

namespace {

struct BinaryOperator {
  Power power = power_none;
  ast::Operator op = ast::Operator::Add;
};

constexpr std::size_t kinds = 256;

constexpr auto binary_operators = [] {
  std::array<BinaryOperator, kinds> table{};
  const auto set = [&table](TokenKind kind, Power power, ast::Operator op = ast::Operator::Add) {
    table[static_cast<std::size_t>(kind)] = {power, op};
  };
  set(TokenKind::kw_or, power_or);
  set(TokenKind::kw_and, power_and);
  for (const auto kind :
       {TokenKind::eq_equal, TokenKind::not_equal, TokenKind::less, TokenKind::less_equal, TokenKind::greater,
        TokenKind::greater_equal, TokenKind::kw_in, TokenKind::kw_is, TokenKind::kw_not}) {
    set(kind, power_compare);
  }
  set(TokenKind::vbar, power_bit_or, ast::Operator::BitOr);
  set(TokenKind::circumflex, power_bit_xor, ast::Operator::BitXor);
  set(TokenKind::amper, power_bit_and, ast::Operator::BitAnd);
  set(TokenKind::left_shift, power_shift, ast::Operator::LShift);
  set(TokenKind::right_shift, power_shift, ast::Operator::RShift);
  set(TokenKind::plus, power_sum, ast::Operator::Add);
  set(TokenKind::minus, power_sum, ast::Operator::Sub);
  set(TokenKind::star, power_term, ast::Operator::Mult);
  set(TokenKind::slash, power_term, ast::Operator::Div);
  set(TokenKind::double_slash, power_term, ast::Operator::FloorDiv);
  set(TokenKind::percent, power_term, ast::Operator::Mod);
  set(TokenKind::at, power_term, ast::Operator::MatMult);
  return table;
}();

const BinaryOperator& binary_operator(TokenKind kind) {
  return binary_operators[static_cast<std::size_t>(kind)];
}

constexpr Power tighter(Power power) {
  return static_cast<Power>(power + 1);
}

ast::UnaryOperator unary_operator(TokenKind kind) {
  switch (kind) {
    case TokenKind::plus:
      return ast::UnaryOperator::UAdd;
    case TokenKind::minus:
      return ast::UnaryOperator::USub;
    case TokenKind::tilde:
      return ast::UnaryOperator::Invert;
    default:
      return ast::UnaryOperator::Not;
  }
}

bool is_prefix_operator(TokenKind kind) {
  return kind == TokenKind::minus || kind == TokenKind::plus || kind == TokenKind::tilde;
}

}  // namespace

std::string_view Parser::normalised_identifier(std::string_view spelled) {
  const auto name = normalised(spelled, arena_);
  // Characters that only look like letters can spell a constant, which CPython notices from 3.13 on.
  if (version_ >= Version::v3_13 && name.data() != spelled.data() &&
      (name == "None" || name == "True" || name == "False") && !error_) {
    SyntaxError error;
    error.type = ErrorType::value_error;
    error.message = "identifier field can't represent '" + std::string(name) + "' constant";
    error_ = std::move(error);
  }
  return name;
}

ast::Name* Parser::make_name(const Token* token, ast::Context context) {
  auto* const name = arena_.make<ast::Name>(source_.of(token));
  name->ctx = context;
  name->id = identifier(token);
  return name;
}

// expression: [disjunction 'if' disjunction 'else'] expression | lambda
ast::Expr* Parser::parse_expression() {
  const Token* const start = source_.position();
  if (source_.at(TokenKind::kw_lambda)) [[unlikely]] {
    return parse_conditional(start, nullptr);
  }
  auto* const expression = parse_binary(power_or);
  if (expression == nullptr || !source_.at(TokenKind::kw_if)) [[likely]] {
    return expression;
  }
  return parse_conditional(start, expression);
}

// What is open at the end of an expression (an `else`, the body of a lambda) takes another whole expression;
// so the chain is a loop, and its nodes are made from the last to the first.
ast::Expr* Parser::parse_conditional(const Token* start, ast::Expr* body) {
  ListBuilder<Pending> chain(pending_);
  Depth depth(*this, 0);
  for (;;) {
    if (body == nullptr && source_.at(TokenKind::kw_lambda)) {
      depth.add(levels_of_lambda);
      if (too_deep(levels_of_expression)) {
        return nullptr;
      }
      source_.advance();
      auto* const arguments = parse_parameters(ParameterStyle::lambda);
      if (arguments == nullptr || !source_.accept(TokenKind::colon)) {
        return nullptr;
      }
      chain.push({.start = start, .arguments = arguments});
    } else {
      if (body == nullptr) {
        body = parse_binary(power_or);
        if (body == nullptr) {
          return nullptr;
        }
      }
      if (!source_.accept(TokenKind::kw_if)) {
        break;
      }
      depth.add(levels_of_conditional);
      if (too_deep(levels_of_expression)) {
        return nullptr;
      }
      auto* const test = parse_binary(power_or);
      if (test == nullptr || !source_.accept(TokenKind::kw_else)) {
        return nullptr;
      }
      chain.push({.start = start, .left = body, .test = test});
      body = nullptr;
    }
    start = source_.position();
  }
  for (std::size_t i = chain.size(); i-- > 0;) {
    const Pending& pending = chain[i];
    const auto where = source_.since(pending.start);
    if (pending.arguments != nullptr) {
      auto* const lambda = arena_.make<ast::Lambda>(where);
      lambda->args = pending.arguments;
      lambda->body = body;
      body = lambda;
    } else {
      auto* const conditional = arena_.make<ast::IfExp>(where);
      conditional->test = pending.test;
      conditional->body = pending.left;
      conditional->orelse = body;
      body = conditional;
    }
  }
  return body;
}

// [NAME ':='] expression
ast::Expr* Parser::parse_named_expression() {
  if (!source_.at(TokenKind::name) || source_.next_kind() != TokenKind::colon_equal) {
    return parse_expression();
  }
  const Token* const start = source_.position();
  auto* const target = make_name(start, ast::Context::Store);
  source_.advance();
  source_.advance();
  auto* const value = parse_expression();
  if (value == nullptr) {
    return nullptr;
  }
  auto* const named = arena_.make<ast::NamedExpr>(source_.since(start));
  named->target = target;
  named->value = value;
  return named;
}

ast::Expr* Parser::parse_starred(Power power) {
  const Token* const start = source_.position();
  source_.advance();
  auto* const value = power == power_none ? parse_expression() : parse_binary(power);
  if (value == nullptr) {
    return nullptr;
  }
  auto* const starred = arena_.make<ast::Starred>(source_.since(start));
  starred->value = value;
  return starred;
}

ast::Expr* Parser::parse_star_expression() {
  return source_.at(TokenKind::star) ? parse_starred(power_bit_or) : parse_expression();
}

ast::Expr* Parser::parse_star_named_expression() {
  return source_.at(TokenKind::star) ? parse_starred(power_bit_or) : parse_named_expression();
}

namespace {

// What can come after the last comma of a tuple without parentheses: everything else begins an expression or
// is an error.
bool ends_tuple(TokenKind kind) {
  switch (kind) {
    case TokenKind::newline:
    case TokenKind::end_marker:
    case TokenKind::semi:
    case TokenKind::equal:
    case TokenKind::colon:
    case TokenKind::rpar:
    case TokenKind::rsqb:
    case TokenKind::rbrace:
    case TokenKind::exclamation:
    case TokenKind::kw_in:
    case TokenKind::plus_equal:
    case TokenKind::min_equal:
    case TokenKind::star_equal:
    case TokenKind::slash_equal:
    case TokenKind::percent_equal:
    case TokenKind::amper_equal:
    case TokenKind::vbar_equal:
    case TokenKind::circumflex_equal:
    case TokenKind::at_equal:
    case TokenKind::left_shift_equal:
    case TokenKind::right_shift_equal:
    case TokenKind::double_star_equal:
    case TokenKind::double_slash_equal:
      return true;
    default:
      return false;
  }
}

}  // namespace

ast::Expr* Parser::parse_star_expressions() {
  const Token* const start = source_.position();
  auto* const first = parse_star_expression();
  if (first == nullptr || !source_.at(TokenKind::comma)) {
    return first;
  }
  return parse_tuple_from(start, first, &Parser::parse_star_expression, ends_tuple);
}

ast::Expr* Parser::parse_yield() {
  const Token* const start = source_.position();
  source_.advance();
  if (source_.accept(TokenKind::kw_from)) {
    auto* const value = parse_expression();
    if (value == nullptr) {
      return nullptr;
    }
    auto* const yield = arena_.make<ast::YieldFrom>(source_.since(start));
    yield->value = value;
    return yield;
  }
  ast::Expr* value = nullptr;
  if (!ends_tuple(source_.kind())) {
    value = parse_star_expressions();
    if (value == nullptr) {
      return nullptr;
    }
  }
  auto* const yield = arena_.make<ast::Yield>(source_.since(start));
  yield->value = value;
  return yield;
}

ast::Expr* Parser::parse_yield_or_star_expressions() {
  return source_.at(TokenKind::kw_yield) ? parse_yield() : parse_star_expressions();
}

// Operators that bind at least as tightly as `minimum`.
ast::Expr* Parser::parse_binary(Power minimum) {
  const Token* const start = source_.position();
  ast::Expr* left = nullptr;
  if (source_.at(TokenKind::kw_not)) [[unlikely]] {
    if (minimum > power_not) {
      return nullptr;
    }
    left = parse_not();
  } else {
    left = parse_factor();
  }
  if (left == nullptr || binary_operator(source_.kind()).power < minimum) {
    return left;
  }
  return continue_binary(start, left, minimum);
}

ast::Expr* Parser::continue_binary(const Token* start, ast::Expr* left, Power minimum) {
  for (;;) {
    const auto [power, op] = binary_operator(source_.kind());
    if (power < minimum) {
      return left;
    }
    switch (power) {
      case power_or:
      case power_and:
        left = parse_bool(start, left, power);
        break;
      case power_compare:
        if (source_.at(TokenKind::kw_not) && source_.next_kind() != TokenKind::kw_in) {
          return left;
        }
        left = parse_comparison(start, left);
        break;
      default: {
        source_.advance();
        auto* const right = parse_operand_of(power);
        if (right == nullptr) {
          return nullptr;
        }
        auto* const binary = arena_.make<ast::BinOp>(source_.since(start));
        binary->op = op;
        binary->left = left;
        binary->right = right;
        left = binary;
      }
    }
    if (left == nullptr) {
      return nullptr;
    }
  }
}

// The right operand of an operator: what binds tighter than it.
ast::Expr* Parser::parse_operand_of(Power power) {
  const Token* const start = source_.position();
  auto* const operand = parse_factor();
  if (operand == nullptr || binary_operator(source_.kind()).power <= power) [[likely]] {
    return operand;
  }
  return continue_binary(start, operand, tighter(power));
}

// 'not'* comparison
ast::Expr* Parser::parse_not() {
  const Token* const first = source_.position();
  Depth depth(*this, 0);
  while (source_.accept(TokenKind::kw_not)) {
    depth.add(levels_of_not);
  }
  if (too_deep(levels_of_expression)) {
    return nullptr;
  }
  const Token* start = source_.position();
  auto* operand = parse_binary(power_compare);
  while (operand != nullptr && start != first) {
    --start;
    auto* const negated = arena_.make<ast::UnaryOp>(source_.since(start));
    negated->op = ast::UnaryOperator::Not;
    negated->operand = operand;
    operand = negated;
  }
  return operand;
}

// One node for `a or b or c`.
ast::Expr* Parser::parse_bool(const Token* start, ast::Expr* first, Power power) {
  const auto kind = power == power_or ? TokenKind::kw_or : TokenKind::kw_and;
  ListBuilder<ast::Expr*> values(expressions_);
  values.push(first);
  while (source_.accept(kind)) {
    auto* const value = parse_binary(tighter(power));
    if (value == nullptr) {
      return nullptr;
    }
    values.push(value);
  }
  auto* const all = arena_.make<ast::BoolOp>(source_.since(start));
  all->op = power == power_or ? ast::BoolOperator::Or : ast::BoolOperator::And;
  all->values = values.finish(arena_);
  return all;
}

// Takes a comparison operator; false if there is none.
bool Parser::parse_compare_operator(ast::CompareOperator& op) {
  switch (source_.kind()) {
    case TokenKind::eq_equal:
      op = ast::CompareOperator::Eq;
      break;
    case TokenKind::not_equal:
      // `<>` is this token too: how to write it after `from __future__ import barry_as_FLUFL`, from 3.13 on.
      if (const bool angles = source_.text_of(source_.position()) == "<>"; angles != barry_as_flufl_) {
        if (!angles) {
          fail("with Barry as BDFL, use '<>' instead of '!='", source_.position());
        }
        return false;
      }
      op = ast::CompareOperator::NotEq;
      break;
    case TokenKind::less:
      op = ast::CompareOperator::Lt;
      break;
    case TokenKind::less_equal:
      op = ast::CompareOperator::LtE;
      break;
    case TokenKind::greater:
      op = ast::CompareOperator::Gt;
      break;
    case TokenKind::greater_equal:
      op = ast::CompareOperator::GtE;
      break;
    case TokenKind::kw_in:
      op = ast::CompareOperator::In;
      break;
    case TokenKind::kw_not:
      if (source_.next_kind() != TokenKind::kw_in) {
        return false;
      }
      source_.advance();
      op = ast::CompareOperator::NotIn;
      break;
    case TokenKind::kw_is:
      op = ast::CompareOperator::Is;
      if (source_.next_kind() == TokenKind::kw_not) {
        source_.advance();
        op = ast::CompareOperator::IsNot;
      }
      break;
    default:
      return false;
  }
  source_.advance();
  return true;
}

ast::Expr* Parser::parse_comparison(const Token* start, ast::Expr* left) {
  ListBuilder<ast::CompareOperator> operators(compare_operators_);
  ListBuilder<ast::Expr*> comparators(expressions_);
  for (auto op = ast::CompareOperator::Eq; parse_compare_operator(op);) {
    auto* const comparator = parse_operand_of(power_compare);
    if (comparator == nullptr) {
      return nullptr;
    }
    operators.push(op);
    comparators.push(comparator);
  }
  if (operators.empty() || error_) {
    return nullptr;
  }
  auto* const compare = arena_.make<ast::Compare>(source_.since(start));
  compare->left = left;
  compare->ops = operators.finish(arena_);
  compare->comparators = comparators.finish(arena_);
  return compare;
}

// ('+' | '-' | '~')* await_primary ['**' factor]
ast::Expr* Parser::parse_factor() {
  const Token* const start = source_.position();
  if (is_prefix_operator(source_.kind())) [[unlikely]] {
    return parse_factor_chain(start, nullptr);
  }
  auto* const primary = source_.at(TokenKind::kw_await) ? parse_await_primary() : parse_primary();
  if (primary == nullptr || !source_.at(TokenKind::double_star)) [[likely]] {
    return primary;
  }
  return parse_factor_chain(start, primary);
}

// Prefix operators and `**`, which takes another factor: again a loop, folded from the end. `node` is what
// has been parsed before a first `**`, or null.
ast::Expr* Parser::parse_factor_chain(const Token* start, ast::Expr* node) {
  ListBuilder<Pending> chain(pending_);
  Depth depth(*this, 0);
  for (;; start = source_.position(), node = nullptr) {
    if (node == nullptr && is_prefix_operator(source_.kind())) {
      depth.add(levels_of_unary);
      if (too_deep(levels_of_expression)) {
        return nullptr;
      }
      source_.advance();
      chain.push({.start = start});
      continue;
    }
    if (node == nullptr) {
      node = source_.at(TokenKind::kw_await) ? parse_await_primary() : parse_primary();
    }
    if (node == nullptr) {
      return nullptr;
    }
    if (!source_.accept(TokenKind::double_star)) {
      break;
    }
    depth.add(levels_of_power);
    if (too_deep(levels_of_expression)) {
      return nullptr;
    }
    chain.push({.start = start, .left = node});
  }
  for (std::size_t i = chain.size(); i-- > 0;) {
    const Pending& pending = chain[i];
    const auto where = source_.since(pending.start);
    if (pending.left != nullptr) {
      auto* const power = arena_.make<ast::BinOp>(where);
      power->op = ast::Operator::Pow;
      power->left = pending.left;
      power->right = node;
      node = power;
    } else {
      auto* const unary = arena_.make<ast::UnaryOp>(where);
      unary->op = unary_operator(pending.start->kind);
      unary->operand = node;
      node = unary;
    }
  }
  return node;
}

ast::Expr* Parser::parse_await_primary() {
  const Token* const start = source_.position();
  source_.advance();
  auto* const value = parse_primary();
  if (value == nullptr) {
    return nullptr;
  }
  auto* const await = arena_.make<ast::Await>(source_.since(start));
  await->value = value;
  return await;
}

// atom ('.' NAME | '(' arguments ')' | '[' slices ']')*
ast::Expr* Parser::parse_primary() {
  const Token* const start = source_.position();
  ast::Expr* primary = nullptr;
  if (source_.at(TokenKind::name)) [[likely]] {
    primary = make_name(start, ast::Context::Load);
    source_.advance();
  } else {
    primary = parse_atom();
  }
  while (primary != nullptr) {
    switch (source_.kind()) {
      case TokenKind::dot: {
        if (source_.next_kind() != TokenKind::name) {
          return nullptr;
        }
        source_.advance();
        const auto name = identifier(source_.position());
        source_.advance();
        auto* const attribute = arena_.make<ast::Attribute>(source_.since(start));
        attribute->value = primary;
        attribute->attr = name;
        primary = attribute;
        break;
      }
      case TokenKind::lpar:
        primary = parse_call(start, primary);
        break;
      case TokenKind::lsqb:
        primary = parse_subscript(start, primary);
        break;
      default:
        return primary;
    }
  }
  return nullptr;
}

ast::Expr* Parser::parse_atom() {
  switch (source_.kind()) {
    case TokenKind::number:
      return parse_number();
    case TokenKind::string:
    case TokenKind::fstring_start:
    case TokenKind::tstring_start:
      return parse_strings();
    case TokenKind::lpar:
      return parse_parenthesised();
    case TokenKind::lsqb:
      return parse_list();
    case TokenKind::lbrace:
      return parse_braces();
    case TokenKind::kw_None:
      return parse_constant(ast::ConstantKind::None);
    case TokenKind::kw_True:
      return parse_constant(ast::ConstantKind::True);
    case TokenKind::kw_False:
      return parse_constant(ast::ConstantKind::False);
    case TokenKind::ellipsis:
      return parse_constant(ast::ConstantKind::Ellipsis);
    default:
      return nullptr;
  }
}

ast::Expr* Parser::parse_constant(ast::ConstantKind kind) {
  auto* const constant = arena_.make<ast::Constant>(source_.of(source_.position()));
  constant->value_kind = kind;
  source_.advance();
  return constant;
}

ast::Expr* Parser::parse_number() {
  const Token* const token = source_.position();
  const auto literal = source_.text_of(token);
  auto* const constant = arena_.make<ast::Constant>(source_.of(token));
  constant->value = literal;
  switch (kind_of_number(literal)) {
    case NumberKind::integer:
      constant->value_kind = ast::ConstantKind::Int;
      break;
    case NumberKind::floating:
      constant->value_kind = ast::ConstantKind::Float;
      break;
    case NumberKind::imaginary:
      constant->value_kind = ast::ConstantKind::Complex;
      break;
  }
  source_.advance();
  constexpr std::size_t certainly_within_limits = 512;
  if (literal.size() > certainly_within_limits && constant->value_kind == ast::ConstantKind::Int) {
    if (auto message = check_digit_limit(literal, version_)) {
      // CPython leaves the columns out, so as not to underline thousands of digits.
      SyntaxError error;
      error.message = std::move(*message);
      error.line = constant->location.line;
      if (version_ >= Version::v3_10) {
        error.end_line = constant->location.end_line;
      }
      error_ = std::move(error);
      return nullptr;
    }
  }
  return constant;
}

}  // namespace sallyport::validators::python::detail

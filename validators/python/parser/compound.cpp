// Statements with blocks.
#include "validators/python/parser/levels.hpp"
#include "validators/python/parser/parser.hpp"

namespace sallyport::validators::python::detail {
namespace {

bool is_colon(TokenKind kind) {
  return kind == TokenKind::colon;
}

}  // namespace

// A line of simple statements, or an indented block.
bool Parser::parse_block(ast::Sequence<ast::Stmt*>& body) {
  const Depth depth(*this, levels_of_block);
  ListBuilder<ast::Stmt*> statements(statements_);
  if (source_.accept(TokenKind::newline)) {
    if (!source_.accept(TokenKind::indent)) {
      return false;
    }
    do {
      if (!parse_statement()) {
        return false;
      }
    } while (!source_.accept(TokenKind::dedent));
  } else if (!parse_simple_statements()) {
    return false;
  }
  body = statements.finish(arena_);
  return true;
}

bool Parser::parse_colon_and_block(ast::Sequence<ast::Stmt*>& body) {
  return source_.accept(TokenKind::colon) && parse_block(body);
}

// ['else' ':' block]
bool Parser::parse_else(ast::Sequence<ast::Stmt*>& body) {
  return !source_.accept(TokenKind::kw_else) || parse_colon_and_block(body);
}

// A chain of `elif` is a loop here, though each is an If within the one before.
ast::Stmt* Parser::parse_if() {
  struct Branch {
    const Token* start;
    ast::Expr* test;
    ast::Sequence<ast::Stmt*> body;
  };
  std::vector<Branch> chain;
  Depth depth(*this, 0);
  Branch branch{};
  for (;;) {
    branch = {source_.position(), nullptr, {}};
    source_.advance();
    branch.test = parse_named_expression();
    if (branch.test == nullptr || !parse_colon_and_block(branch.body)) {
      return nullptr;
    }
    if (!source_.at(TokenKind::kw_elif)) {
      break;
    }
    depth.add(levels_of_elif);
    if (too_deep(levels_of_branch)) {
      return nullptr;
    }
    chain.push_back(branch);
  }
  ast::Sequence<ast::Stmt*> orelse;
  if (!parse_else(orelse)) {
    return nullptr;
  }
  for (;;) {
    auto* const statement = arena_.make<ast::If>(compound_since(branch.start));
    statement->test = branch.test;
    statement->body = branch.body;
    statement->orelse = orelse;
    if (chain.empty()) {
      return statement;
    }
    orelse = arena_.copy(ast::Sequence<ast::Stmt*>(std::initializer_list<ast::Stmt*>{statement}));
    branch = chain.back();
    chain.pop_back();
  }
}

ast::Stmt* Parser::parse_while() {
  const Token* const start = source_.position();
  source_.advance();
  auto* const test = parse_named_expression();
  ast::Sequence<ast::Stmt*> body;
  ast::Sequence<ast::Stmt*> orelse;
  if (test == nullptr || !parse_colon_and_block(body) || !parse_else(orelse)) {
    return nullptr;
  }
  auto* const statement = arena_.make<ast::While>(compound_since(start));
  statement->test = test;
  statement->body = body;
  statement->orelse = orelse;
  return statement;
}

// `start` is the first token, which may be `async`; the parser is at `for`.
template <class Statement>
ast::Stmt* Parser::parse_for(const Token* start) {
  source_.advance();
  auto* const target = parse_star_targets();
  if (target == nullptr || !source_.accept(TokenKind::kw_in)) {
    return nullptr;
  }
  auto* const iterated = parse_star_expressions();
  ast::Sequence<ast::Stmt*> body;
  ast::Sequence<ast::Stmt*> orelse;
  if (iterated == nullptr || !parse_colon_and_block(body) || !parse_else(orelse)) {
    return nullptr;
  }
  auto* const statement = arena_.make<Statement>(compound_since(start));
  statement->target = target;
  statement->iter = iterated;
  statement->body = body;
  statement->orelse = orelse;
  return statement;
}

// Whether the parenthesis that opens here is followed by a colon: only then can it be the one around the
// items.
bool Parser::parenthesis_ends_before_colon() const {
  std::size_t open = 0;
  for (const Token* token = source_.position();; ++token) {
    switch (token->kind) {
      case TokenKind::lpar:
      case TokenKind::lsqb:
      case TokenKind::lbrace:
        ++open;
        break;
      case TokenKind::rpar:
      case TokenKind::rsqb:
      case TokenKind::rbrace:
        if (--open == 0) {
          return token[1].kind == TokenKind::colon;
        }
        break;
      case TokenKind::newline:
      case TokenKind::end_marker:
      case TokenKind::error:
        return false;
      default:
        break;
    }
  }
}

template <class Statement>
ast::Stmt* Parser::parse_with(const Token* start) {
  source_.advance();
  const Token* const first = source_.position();
  ListBuilder<ast::WithItem*> items(with_items_);
  bool parsed = false;
  if (source_.at(TokenKind::lpar) && parenthesis_ends_before_colon()) {
    const auto warnings = warnings_.size();
    source_.advance();
    parsed = parse_with_items(items, true);
    if (!parsed) {
      if (error_) {
        return nullptr;
      }
      // The parentheses belong to an expression. This is tried once a statement, and statements do not nest
      // in it.
      source_.rewind(first);
      warnings_.resize(warnings);
      while (!items.empty()) {
        items.pop();
      }
    }
  }
  if (!parsed && !parse_with_items(items, false)) {
    return nullptr;
  }
  ast::Sequence<ast::Stmt*> body;
  if (!parse_colon_and_block(body)) {
    return nullptr;
  }
  auto* const statement = arena_.make<Statement>(compound_since(start));
  statement->items = items.finish(arena_);
  statement->body = body;
  return statement;
}

// Items up to the colon, which is not taken. (expression ['as' target]) (',' ...)*, and in parentheses a last
// comma
bool Parser::parse_with_items(ListBuilder<ast::WithItem*>& items, bool parenthesised) {
  do {
    if (parenthesised && !items.empty() && source_.at(TokenKind::rpar)) {
      break;
    }
    const Token* const start = source_.position();
    auto* const context = parse_expression();
    if (context == nullptr) {
      return false;
    }
    ast::Expr* target = nullptr;
    if (source_.accept(TokenKind::kw_as)) {
      target = parse_star_target();
      if (target == nullptr) {
        return false;
      }
    }
    auto* const item = arena_.make<ast::WithItem>(source_.since(start));
    item->context_expr = context;
    item->optional_vars = target;
    items.push(item);
  } while (source_.accept(TokenKind::comma));
  if (parenthesised && !source_.accept(TokenKind::rpar)) {
    return false;
  }
  return source_.at(TokenKind::colon);
}

ast::Stmt* Parser::parse_try() {
  const Token* const start = source_.position();
  source_.advance();
  ast::Sequence<ast::Stmt*> body;
  if (!parse_colon_and_block(body)) {
    return nullptr;
  }
  ListBuilder<ast::ExceptHandler*> handlers(handlers_);
  bool stars = false;
  while (source_.at(TokenKind::kw_except)) {
    bool star = false;
    auto* const handler = parse_handler(star);
    if (handler == nullptr || (!handlers.empty() && star != stars)) {
      return nullptr;
    }
    stars = star;
    handlers.push(handler);
  }
  ast::Sequence<ast::Stmt*> orelse;
  ast::Sequence<ast::Stmt*> finalbody;
  if (!handlers.empty() && !parse_else(orelse)) {
    return nullptr;
  }
  if (source_.accept(TokenKind::kw_finally)) {
    if (!parse_colon_and_block(finalbody)) {
      return nullptr;
    }
  } else if (handlers.empty()) {
    return nullptr;
  }
  const auto where = compound_since(start);
  ast::Try* const statement = stars ? arena_.make<ast::TryStar>(where) : arena_.make<ast::Try>(where);
  statement->body = body;
  statement->handlers = handlers.finish(arena_);
  statement->orelse = orelse;
  statement->finalbody = finalbody;
  return statement;
}

// 'except' ['*'] [expression ['as' NAME]] ':' block; from 3.14 several expressions without parentheses
ast::ExceptHandler* Parser::parse_handler(bool& is_star) {
  const Token* const start = source_.position();
  source_.advance();
  is_star = version_ >= Version::v3_11 && source_.accept(TokenKind::star);
  ast::Expr* type = nullptr;
  std::string_view name;
  if (is_star || !source_.at(TokenKind::colon)) {
    const Token* const first = source_.position();
    type = parse_expression();
    if (type == nullptr) {
      return nullptr;
    }
    if (source_.accept(TokenKind::kw_as)) {
      if (!source_.at(TokenKind::name)) {
        return nullptr;
      }
      name = identifier(source_.position());
      source_.advance();
    } else if (source_.at(TokenKind::comma) && version_ >= Version::v3_14) {
      type = parse_tuple_from(first, type, &Parser::parse_expression, is_colon);
      if (type == nullptr) {
        return nullptr;
      }
    }
  }
  ast::Sequence<ast::Stmt*> body;
  if (!parse_colon_and_block(body)) {
    return nullptr;
  }
  auto* const handler = arena_.make<ast::ExceptHandler>(compound_since(start));
  handler->type = type;
  handler->name = name;
  handler->body = body;
  return handler;
}

// ('@' named_expression NEWLINE)+ and what is decorated
ast::Stmt* Parser::parse_decorated() {
  ListBuilder<ast::Expr*> decorators(expressions_);
  while (source_.accept(TokenKind::at)) {
    auto* const decorator = parse_named_expression();
    if (decorator == nullptr || !source_.accept(TokenKind::newline)) {
      return nullptr;
    }
    decorators.push(decorator);
  }
  const auto all = decorators.finish(arena_);
  const Token* const start = source_.position();
  switch (source_.kind()) {
    case TokenKind::kw_def:
      return parse_function<ast::FunctionDef>(start, all);
    case TokenKind::kw_class:
      return parse_class(start, all);
    case TokenKind::kw_async:
      return source_.next_kind() == TokenKind::kw_def ? parse_async(all) : nullptr;
    default:
      return nullptr;
  }
}

ast::Stmt* Parser::parse_async(ast::Sequence<ast::Expr*> decorators) {
  const Token* const start = source_.position();
  source_.advance();
  switch (source_.kind()) {
    case TokenKind::kw_def:
      return parse_function<ast::AsyncFunctionDef>(start, decorators);
    case TokenKind::kw_for:
      return parse_for<ast::AsyncFor>(start);
    case TokenKind::kw_with:
      return parse_with<ast::AsyncWith>(start);
    default:
      return nullptr;
  }
}

// `start` is the first token, which may be `async`; the parser is at `def`.
template <class Statement>
ast::Stmt* Parser::parse_function(const Token* start, ast::Sequence<ast::Expr*> decorators) {
  source_.advance();
  if (!source_.at(TokenKind::name)) {
    return nullptr;
  }
  const auto name = identifier(source_.position());
  source_.advance();
  ast::Sequence<ast::TypeParameter*> type_parameters;
  if (!parse_type_parameters(type_parameters) || !source_.accept(TokenKind::lpar)) {
    return nullptr;
  }
  auto* const parameters = parse_parameters(ParameterStyle::def);
  if (parameters == nullptr || !source_.accept(TokenKind::rpar)) {
    return nullptr;
  }
  ast::Expr* returns = nullptr;
  if (source_.accept(TokenKind::rarrow)) {
    returns = parse_expression();
    if (returns == nullptr) {
      return nullptr;
    }
  }
  ast::Sequence<ast::Stmt*> body;
  if (!parse_colon_and_block(body)) {
    return nullptr;
  }
  auto* const function = arena_.make<Statement>(compound_since(start));
  function->name = name;
  function->args = parameters;
  function->body = body;
  function->decorator_list = decorators;
  function->returns = returns;
  function->type_params = type_parameters;
  return function;
}

ast::Stmt* Parser::parse_class(const Token* start, ast::Sequence<ast::Expr*> decorators) {
  source_.advance();
  if (!source_.at(TokenKind::name)) {
    return nullptr;
  }
  const auto name = identifier(source_.position());
  source_.advance();
  ast::Sequence<ast::TypeParameter*> type_parameters;
  if (!parse_type_parameters(type_parameters)) {
    return nullptr;
  }
  CallArguments arguments;
  if (source_.at(TokenKind::lpar) && !parse_call_arguments(arguments, false)) {
    return nullptr;
  }
  ast::Sequence<ast::Stmt*> body;
  if (!parse_colon_and_block(body)) {
    return nullptr;
  }
  auto* const statement = arena_.make<ast::ClassDef>(compound_since(start));
  statement->name = name;
  statement->bases = arguments.positional;
  statement->keywords = arguments.keywords;
  statement->body = body;
  statement->decorator_list = decorators;
  statement->type_params = type_parameters;
  return statement;
}

// ['[' type_param (',' type_param)* [','] ']'], from 3.12
bool Parser::parse_type_parameters(ast::Sequence<ast::TypeParameter*>& parameters) {
  if (!source_.at(TokenKind::lsqb)) {
    return true;
  }
  if (version_ < Version::v3_12) {
    return false;
  }
  source_.advance();
  ListBuilder<ast::TypeParameter*> all(type_parameters_);
  do {
    if (!all.empty() && source_.at(TokenKind::rsqb)) {
      break;
    }
    auto* const parameter = parse_type_parameter();
    if (parameter == nullptr) {
      return false;
    }
    all.push(parameter);
  } while (source_.accept(TokenKind::comma));
  parameters = all.finish(arena_);
  return source_.accept(TokenKind::rsqb);
}

// (NAME [':' expression] | '*' NAME | '**' NAME) ['=' default], the default from 3.13
ast::TypeParameter* Parser::parse_type_parameter() {
  const Token* const start = source_.position();
  const auto kind = source_.kind();
  if (kind == TokenKind::star || kind == TokenKind::double_star) {
    source_.advance();
  }
  if (!source_.at(TokenKind::name)) {
    return nullptr;
  }
  const auto name = identifier(source_.position());
  source_.advance();
  ast::Expr* bound = nullptr;
  if (kind == TokenKind::name && source_.accept(TokenKind::colon)) {
    bound = parse_expression();
    if (bound == nullptr) {
      return nullptr;
    }
  }
  ast::Expr* default_value = nullptr;
  if (source_.at(TokenKind::equal) && version_ >= Version::v3_13) {
    source_.advance();
    default_value = kind == TokenKind::star ? parse_star_expression() : parse_expression();
    if (default_value == nullptr) {
      return nullptr;
    }
  }
  const auto where = source_.since(start);
  if (kind == TokenKind::star) {
    auto* const tuple = arena_.make<ast::TypeVarTuple>(where);
    tuple->name = name;
    tuple->default_value = default_value;
    return tuple;
  }
  if (kind == TokenKind::double_star) {
    auto* const specification = arena_.make<ast::ParamSpec>(where);
    specification->name = name;
    specification->default_value = default_value;
    return specification;
  }
  auto* const variable = arena_.make<ast::TypeVar>(where);
  variable->name = name;
  variable->bound = bound;
  variable->default_value = default_value;
  return variable;
}

// Whether the name here is the keyword `match`: its line ends in a colon, and an indented `case` follows. No
// simple statement is followed by an indent, so there is nothing to take back.
bool Parser::at_match_statement() const {
  const Token* token = source_.position();
  if (version_ < Version::v3_10 || source_.text_of(token) != "match") {
    return false;
  }
  switch (source_.next_kind()) {
    case TokenKind::equal:
    case TokenKind::dot:
    case TokenKind::comma:
    case TokenKind::newline:
    case TokenKind::colon:
      return false;
    default:
      break;
  }
  while (token->kind != TokenKind::newline) {
    if (token->kind == TokenKind::end_marker || token->kind == TokenKind::error) {
      return false;
    }
    ++token;
  }
  return token[-1].kind == TokenKind::colon && token[1].kind == TokenKind::indent;
}

// 'match' subject ':' NEWLINE INDENT case+ DEDENT
ast::Stmt* Parser::parse_match() {
  const Token* const start = source_.position();
  source_.advance();
  const Token* const first = source_.position();
  auto* subject = parse_star_named_expression();
  if (subject == nullptr) {
    return nullptr;
  }
  if (source_.at(TokenKind::comma)) {
    subject = parse_tuple_from(first, subject, &Parser::parse_star_named_expression, is_colon);
    if (subject == nullptr) {
      return nullptr;
    }
  } else if (subject->kind == ast::NodeKind::Starred) {
    return nullptr;
  }
  if (!source_.accept(TokenKind::colon) || !source_.accept(TokenKind::newline) ||
      !source_.accept(TokenKind::indent)) {
    return nullptr;
  }
  const Depth depth(*this, levels_of_block);
  ListBuilder<ast::MatchCase*> cases(cases_);
  do {
    auto* const one = parse_case();
    if (one == nullptr) {
      return nullptr;
    }
    cases.push(one);
  } while (!source_.accept(TokenKind::dedent));
  auto* const statement = arena_.make<ast::Match>(compound_since(start));
  statement->subject = subject;
  statement->cases = cases.finish(arena_);
  return statement;
}

// 'case' patterns ['if' named_expression] ':' block
ast::MatchCase* Parser::parse_case() {
  const Token* const start = source_.position();
  if (!source_.at(TokenKind::name) || source_.text_of(start) != "case") {
    return nullptr;
  }
  source_.advance();
  auto* const pattern = parse_patterns();
  if (pattern == nullptr) {
    return nullptr;
  }
  ast::Expr* guard = nullptr;
  if (source_.accept(TokenKind::kw_if)) {
    guard = parse_named_expression();
    if (guard == nullptr) {
      return nullptr;
    }
  }
  ast::Sequence<ast::Stmt*> body;
  if (!parse_colon_and_block(body)) {
    return nullptr;
  }
  auto* const one = arena_.make<ast::MatchCase>(compound_since(start));
  one->pattern = pattern;
  one->guard = guard;
  one->body = body;
  return one;
}

// The one translation unit that sees the definitions makes those that statement.cpp calls.
template ast::Stmt* Parser::parse_for<ast::For>(const Token* start);
template ast::Stmt* Parser::parse_with<ast::With>(const Token* start);
template ast::Stmt* Parser::parse_function<ast::FunctionDef>(const Token* start,
                                                             ast::Sequence<ast::Expr*> decorators);

}  // namespace sallyport::validators::python::detail

// Simple statements, and which statement it is.
#include "validators/python/parser/parser.hpp"

namespace sallyport::validators::python::detail {

namespace {

// The operator of an augmented assignment; false if it is none.
bool augmented_operator(TokenKind kind, ast::Operator& op) {
  switch (kind) {
    case TokenKind::plus_equal:
      op = ast::Operator::Add;
      return true;
    case TokenKind::min_equal:
      op = ast::Operator::Sub;
      return true;
    case TokenKind::star_equal:
      op = ast::Operator::Mult;
      return true;
    case TokenKind::at_equal:
      op = ast::Operator::MatMult;
      return true;
    case TokenKind::slash_equal:
      op = ast::Operator::Div;
      return true;
    case TokenKind::percent_equal:
      op = ast::Operator::Mod;
      return true;
    case TokenKind::amper_equal:
      op = ast::Operator::BitAnd;
      return true;
    case TokenKind::vbar_equal:
      op = ast::Operator::BitOr;
      return true;
    case TokenKind::circumflex_equal:
      op = ast::Operator::BitXor;
      return true;
    case TokenKind::left_shift_equal:
      op = ast::Operator::LShift;
      return true;
    case TokenKind::right_shift_equal:
      op = ast::Operator::RShift;
      return true;
    case TokenKind::double_star_equal:
      op = ast::Operator::Pow;
      return true;
    case TokenKind::double_slash_equal:
      op = ast::Operator::FloorDiv;
      return true;
    default:
      return false;
  }
}

}  // namespace

// One compound statement, or a line of simple ones; pushes them.
bool Parser::parse_statement() {
  const Token* const start = source_.position();
  ast::Stmt* statement = nullptr;
  switch (source_.kind()) {
    case TokenKind::kw_if:
      statement = parse_if();
      break;
    case TokenKind::kw_while:
      statement = parse_while();
      break;
    case TokenKind::kw_for:
      statement = parse_for<ast::For>(start);
      break;
    case TokenKind::kw_with:
      statement = parse_with<ast::With>(start);
      break;
    case TokenKind::kw_try:
      statement = parse_try();
      break;
    case TokenKind::kw_def:
      statement = parse_function<ast::FunctionDef>(start, {});
      break;
    case TokenKind::kw_class:
      statement = parse_class(start, {});
      break;
    case TokenKind::kw_async:
      statement = parse_async({});
      break;
    case TokenKind::at:
      statement = parse_decorated();
      break;
    case TokenKind::name:
      if (!at_match_statement()) {
        return parse_simple_statements();
      }
      statement = parse_match();
      break;
    default:
      return parse_simple_statements();
  }
  if (statement == nullptr) {
    return false;
  }
  statements_.push_back(statement);
  return true;
}

// simple_statement (';' simple_statement)* [';'] NEWLINE
bool Parser::parse_simple_statements() {
  do {
    auto* const statement = parse_simple_statement();
    if (statement == nullptr) {
      return false;
    }
    statements_.push_back(statement);
  } while (source_.accept(TokenKind::semi) && !source_.at(TokenKind::newline));
  line_end_ = source_.position();
  return source_.accept(TokenKind::newline);
}

ast::Stmt* Parser::parse_simple_statement() {
  switch (source_.kind()) {
    case TokenKind::kw_return:
      return parse_return();
    case TokenKind::kw_import:
      return parse_import();
    case TokenKind::kw_from:
      return parse_import_from();
    case TokenKind::kw_raise:
      return parse_raise();
    case TokenKind::kw_del:
      return parse_delete();
    case TokenKind::kw_assert:
      return parse_assert();
    case TokenKind::kw_pass:
      return parse_word<ast::Pass>();
    case TokenKind::kw_break:
      return parse_word<ast::Break>();
    case TokenKind::kw_continue:
      return parse_word<ast::Continue>();
    case TokenKind::kw_global:
      return parse_names_statement<ast::Global>();
    case TokenKind::kw_nonlocal:
      return parse_names_statement<ast::Nonlocal>();
    case TokenKind::name:
      // `type` is a keyword only where a name follows it.
      if (source_.next_kind() == TokenKind::name && version_ >= Version::v3_12 &&
          source_.text_of(source_.position()) == "type") {
        return parse_type_alias();
      }
      return parse_expression_statement();
    default:
      return parse_expression_statement();
  }
}

// Whatever begins with an expression: an assignment of any kind, or the expression itself.
ast::Stmt* Parser::parse_expression_statement() {
  const Token* const start = source_.position();
  auto* const first = parse_yield_or_star_expressions();
  if (first == nullptr) {
    return nullptr;
  }
  switch (source_.kind()) {
    case TokenKind::newline:
    case TokenKind::semi:
      break;
    case TokenKind::equal:
      return parse_assignment(start, first);
    case TokenKind::colon:
      return parse_annotated_assignment(start, first);
    default:
      if (auto op = ast::Operator::Add; augmented_operator(source_.kind(), op)) {
        return parse_augmented_assignment(start, first, op);
      }
      return nullptr;
  }
  auto* const statement = arena_.make<ast::ExprStmt>(source_.since(start));
  statement->value = first;
  return statement;
}

// (targets '=')+ value, from the first '='
ast::Stmt* Parser::parse_assignment(const Token* start, ast::Expr* first) {
  ListBuilder<ast::Expr*> targets(expressions_);
  auto* value = first;
  while (source_.accept(TokenKind::equal)) {
    if (!to_target(value, ast::Context::Store)) {
      return nullptr;
    }
    targets.push(value);
    value = parse_yield_or_star_expressions();
    if (value == nullptr) {
      return nullptr;
    }
  }
  auto* const assignment = arena_.make<ast::Assign>(source_.since(start));
  assignment->targets = targets.finish(arena_);
  assignment->value = value;
  return assignment;
}

ast::Stmt* Parser::parse_augmented_assignment(const Token* start, ast::Expr* target, ast::Operator op) {
  if (!is_single_target(target)) {
    return nullptr;
  }
  set_context(target, ast::Context::Store);
  source_.advance();
  auto* const value = parse_yield_or_star_expressions();
  if (value == nullptr) {
    return nullptr;
  }
  auto* const assignment = arena_.make<ast::AugAssign>(source_.since(start));
  assignment->op = op;
  assignment->target = target;
  assignment->value = value;
  return assignment;
}

ast::Stmt* Parser::parse_annotated_assignment(const Token* start, ast::Expr* target) {
  if (!is_single_target(target)) {
    return nullptr;
  }
  set_context(target, ast::Context::Store);
  source_.advance();
  auto* const annotation = parse_expression();
  if (annotation == nullptr) {
    return nullptr;
  }
  ast::Expr* value = nullptr;
  if (source_.accept(TokenKind::equal)) {
    value = parse_yield_or_star_expressions();
    if (value == nullptr) {
      return nullptr;
    }
  }
  auto* const assignment = arena_.make<ast::AnnAssign>(source_.since(start));
  assignment->simple = start->kind == TokenKind::name && target->kind == ast::NodeKind::Name;
  assignment->target = target;
  assignment->annotation = annotation;
  assignment->value = value;
  return assignment;
}

ast::Stmt* Parser::parse_return() {
  const Token* const start = source_.position();
  source_.advance();
  ast::Expr* value = nullptr;
  if (!source_.at(TokenKind::newline) && !source_.at(TokenKind::semi)) {
    value = parse_star_expressions();
    if (value == nullptr) {
      return nullptr;
    }
  }
  auto* const statement = arena_.make<ast::Return>(source_.since(start));
  statement->value = value;
  return statement;
}

// 'raise' [expression ['from' expression]]
ast::Stmt* Parser::parse_raise() {
  const Token* const start = source_.position();
  source_.advance();
  ast::Expr* exception = nullptr;
  ast::Expr* cause = nullptr;
  if (!source_.at(TokenKind::newline) && !source_.at(TokenKind::semi)) {
    exception = parse_expression();
    if (exception == nullptr) {
      return nullptr;
    }
    if (source_.accept(TokenKind::kw_from)) {
      cause = parse_expression();
      if (cause == nullptr) {
        return nullptr;
      }
    }
  }
  auto* const statement = arena_.make<ast::Raise>(source_.since(start));
  statement->exc = exception;
  statement->cause = cause;
  return statement;
}

ast::Stmt* Parser::parse_delete() {
  const Token* const start = source_.position();
  source_.advance();
  ListBuilder<ast::Expr*> targets(expressions_);
  do {
    auto* const target = parse_primary();
    if (target == nullptr || !to_target(target, ast::Context::Del)) {
      return nullptr;
    }
    targets.push(target);
  } while (source_.accept(TokenKind::comma) && !source_.at(TokenKind::newline) &&
           !source_.at(TokenKind::semi));
  auto* const statement = arena_.make<ast::Delete>(source_.since(start));
  statement->targets = targets.finish(arena_);
  return statement;
}

ast::Stmt* Parser::parse_assert() {
  const Token* const start = source_.position();
  source_.advance();
  auto* const test = parse_expression();
  if (test == nullptr) {
    return nullptr;
  }
  ast::Expr* message = nullptr;
  if (source_.accept(TokenKind::comma)) {
    message = parse_expression();
    if (message == nullptr) {
      return nullptr;
    }
  }
  auto* const statement = arena_.make<ast::Assert>(source_.since(start));
  statement->test = test;
  statement->msg = message;
  return statement;
}

template <class Statement>
ast::Stmt* Parser::parse_word() {
  auto* const statement = arena_.make<Statement>(source_.of(source_.position()));
  source_.advance();
  return statement;
}

// `global` and `nonlocal`
template <class Statement>
ast::Stmt* Parser::parse_names_statement() {
  const Token* const start = source_.position();
  source_.advance();
  ListBuilder<ast::Identifier> names(identifiers_);
  do {
    if (!source_.at(TokenKind::name)) {
      return nullptr;
    }
    names.push(identifier(source_.position()));
    source_.advance();
  } while (source_.accept(TokenKind::comma));
  auto* const statement = arena_.make<Statement>(source_.since(start));
  statement->names = names.finish(arena_);
  return statement;
}

// NAME ('.' NAME)*, as one text without the spaces that may stand between
std::optional<std::string_view> Parser::parse_dotted_name() {
  const Token* const first = source_.position();
  if (!source_.accept(TokenKind::name)) {
    return std::nullopt;
  }
  bool as_written = ascii_;
  while (source_.at(TokenKind::dot)) {
    if (source_.next_kind() != TokenKind::name) {
      return std::nullopt;
    }
    const Token* const dot = source_.position();
    as_written = as_written && dot[-1].end == dot->begin && dot->end == dot[1].begin;
    source_.advance();
    source_.advance();
  }
  const Token* const last = source_.previous();
  if (first == last) {
    return identifier(first);
  }
  if (as_written) {
    return source_.text().substr(first->begin, last->end - first->begin);
  }
  std::string name;
  for (const Token* token = first; token <= last; ++token) {
    name += token->kind == TokenKind::dot ? std::string_view(".") : identifier(token);
  }
  return arena_.copy(std::string_view(name));
}

// 'import' dotted_name ['as' NAME] (',' ...)*
ast::Stmt* Parser::parse_import() {
  const Token* const start = source_.position();
  source_.advance();
  ListBuilder<ast::Alias*> names(aliases_);
  do {
    const Token* const begin = source_.position();
    const auto name = parse_dotted_name();
    if (!name) {
      return nullptr;
    }
    std::string_view as_name;
    if (source_.accept(TokenKind::kw_as)) {
      if (!source_.at(TokenKind::name)) {
        return nullptr;
      }
      as_name = identifier(source_.position());
      source_.advance();
    }
    auto* const alias = arena_.make<ast::Alias>(source_.since(begin));
    alias->name = *name;
    alias->asname = as_name;
    names.push(alias);
  } while (source_.accept(TokenKind::comma));
  auto* const statement = arena_.make<ast::Import>(source_.since(start));
  statement->names = names.finish(arena_);
  return statement;
}

// 'from' ('.' | '...')* [dotted_name] 'import' ('*' | names | '(' names [','] ')')
ast::Stmt* Parser::parse_import_from() {
  const Token* const start = source_.position();
  source_.advance();
  constexpr std::uint32_t dots_of_ellipsis = 3;
  std::uint32_t level = 0;
  for (;;) {
    if (source_.accept(TokenKind::dot)) {
      ++level;
    } else if (source_.accept(TokenKind::ellipsis)) {
      level += dots_of_ellipsis;
    } else {
      break;
    }
  }
  std::string_view module;
  if (level == 0 || !source_.at(TokenKind::kw_import)) {
    const auto name = parse_dotted_name();
    if (!name) {
      return nullptr;
    }
    module = *name;
  }
  if (!source_.accept(TokenKind::kw_import)) {
    return nullptr;
  }
  ListBuilder<ast::Alias*> names(aliases_);
  if (!parse_import_names(names)) {
    return nullptr;
  }
  if (version_ >= Version::v3_13 && level == 0 && module == "__future__") {
    for (std::size_t i = 0; i < names.size(); ++i) {
      barry_as_flufl_ |= names[i]->name == "barry_as_FLUFL";
    }
  }
  auto* const statement = arena_.make<ast::ImportFrom>(source_.since(start));
  statement->level = level;
  statement->module = module;
  statement->names = names.finish(arena_);
  return statement;
}

bool Parser::parse_import_names(ListBuilder<ast::Alias*>& names) {
  if (source_.at(TokenKind::star)) {
    auto* const all = arena_.make<ast::Alias>(source_.of(source_.position()));
    all->name = "*";
    source_.advance();
    names.push(all);
    return true;
  }
  const bool parenthesised = source_.accept(TokenKind::lpar);
  do {
    if (parenthesised && !names.empty() && source_.at(TokenKind::rpar)) {
      break;
    }
    auto* const alias = parse_import_name();
    if (alias == nullptr) {
      return false;
    }
    names.push(alias);
  } while (source_.accept(TokenKind::comma));
  return !parenthesised || source_.accept(TokenKind::rpar);
}

// NAME ['as' NAME]
ast::Alias* Parser::parse_import_name() {
  const Token* const start = source_.position();
  if (!source_.accept(TokenKind::name)) {
    return nullptr;
  }
  std::string_view as_name;
  if (source_.accept(TokenKind::kw_as)) {
    if (!source_.at(TokenKind::name)) {
      return nullptr;
    }
    as_name = identifier(source_.position());
    source_.advance();
  }
  auto* const alias = arena_.make<ast::Alias>(source_.since(start));
  alias->name = identifier(start);
  alias->asname = as_name;
  return alias;
}

// 'type' NAME [type_params] '=' expression
ast::Stmt* Parser::parse_type_alias() {
  const Token* const start = source_.position();
  source_.advance();
  auto* const name = make_name(source_.position(), ast::Context::Store);
  source_.advance();
  ast::Sequence<ast::TypeParameter*> parameters;
  if (!parse_type_parameters(parameters) || !source_.accept(TokenKind::equal)) {
    return nullptr;
  }
  auto* const value = parse_expression();
  if (value == nullptr) {
    return nullptr;
  }
  auto* const statement = arena_.make<ast::TypeAlias>(source_.since(start));
  statement->name = name;
  statement->type_params = parameters;
  statement->value = value;
  return statement;
}

}  // namespace sallyport::validators::python::detail

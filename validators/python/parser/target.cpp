// What is assigned to: parsed as an expression, then made a target in place.
#include "validators/python/parser/parser.hpp"

namespace sallyport::validators::python::detail {

// star_target (',' star_target)* [','], up to `in`: the targets of a `for`.
ast::Expr* Parser::parse_star_targets() {
  const Token* const start = source_.position();
  auto* const first = parse_star_target();
  if (first == nullptr || !source_.at(TokenKind::comma)) {
    return first;
  }
  auto* const tuple = parse_tuple_from(start, first, &Parser::parse_star_target,
                                       [](TokenKind kind) { return kind == TokenKind::kw_in; });
  if (tuple != nullptr) {
    tuple->ctx = ast::Context::Store;
  }
  return tuple;
}

ast::Expr* Parser::parse_star_target() {
  const Token* const start = source_.position();
  const bool starred = source_.accept(TokenKind::star);
  // Every target is a primary: no operator can follow it.
  auto* const target = parse_primary();
  if (target == nullptr || !to_target(target, ast::Context::Store)) {
    return nullptr;
  }
  if (!starred) {
    return target;
  }
  auto* const node = arena_.make<ast::Starred>(source_.since(start));
  node->ctx = ast::Context::Store;
  node->value = target;
  return node;
}

// Gives an expression and all targets in it their context; false if it cannot be a target. No deeper than
// brackets nest.
bool Parser::to_target(ast::Expr* expression, ast::Context context) {
  const auto all_to_targets = [&](ast::Sequence<ast::Expr*> elements) {
    for (auto* const element : elements) {
      if (!to_target(element, context)) {
        return false;
      }
    }
    return true;
  };
  switch (expression->kind) {
    case ast::NodeKind::Name:
    case ast::NodeKind::Attribute:
    case ast::NodeKind::Subscript:
      break;
    case ast::NodeKind::Tuple:
      if (!all_to_targets(static_cast<ast::Tuple*>(expression)->elts)) {
        return false;
      }
      break;
    case ast::NodeKind::List:
      if (!all_to_targets(static_cast<ast::List*>(expression)->elts)) {
        return false;
      }
      break;
    case ast::NodeKind::Starred:
      if (context == ast::Context::Del ||
          !to_target(static_cast<ast::Starred*>(expression)->value, context)) {
        return false;
      }
      break;
    default:
      return false;
  }
  set_context(expression, context);
  return true;
}

void Parser::set_context(ast::Expr* expression, ast::Context context) {
  switch (expression->kind) {
    case ast::NodeKind::Name:
      static_cast<ast::Name*>(expression)->ctx = context;
      break;
    case ast::NodeKind::Attribute:
      static_cast<ast::Attribute*>(expression)->ctx = context;
      break;
    case ast::NodeKind::Subscript:
      static_cast<ast::Subscript*>(expression)->ctx = context;
      break;
    case ast::NodeKind::Tuple:
      static_cast<ast::Tuple*>(expression)->ctx = context;
      break;
    case ast::NodeKind::List:
      static_cast<ast::List*>(expression)->ctx = context;
      break;
    case ast::NodeKind::Starred:
      static_cast<ast::Starred*>(expression)->ctx = context;
      break;
    default:
      break;
  }
}

// What an annotation or an augmented assignment can have.
bool Parser::is_single_target(const ast::Expr* expression) {
  return expression->kind == ast::NodeKind::Name || expression->kind == ast::NodeKind::Attribute ||
         expression->kind == ast::NodeKind::Subscript;
}

}  // namespace sallyport::validators::python::detail

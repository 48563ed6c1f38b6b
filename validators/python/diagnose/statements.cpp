// Simple statements.
#include "validators/python/diagnose/engine.hpp"

namespace sallyport::validators::python::diagnosis {

using T = TokenKind;

namespace {

constexpr Ref many_nodes = 50'000;

}  // namespace

bool Engine::file() {
  restart_ = mark_;
  for (;;) {
    const auto first = mark_;
    if (!attempt([&] { return statement(); })) {
      break;
    }
    restart_ = first;
    if (nodes_.size() > many_nodes) {
      forget();
    }  // what lies behind is not read again
  }
  return next_is(T::end_marker);
}

bool Engine::statements() {
  return many([&] { return statement(); }) > 0;
}

bool Engine::statement() {
  const Deeper deeper(*this);
  step();
  return attempt([&] { return compound_stmt(); }) || simple_stmts();
}

bool Engine::simple_stmts() {
  return attempt([&] {
    if (!separated([&] { return simple_stmt(); }, T::semi)) {
      return false;
    }
    take(T::semi);
    return take(T::newline);
  });
}

bool Engine::simple_stmt() {
  return kept(Rule::simple_stmt, [&]() -> Ref {
           if (attempt([&] { return assignment(); })) {
             return any_;
           }
           if (since(12) && next_is_word("type") && attempt([&] { return type_alias(); })) {
             return any_;
           }
           if (star_expressions() != 0) {
             return any_;
           }
           switch (peek()) {
             case T::kw_return:
               return matched(return_stmt());
             case T::kw_import:
             case T::kw_from:
               return matched(import_stmt());
             case T::kw_raise:
               return matched(raise_stmt());
             case T::kw_pass:
             case T::kw_break:
             case T::kw_continue:
               advance();
               return any_;
             case T::kw_del:
               return matched(del_stmt());
             case T::kw_yield:
               return yield_expr();
             case T::kw_assert:
               return matched(assert_stmt());
             case T::kw_global:
               return matched(names_stmt(T::kw_global));
             case T::kw_nonlocal:
               return matched(names_stmt(T::kw_nonlocal));
             default:
               return 0;
           }
         }) != 0;
}

bool Engine::assignment() {
  const auto annotated = [&] {
    if (!take(T::colon) || expression() == 0) {
      return false;
    }
    optional([&] { return take(T::equal) && annotated_rhs(); });
    return true;
  };
  if (attempt([&] { return take(T::name) && annotated(); })) {
    return true;
  }
  const bool other_target = attempt([&] {
    const bool in_parentheses =
        attempt([&] { return take(T::lpar) && single_target() != 0 && take(T::rpar); });
    return (in_parentheses || single_subscript_attribute_target() != 0) && annotated();
  });
  if (other_target) {
    return true;
  }
  const bool plain = attempt([&] {
    const auto targets = many([&] { return star_targets() != 0 && take(T::equal); });
    return targets > 0 && annotated_rhs() && !next_is(T::equal);
  });
  if (plain) {
    return true;
  }
  const auto first = mark_;
  if (single_target() != 0 && augassign()) {
    // Committed: the rule for what else it may be is not tried.
    return annotated_rhs();
  }
  mark_ = first;
  if (invalid_) {
    invalid_assignment();
  }
  return false;
}

bool Engine::augassign() {
  switch (peek()) {
    case T::plus_equal:
    case T::min_equal:
    case T::star_equal:
    case T::slash_equal:
    case T::percent_equal:
    case T::amper_equal:
    case T::vbar_equal:
    case T::circumflex_equal:
    case T::at_equal:
    case T::left_shift_equal:
    case T::right_shift_equal:
    case T::double_star_equal:
    case T::double_slash_equal:
      advance();
      return true;
    default:
      return false;
  }
}

bool Engine::return_stmt() {
  take(T::kw_return);
  star_expressions();
  return true;
}

bool Engine::raise_stmt() {
  take(T::kw_raise);
  if (expression() != 0) {
    optional([&] { return take(T::kw_from) && expression() != 0; });
  }
  return true;
}

bool Engine::names_stmt(TokenKind keyword) {
  return take(keyword) && separated([&] { return take(T::name); });
}

bool Engine::del_stmt() {
  const bool plain =
      attempt([&] { return take(T::kw_del) && del_targets() && (next_is(T::semi) || next_is(T::newline)); });
  if (plain) {
    return true;
  }
  if (invalid_) {
    invalid_del_stmt();
  }
  return false;
}

bool Engine::assert_stmt() {
  if (!take(T::kw_assert) || expression() == 0) {
    return false;
  }
  optional([&] { return take(T::comma) && expression() != 0; });
  return true;
}

bool Engine::import_stmt() {
  if (invalid_ && since(12)) {
    invalid_import();
  }
  if (attempt([&] { return take(T::kw_import) && separated([&] { return dotted_as_name(); }); })) {
    return true;
  }
  const auto dots = [&] { return many([&] { return take(T::dot) || take(T::ellipsis); }); };
  if (attempt([&] {
        return take(T::kw_from) && (dots(), dotted_name()) && take(T::kw_import) && import_from_targets();
      })) {
    return true;
  }
  return attempt(
      [&] { return take(T::kw_from) && dots() > 0 && take(T::kw_import) && import_from_targets(); });
}

bool Engine::import_from_targets() {
  if (attempt([&] { return take(T::lpar) && import_from_as_names() && (take(T::comma), take(T::rpar)); })) {
    return true;
  }
  if (attempt([&] { return import_from_as_names() && !next_is(T::comma); })) {
    return true;
  }
  if (take(T::star)) {
    return true;
  }
  if (invalid_) {
    invalid_import_from_targets();
  }
  return false;
}

bool Engine::import_from_as_names() {
  return separated([&] { return import_from_as_name(); });
}

bool Engine::import_from_as_name() {
  if (invalid_ && since(14)) {
    invalid_import_target(false);
  }
  if (!take(T::name)) {
    return false;
  }
  optional([&] { return as_name(); });
  return true;
}

bool Engine::dotted_as_name() {
  if (invalid_ && since(14)) {
    invalid_import_target(true);
  }
  if (!dotted_name()) {
    return false;
  }
  optional([&] { return as_name(); });
  return true;
}

bool Engine::as_name() {
  return take(T::kw_as) && take(T::name);
}

bool Engine::dotted_name() {
  return separated([&] { return take(T::name); }, T::dot);
}

bool Engine::type_alias() {
  if (!take_word("type") || !take(T::name)) {
    return false;
  }
  optional([&] { return type_params(); });
  return take(T::equal) && expression() != 0;
}

// The words for what went wrong in them

void Engine::invalid_assignment() {
  const auto first = mark_;
  if (const auto target = invalid_ann_assign_target()) {
    if (take(T::colon) && expression() != 0) {
      raise_at(target, "only single target (not " + std::string(name_of(target)) + ") can be annotated");
    }
  }
  mark_ = first;
  if (const auto element = star_named_expression()) {
    if (take(T::comma)) {
      many([&] { return star_named_expressions() != 0; });
      if (take(T::colon) && expression() != 0) {
        raise_at(element, "only single target (not tuple) can be annotated");
      }
    }
  }
  mark_ = first;
  if (const auto target = expression()) {
    if (take(T::colon) && expression() != 0) {
      raise_at(target, "illegal target for annotation");
    }
  }
  mark_ = first;
  many([&] { return star_targets() != 0 && take(T::equal); });
  const auto last_target = mark_;
  if (const auto target = star_expressions()) {
    if (take(T::equal)) {
      raise_invalid_target(Targets::star, target);
    }
  }
  mark_ = last_target;
  if (const auto target = yield_expr()) {
    if (take(T::equal)) {
      raise_at(target, "assignment to yield expression not possible");
    }
  }
  mark_ = first;
  if (const auto target = star_expressions()) {
    if (augassign() && annotated_rhs()) {
      raise_at(target,
               "'" + std::string(name_of(target)) + "' is an illegal expression for augmented assignment");
    }
  }
  mark_ = first;
}

Ref Engine::invalid_ann_assign_target() {
  return kept(Rule::ann_assign_target, [&]() -> Ref {
    const Deeper deeper(*this);
    if (const auto node = list()) {
      return node;
    }
    if (const auto node = tuple()) {
      return node;
    }
    if (!take(T::lpar)) {
      return 0;
    }
    const auto inner = invalid_ann_assign_target();
    return inner != 0 && take(T::rpar) ? inner : 0;
  });
}

void Engine::invalid_del_stmt() {
  const auto first = mark_;
  if (take(T::kw_del)) {
    if (const auto target = star_expressions()) {
      raise_invalid_target(Targets::del, target);
    }
  }
  mark_ = first;
}

void Engine::invalid_import() {
  const auto first = mark_;
  const bool from_behind =
      take(T::kw_import) && separated([&] { return dotted_name(); }) && take(T::kw_from) && dotted_name();
  if (from_behind) {
    raise_starting_from(first, "Did you mean to use 'from ... import ...' instead?");
  }
  mark_ = first;
  if (since(13) && take(T::kw_import) && next_is(T::newline)) {
    advance();
    raise_starting_from(mark_ - 1, "Expected one or more names after 'import'");
  }
  mark_ = first;
}

void Engine::invalid_import_from_targets() {
  const auto first = mark_;
  if (import_from_as_names() && take(T::comma) && take(T::newline)) {
    raise_last("trailing comma not allowed without surrounding parentheses");
  }
  mark_ = first;
  if (since(13) && take(T::newline)) {
    raise_starting_from(first, "Expected one or more names after 'import'");
  }
}

void Engine::invalid_import_target(bool dotted) {
  const auto first = mark_;
  if ((dotted ? dotted_name() : take(T::name)) && take(T::kw_as)) {
    const bool fine = ahead([&] {
      return take(T::name) &&
             (next_is(T::comma) || next_is(T::rpar) || next_is(T::semi) || next_is(T::newline));
    });
    if (!fine) {
      if (const auto target = expression()) {
        raise_at(target, "cannot use " + std::string(name_of(target)) + " as import target");
      }
    }
  }
  mark_ = first;
}

}  // namespace sallyport::validators::python::diagnosis

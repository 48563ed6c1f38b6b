// Compound statements other than `match`, and what is said of their headers and blocks.
#include "validators/python/diagnose/engine.hpp"

namespace sallyport::validators::python::diagnosis {

using T = TokenKind;

bool Engine::compound_stmt() {
  const auto kind = peek();
  const bool is_async = kind == T::kw_async;
  if ((kind == T::kw_def || kind == T::at || is_async) && attempt([&] { return function_def(); })) {
    return true;
  }
  if (kind == T::kw_if) {
    return attempt([&] { return if_stmt(); }) || (since(10) && match_stmt());
  }
  if ((kind == T::kw_class || kind == T::at) && attempt([&] { return class_def(); })) {
    return true;
  }
  if ((kind == T::kw_with || is_async) && attempt([&] { return with_stmt(); })) {
    return true;
  }
  if ((kind == T::kw_for || is_async) && attempt([&] { return for_stmt(); })) {
    return true;
  }
  if (kind == T::kw_try && attempt([&] { return try_stmt(); })) {
    return true;
  }
  if (kind == T::kw_while && attempt([&] { return while_stmt(); })) {
    return true;
  }
  return since(10) && attempt([&] { return match_stmt(); });
}

bool Engine::block() {
  return kept(Rule::block, [&]() -> Ref {
           if (attempt(
                   [&] { return take(T::newline) && take(T::indent) && statements() && take(T::dedent); })) {
             return any_;
           }
           if (simple_stmts()) {
             return any_;
           }
           if (invalid_) {
             invalid_block();
           }
           return 0;
         }) != 0;
}

void Engine::invalid_block() {
  const auto first = mark_;
  if (take(T::newline) && !next_is(T::indent)) {
    raise_last(ErrorType::indentation_error, "expected an indented block");
  }
  mark_ = first;
}

bool Engine::no_block() {
  return take(T::colon) && take(T::newline) && !next_is(T::indent);
}

void Engine::raise_no_block(std::string_view what, Mark keyword) {
  raise_last(ErrorType::indentation_error, "expected an indented block after " + std::string(what) +
                                               " on line " + std::to_string(token(keyword).line));
}

bool Engine::decorators() {
  return many([&] { return take(T::at) && named_expression() != 0 && take(T::newline); }) > 0;
}

bool Engine::class_def() {
  return attempt([&] { return decorators() && class_def_raw(); }) || class_def_raw();
}

bool Engine::class_def_raw() {
  if (invalid_ && since(10)) {
    invalid_class_def_raw();
  }
  return attempt([&] {
    if (!take(T::kw_class) || !take(T::name)) {
      return false;
    }
    if (since(12)) {
      optional([&] { return type_params(); });
    }
    optional([&] { return take(T::lpar) && (arguments(), take(T::rpar)); });
    return take(T::colon) && block();
  });
}

void Engine::invalid_class_def_raw() {
  const auto first = mark_;
  const auto header = [&] {
    if (!take(T::kw_class) || !take(T::name)) {
      return false;
    }
    if (since(12)) {
      optional([&] { return type_params(); });
    }
    optional([&] { return take(T::lpar) && (arguments(), take(T::rpar)); });
    return true;
  };
  if (!header()) {
    mark_ = first;
    return;
  }
  if (take(T::newline)) {
    raise_last("expected ':'");
  }
  if (no_block()) {
    raise_no_block("class definition", first);
  }
  mark_ = first;
}

bool Engine::function_def() {
  return attempt([&] { return decorators() && function_def_raw(); }) || function_def_raw();
}

bool Engine::function_def_raw() {
  if (invalid_ && since(10)) {
    invalid_def_raw();
  }
  return attempt([&] {
    opt_async();
    if (!take(T::kw_def) || !take(T::name)) {
      return false;
    }
    if (since(12)) {
      optional([&] { return type_params(); });
    }
    if (version_ == Version::v3_11 || version_ == Version::v3_12) {
      forced(T::lpar, "(");
    } else if (!take(T::lpar)) {
      return false;
    }
    params(def_style);
    if (!take(T::rpar)) {
      return false;
    }
    optional([&] { return take(T::rarrow) && expression() != 0; });
    if (since(10) && !since(13)) {
      forced(T::colon, ":");
    } else if (!take(T::colon)) {
      return false;
    }
    // CPython looks for a type comment behind the line end.
    ahead([&] { return take(T::newline) && next_is(T::indent); });
    return block();
  });
}

void Engine::invalid_def_raw() {
  const auto first = mark_;
  const auto name = [&] {
    opt_async();
    if (!take(T::kw_def) || !take(T::name)) {
      return false;
    }
    if (since(12)) {
      optional([&] { return type_params(); });
    }
    return true;
  };
  const auto result = [&] {
    optional([&] { return take(T::rarrow) && expression() != 0; });
    return true;
  };
  if (name() && take(T::lpar) && (params(def_style), take(T::rpar)) && result() && no_block()) {
    raise_no_block("function definition", token(first).kind == T::kw_async ? first + 1 : first);
  }
  mark_ = first;
  if (since(13) && name()) {
    forced(T::lpar, "(");
    params(def_style);
    if (take(T::rpar) && result()) {
      forced(T::colon, ":");
      ahead([&] { return take(T::newline) && next_is(T::indent); });
      block();
    }
  }
  mark_ = first;
}

bool Engine::if_stmt() {
  if (invalid_ && since(10)) {
    invalid_header(T::kw_if, "'if' statement");
  }
  if (!take(T::kw_if) || named_expression() == 0 || !take(T::colon) || !block()) {
    return false;
  }
  if (!attempt([&] { return elif_stmt(); })) {
    optional([&] { return else_block(); });
  }
  return true;
}

bool Engine::elif_stmt() {
  return kept(Rule::elif_stmt, [&]() -> Ref {
           const Deeper deeper(*this);
           if (invalid_ && since(10)) {
             invalid_header(T::kw_elif, "'elif' statement");
           }
           if (!take(T::kw_elif) || named_expression() == 0 || !take(T::colon) || !block()) {
             return 0;
           }
           if (!attempt([&] { return elif_stmt(); })) {
             optional([&] { return else_block(); });
           }
           return any_;
         }) != 0;
}

bool Engine::else_block() {
  if (invalid_ && since(10)) {
    invalid_else_stmt();
  }
  if (!take(T::kw_else)) {
    return false;
  }
  if (since(10)) {
    forced(T::colon, ":");
  } else if (!take(T::colon)) {
    return false;
  }
  return block();
}

bool Engine::while_stmt() {
  if (invalid_ && since(10)) {
    invalid_header(T::kw_while, "'while' statement");
  }
  if (!take(T::kw_while) || named_expression() == 0 || !take(T::colon) || !block()) {
    return false;
  }
  optional([&] { return else_block(); });
  return true;
}

void Engine::invalid_header(TokenKind keyword, std::string_view name) {
  const auto first = mark_;
  if (take(keyword) && named_expression() != 0) {
    if (take(T::newline)) {
      raise_last("expected ':'");
    }
    if (no_block()) {
      raise_no_block(name, first);
    }
  }
  mark_ = first;
}

void Engine::invalid_else_stmt() {
  const auto first = mark_;
  if (take(T::kw_else) && no_block()) {
    raise_no_block("'else' statement", first);
  }
  mark_ = first;
  if (since(14) && take(T::kw_else) && take(T::colon) && block() && take(T::kw_elif)) {
    raise_last("'elif' block follows an 'else' block");
  }
  mark_ = first;
}

bool Engine::for_stmt() {
  if (invalid_ && since(10)) {
    invalid_for_stmt();
  }
  const auto first = mark_;
  for (const bool is_async : {false, true}) {
    if ((!is_async || take(T::kw_async)) && take(T::kw_for) && star_targets() != 0 && take(T::kw_in)) {
      // Committed after `in`.
      if (star_expressions() == 0 || !take(T::colon) || !block()) {
        return false;
      }
      optional([&] { return else_block(); });
      return true;
    }
    mark_ = first;
  }
  if (invalid_) {
    invalid_for_target();
  }
  return false;
}

void Engine::invalid_for_stmt() {
  const auto first = mark_;
  opt_async();
  const auto keyword = mark_;
  if (take(T::kw_for) && star_targets() != 0 && take(T::kw_in) && star_expressions() != 0) {
    if (take(T::newline)) {
      raise_last("expected ':'");
    }
    if (no_block()) {
      raise_no_block("'for' statement", keyword);
    }
  }
  mark_ = first;
}

void Engine::invalid_for_target() {
  const auto first = mark_;
  opt_async();
  if (take(T::kw_for)) {
    if (const auto target = star_expressions()) {
      raise_invalid_target(Targets::for_, target);
    }
  }
  mark_ = first;
}

bool Engine::with_stmt() {
  if (invalid_ && since(10)) {
    invalid_with_stmt_indent();
  }
  for (const bool is_async : {false, true}) {
    const auto keyword = [&] { return (!is_async || take(T::kw_async)) && take(T::kw_with); };
    const auto items = [&] { return separated([&] { return with_item(); }); };
    if (attempt([&] {
          return keyword() && take(T::lpar) && items() && (take(T::comma), take(T::rpar)) && take(T::colon) &&
                 block();
        })) {
      return true;
    }
    if (attempt([&] { return keyword() && items() && take(T::colon) && block(); })) {
      return true;
    }
  }
  if (invalid_ && since(10)) {
    invalid_with_stmt();
  }
  return false;
}

bool Engine::with_item() {
  const bool with_target = attempt([&] {
    return expression() != 0 && take(T::kw_as) && star_target() != 0 &&
           (next_is(T::comma) || next_is(T::rpar) || next_is(T::colon));
  });
  if (with_target) {
    return true;
  }
  if (invalid_) {
    invalid_with_item();
  }
  return expression() != 0;
}

void Engine::invalid_with_item() {
  const auto first = mark_;
  if (expression() != 0 && take(T::kw_as)) {
    if (const auto target = expression()) {
      // Until 3.9 whatever follows.
      if (!since(10) || next_is(T::comma) || next_is(T::rpar) || next_is(T::colon)) {
        raise_invalid_target(Targets::star, target);
      }
    }
  }
  mark_ = first;
}

bool Engine::with_items_loosely(bool in_parentheses) {
  opt_async();
  if (!take(T::kw_with)) {
    return false;
  }
  if (in_parentheses && !take(T::lpar)) {
    return false;
  }
  const bool items = separated([&] {
    if (!(in_parentheses ? expressions() : expression() != 0)) {
      return false;
    }
    optional([&] { return take(T::kw_as) && star_target() != 0; });
    return true;
  });
  if (!items) {
    return false;
  }
  if (!in_parentheses) {
    return true;
  }
  take(T::comma);
  return take(T::rpar);
}

void Engine::invalid_with_stmt() {
  const auto first = mark_;
  for (const bool in_parentheses : {false, true}) {
    if (with_items_loosely(in_parentheses) && take(T::newline)) {
      raise_last("expected ':'");
    }
    mark_ = first;
  }
}

void Engine::invalid_with_stmt_indent() {
  const auto first = mark_;
  for (const bool in_parentheses : {false, true}) {
    if (with_items_loosely(in_parentheses) && no_block()) {
      raise_no_block("'with' statement", token(first).kind == T::kw_async ? first + 1 : first);
    }
    mark_ = first;
  }
}

bool Engine::try_stmt() {
  if (invalid_ && since(10)) {
    invalid_try_stmt();
  }
  if (!take(T::kw_try)) {
    return false;
  }
  if (since(10)) {
    forced(T::colon, ":");
  } else if (!take(T::colon)) {
    return false;
  }
  if (!block()) {
    return false;
  }
  if (attempt([&] { return finally_block(); })) {
    return true;
  }
  if (many([&] { return except_block(); }) == 0) {
    if (!since(11) || many([&] { return except_star_block(); }) == 0) {
      return false;
    }
  }
  optional([&] { return else_block(); });
  optional([&] { return finally_block(); });
  return true;
}

bool Engine::except_block() {
  if (invalid_ && since(10)) {
    invalid_except_stmt_indent();
  }
  if (attempt([&] {
        if (!take(T::kw_except) || expression() == 0) {
          return false;
        }
        optional([&] { return as_name(); });
        return take(T::colon) && block();
      })) {
    return true;
  }
  if (since(14) &&
      attempt([&] { return take(T::kw_except) && expressions() && take(T::colon) && block(); })) {
    return true;
  }
  if (attempt([&] { return take(T::kw_except) && take(T::colon) && block(); })) {
    return true;
  }
  if (invalid_ && since(10)) {
    invalid_except_stmt();
  }
  return false;
}

bool Engine::except_star_block() {
  if (invalid_) {
    invalid_except_star_stmt_indent();
  }
  const auto keyword = [&] { return take(T::kw_except) && take(T::star); };
  if (attempt([&] {
        if (!keyword() || expression() == 0) {
          return false;
        }
        optional([&] { return as_name(); });
        return take(T::colon) && block();
      })) {
    return true;
  }
  if (since(14) && attempt([&] { return keyword() && expressions() && take(T::colon) && block(); })) {
    return true;
  }
  if (invalid_) {
    since(14) ? invalid_except_star_stmt() : invalid_except_stmt();
  }
  return false;
}

bool Engine::finally_block() {
  if (invalid_ && since(10)) {
    invalid_finally_stmt();
  }
  if (!take(T::kw_finally)) {
    return false;
  }
  if (since(10)) {
    forced(T::colon, ":");
  } else if (!take(T::colon)) {
    return false;
  }
  return block();
}

void Engine::invalid_try_stmt() {
  const auto first = mark_;
  if (take(T::kw_try) && no_block()) {
    raise_no_block("'try' statement", first);
  }
  mark_ = first;
  if (take(T::kw_try) && take(T::colon) && block() && !next_is(T::kw_except) && !next_is(T::kw_finally)) {
    raise_last("expected 'except' or 'finally' block");
  }
  mark_ = first;
  if (!since(11)) {
    return;
  }
  const char* const both = "cannot have both 'except' and 'except*' on the same 'try'";
  const auto blocks = [&] {
    return take(T::kw_try) && take(T::colon) && (many([&] { return block(); }), true);
  };
  if (blocks() && many([&] { return except_block(); }) > 0) {
    const auto keyword = mark_;
    if (take(T::kw_except) && take(T::star) && expression() != 0 &&
        (attempt([&] { return as_name(); }), true) && take(T::colon)) {
      raise_range(keyword, keyword + 2, both);
    }
  }
  mark_ = first;
  if (blocks() && many([&] { return except_star_block(); }) > 0) {
    const auto keyword = mark_;
    if (take(T::kw_except)) {
      if (expression() != 0) {
        optional([&] { return as_name(); });
      }
      if (take(T::colon)) {
        raise_at_token(keyword, both);
      }
    }
  }
  mark_ = first;
}

void Engine::invalid_except_stmt() {
  const auto first = mark_;
  // From 3.14 the star has a rule of its own, and several types need no parentheses unless they are named.
  const auto star = [&] {
    if (since(11) && !since(14)) {
      take(T::star);
    }
    return true;
  };
  if (take(T::kw_except) && star()) {
    if (const auto type = expression()) {
      if (take(T::comma) && expressions()) {
        const bool named = attempt([&] { return as_name(); });
        if (take(T::colon) && (named || !since(14))) {
          raise_starting_from(first_of(type),
                              since(14) ? "multiple exception types must be parenthesized when using 'as'"
                                        : "multiple exception types must be parenthesized");
        }
      }
    }
  }
  mark_ = first;
  if (take(T::kw_except) && star() && expression() != 0) {
    optional([&] { return as_name(); });
    if (take(T::newline)) {
      raise_last("expected ':'");
    }
  }
  mark_ = first;
  if (take(T::kw_except) && take(T::newline)) {
    raise_last("expected ':'");
  }
  mark_ = first;
  if (since(11) && !since(14) && take(T::kw_except) && take(T::star) &&
      (take(T::newline) || take(T::colon))) {
    raise_last("expected one or more exception types");
  }
  mark_ = first;
  if (since(14) && take(T::kw_except) && expression() != 0 && take(T::kw_as)) {
    const auto target = expression();
    if (target != 0 && take(T::colon) && block()) {
      raise_at(target, "cannot use except statement with " + std::string(name_of(target)));
    }
  }
  mark_ = first;
}

void Engine::invalid_except_star_stmt() {
  const auto first = mark_;
  const auto keyword = [&] { return take(T::kw_except) && take(T::star); };
  if (keyword()) {
    if (const auto type = expression()) {
      if (take(T::comma) && expressions() && as_name() && take(T::colon)) {
        raise_starting_from(first_of(type), "multiple exception types must be parenthesized when using 'as'");
      }
    }
  }
  mark_ = first;
  if (keyword() && expression() != 0) {
    optional([&] { return as_name(); });
    if (take(T::newline)) {
      raise_last("expected ':'");
    }
  }
  mark_ = first;
  if (keyword() && (take(T::newline) || take(T::colon))) {
    raise_last("expected one or more exception types");
  }
  mark_ = first;
  if (keyword() && expression() != 0 && take(T::kw_as)) {
    const auto target = expression();
    if (target != 0 && take(T::colon) && block()) {
      raise_at(target, "cannot use except* statement with " + std::string(name_of(target)));
    }
  }
  mark_ = first;
}

void Engine::invalid_except_stmt_indent() {
  const auto first = mark_;
  if (take(T::kw_except) && expression() != 0) {
    optional([&] { return as_name(); });
    if (no_block()) {
      raise_no_block("'except' statement", first);
    }
  }
  mark_ = first;
  if (take(T::kw_except) && no_block()) {
    raise_no_block("'except' statement", first);
  }
  mark_ = first;
}

void Engine::invalid_except_star_stmt_indent() {
  const auto first = mark_;
  if (take(T::kw_except) && take(T::star) && expression() != 0) {
    optional([&] { return as_name(); });
    if (no_block()) {
      raise_no_block("'except*' statement", first);
    }
  }
  mark_ = first;
}

void Engine::invalid_finally_stmt() {
  const auto first = mark_;
  if (take(T::kw_finally) && no_block()) {
    raise_no_block("'finally' statement", first);
  }
  mark_ = first;
}

}  // namespace sallyport::validators::python::diagnosis

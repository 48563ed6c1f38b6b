// The words for what went wrong in an expression.
#include "validators/python/diagnose/engine.hpp"

namespace sallyport::validators::python::diagnosis {

using T = TokenKind;

bool Engine::is_legacy_name(Ref node) const {
  if (nodes_[node].kind() != Kind::name) {
    return false;
  }
  const auto word = text(first_of(node));
  return word == "print" || word == "exec";
}

void Engine::invalid_expression() {
  const auto first = mark_;
  if (since(14) && take(T::string)) {
    const auto from = mark_;
    const auto between = many([&] { return !next_is(T::string) && expression_without_invalid() != 0; });
    const auto to = mark_;
    if (between > 0 && next_is(T::string)) {
      advance();
      raise_range(from, to, "invalid syntax. Is this intended to be part of the string?");
    }
  }
  mark_ = first;
  // A name before a string is likely a wrong prefix; a soft keyword begins a statement.
  const bool excluded =
      ahead([&] { return take(T::name) && take(T::string); }) || ahead([&] { return soft_keyword(); });
  const auto value = disjunction();
  if (value == 0) {
    mark_ = first;
  } else {
    if (!excluded) {
      const auto after = mark_;
      const auto second = expression_without_invalid();
      if (second != 0 && !is_legacy_name(value) && level_after(mark_ - 1) != 0) {
        raise_range(first_of(value), end_of(second), "invalid syntax. Perhaps you forgot a comma?");
      }
      mark_ = after;
    }
    if (take(T::kw_if)) {
      if (const auto condition = disjunction()) {
        if (!next_is(T::kw_else) && !next_is(T::colon)) {
          raise_range(first_of(value), end_of(condition), "expected 'else' after 'if' expression");
        }
        if (since(14) && take(T::kw_else)) {
          const auto mark = mark_;
          if (expression() == 0) {
            raise_next("expected expression after 'else', but statement is given");
          }
          mark_ = mark;
        }
      }
    }
    mark_ = first;
  }
  if (since(14)) {
    if (take(T::kw_pass) || take(T::kw_break) || take(T::kw_continue)) {
      if (take(T::kw_if) && disjunction() != 0 && take(T::kw_else) && simple_stmt()) {
        raise_at_token(first, "expected expression before 'if', but statement is given");
      }
    }
    mark_ = first;
  }
  if (since(12) && take(T::kw_lambda)) {
    optional([&] { return params(lambda_style); });
    if (take(T::colon)) {
      if (next_is(T::fstring_middle)) {
        raise_range(first, mark_, "f-string: lambda expressions are not allowed without parentheses");
      }
      if (next_is(T::tstring_middle)) {
        raise_range(first, mark_, "t-string: lambda expressions are not allowed without parentheses");
      }
    }
    mark_ = first;
  }
}

void Engine::invalid_legacy_expression() {
  const auto first = mark_;
  if (const auto word = name()) {
    if (!next_is(T::lpar)) {
      if (const auto value = star_expressions(); value != 0 && is_legacy_name(word)) {
        const std::string called(text(first));
        raise_range(first, end_of(value),
                    "Missing parentheses in call to '" + called + "'. Did you mean " + called + "(...)?");
      }
    }
  }
  mark_ = first;
}

void Engine::invalid_named_expression() {
  kept(Rule::invalid_named_expression, [&]() -> Ref {
    const auto first = mark_;
    if (const auto target = expression()) {
      if (take(T::colon_equal) && expression() != 0) {
        raise_at(target, "cannot use assignment expressions with " + std::string(name_of(target)));
      }
    }
    mark_ = first;
    if (!since(10)) {
      return 0;
    }
    const auto no_assignment_behind = [&] { return !next_is(T::equal) && !next_is(T::colon_equal); };
    if (take(T::name) && take(T::equal)) {
      const auto value = bitwise_or();
      if (value != 0 && no_assignment_behind()) {
        raise_range(first, end_of(value), "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
      }
    }
    mark_ = first;
    const bool excluded = ahead([&] { return list() != 0; }) || ahead([&] { return tuple() != 0; }) ||
                          ahead([&] { return genexp() != 0; }) || next_is(T::kw_True) ||
                          next_is(T::kw_None) || next_is(T::kw_False);
    if (!excluded) {
      if (const auto target = bitwise_or()) {
        if (take(T::equal) && bitwise_or() != 0 && no_assignment_behind()) {
          raise_at(target, "cannot assign to " + std::string(name_of(target)) +
                               " here. Maybe you meant '==' instead of '='?");
        }
      }
    }
    mark_ = first;
    return 0;
  });
}

void Engine::invalid_factor() {
  const auto first = mark_;
  if (take(T::plus) || take(T::minus) || take(T::tilde)) {
    if (take(T::kw_not) && factor() != 0) {
      raise_range(first + 1, mark_, "'not' after an operator must be parenthesized");
    }
  }
  mark_ = first;
}

// At an arithmetic operator that has no operand behind it.
void Engine::check_arithmetic_not() {
  const auto mark = mark_;
  advance();
  if (take(T::kw_not) && inversion() != 0) {
    raise_range(mark + 1, mark_, "'not' after an operator must be parenthesized");
  }
  mark_ = mark;
}

void Engine::raise_generator_in_call(Mark first, Mark end) {
  raise_range(first, end, "Generator expression must be parenthesized");
}

void Engine::invalid_arguments() {
  const auto first = mark_;
  const char* const unpacking = "iterable argument unpacking follows keyword argument unpacking";
  Call call;
  if (!since(11)) {
    if (args(&call) && take(T::comma) && take(T::star)) {
      if (!since(10)) {
        raise_last(unpacking);
      }
      raise_range(call.first, call.end, unpacking);
    }
  } else {
    Call ignored;
    const bool keywords =
        attempt([&] {
          return separated([&] { return positional_argument() != 0; }) && take(T::comma) && kwargs(&ignored);
        }) ||
        attempt([&] { return kwargs(&ignored); });
    if (keywords) {
      const auto comma = mark_;
      if (!since(13)) {
        if (take(T::comma) && next_is(T::star)) {
          raise_at_token(mark_, unpacking);
        }
      } else if (take(T::comma) &&
                 separated([&] { return starred_expression() != 0 && !next_is(T::equal); })) {
        raise_starting_from(comma, unpacking);
      }
    }
  }
  mark_ = first;
  if (const auto element = expression()) {
    if (for_if_clauses()) {
      const auto end = mark_;
      if (take(T::comma)) {
        if (!attempt([&] { return args(); })) {
          optional([&] { return expression() != 0 && for_if_clauses(); });
        }
        raise_generator_in_call(first_of(element), since(10) ? end : end_of(element));
      }
    }
  }
  mark_ = first;
  if (since(10) && take(T::name) && take(T::equal) && expression() != 0 && for_if_clauses()) {
    raise_range(first, first + 2, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
  }
  mark_ = first;
  if (since(12)) {
    optional([&] { return args() && take(T::comma); });
    const auto keyword = mark_;
    if (take(T::name) && take(T::equal) && (next_is(T::comma) || next_is(T::rpar))) {
      raise_range(keyword, keyword + 2, "expected argument value expression");
    }
  }
  mark_ = first;
  if (args(&call)) {
    if (for_if_clauses()) {
      if (call.positional > 1) {
        raise_generator_in_call(first_of(call.last_positional),
                                since(10) ? mark_ : end_of(call.last_positional));
      }
    }
    mark_ = call.end;
    if (take(T::comma)) {
      const auto second = mark_;
      if (const auto element = expression()) {
        if (for_if_clauses()) {
          raise_generator_in_call(first_of(element), since(10) ? mark_ : end_of(element));
        }
      }
      mark_ = second;
      if (args()) {
        raise_last(call.unpacks_keywords ? "positional argument follows keyword argument unpacking"
                                         : "positional argument follows keyword argument");
      }
    }
  }
  mark_ = first;
}

void Engine::invalid_kwarg() {
  const auto first = mark_;
  if (since(10)) {
    if (take(T::kw_True) || take(T::kw_False) || take(T::kw_None)) {
      if (take(T::equal)) {
        raise_range(first, mark_, "cannot assign to " + std::string(text(first)));
      }
    }
    mark_ = first;
    if (take(T::name) && take(T::equal) && expression() != 0 && for_if_clauses()) {
      raise_range(first, first + 2, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    }
    mark_ = first;
  }
  if (!ahead([&] { return take(T::name) && take(T::equal); })) {
    if (const auto value = expression()) {
      if (take(T::equal)) {
        raise_range(first_of(value), mark_,
                    "expression cannot contain assignment, perhaps you meant \"==\"?");
      }
    }
  }
  mark_ = first;
  if (since(12) && take(T::double_star) && expression() != 0 && take(T::equal)) {
    if (const auto value = expression()) {
      raise_range(first, end_of(value), "cannot assign to keyword argument unpacking");
    }
  }
  mark_ = first;
}

void Engine::invalid_starred_expression() {
  const auto first = mark_;
  if (take(T::star) && expression() != 0 && take(T::equal)) {
    if (const auto value = expression()) {
      raise_range(first, end_of(value), "cannot assign to iterable argument unpacking");
    }
  }
  mark_ = first;
}

void Engine::invalid_group() {
  const auto first = mark_;
  if (take(T::lpar)) {
    const auto starred = starred_expression();
    if (starred != 0 && take(T::rpar)) {
      raise_at(starred,
               since(10) ? "cannot use starred expression here" : "can't use starred expression here");
    }
  }
  mark_ = first;
  if (since(10) && take(T::lpar)) {
    const auto stars = mark_;
    if (take(T::double_star) && expression() != 0 && take(T::rpar)) {
      raise_at_token(stars, "cannot use double starred expression here");
    }
  }
  mark_ = first;
}

void Engine::invalid_comprehension() {
  const auto first = mark_;
  const bool in_parentheses = next_is(T::lpar);
  if (!in_parentheses && !next_is(T::lsqb) && !next_is(T::lbrace)) {
    return;
  }
  advance();
  const auto inside = mark_;
  if (const auto starred = starred_expression()) {
    if (for_if_clauses()) {
      raise_at(starred, "iterable unpacking cannot be used in comprehension");
    }
  }
  mark_ = inside;
  const char* const parentheses = "did you forget parentheses around the comprehension target?";
  if (since(10) && !in_parentheses) {
    if (const auto element = star_named_expression()) {
      const auto comma = mark_;
      if (take(T::comma)) {
        const auto after = mark_;
        Ref last = 0;
        if (star_named_expressions(&last) != 0 && for_if_clauses()) {
          raise_range(first_of(element), end_of(last), parentheses);
        }
        mark_ = after;
        if (for_if_clauses()) {
          raise_range(first_of(element), comma + 1, parentheses);
        }
      }
    }
  }
  mark_ = first;
}

void Engine::invalid_dict_comprehension() {
  const auto first = mark_;
  if (take(T::lbrace)) {
    const auto stars = mark_;
    if (take(T::double_star) && bitwise_or() != 0 && for_if_clauses() && take(T::rbrace)) {
      raise_at_token(stars, "dict unpacking cannot be used in dict comprehension");
    }
  }
  mark_ = first;
}

bool Engine::invalid_double_starred_kvpairs() {
  const auto first = mark_;
  if (separated([&] { return double_starred_kvpair(); }) && take(T::comma)) {
    invalid_kvpair();
  }
  mark_ = first;
  if (expression() != 0) {
    const auto colon = mark_;
    if (take(T::colon)) {
      const auto star = mark_;
      if (take(T::star) && bitwise_or() != 0) {
        raise_starting_from(star, "cannot use a starred expression in a dictionary value");
      }
      mark_ = star;
      if (next_is(T::rbrace) || next_is(T::comma)) {
        raise_at_token(colon, "expression expected after dictionary key and ':'");
      }
    }
  }
  mark_ = first;
  return false;
}

void Engine::invalid_kvpair() {
  const auto first = mark_;
  if (const auto key = expression()) {
    const auto colon = mark_;
    if (!next_is(T::colon)) {
      raise_behind(key, "':' expected after dictionary key");
    }
    advance();
    const auto star = mark_;
    if (take(T::star) && bitwise_or() != 0) {
      raise_starting_from(star, "cannot use a starred expression in a dictionary value");
    }
    mark_ = star;
    if (next_is(T::rbrace) || next_is(T::comma)) {
      raise_at_token(colon, "expression expected after dictionary key and ':'");
    }
  }
  mark_ = first;
}

}  // namespace sallyport::validators::python::diagnosis

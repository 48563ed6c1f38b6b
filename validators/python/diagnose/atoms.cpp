// Atoms, displays, comprehensions, arguments of calls.
#include "validators/python/diagnose/engine.hpp"

namespace sallyport::validators::python::diagnosis {

using T = TokenKind;

Ref Engine::name() {
  const auto first = mark_;
  return take(T::name) ? make(Kind::name, first) : 0;
}

Ref Engine::number() {
  const auto first = mark_;
  return take(T::number) ? make(Kind::literal, first) : 0;
}

Ref Engine::atom() {
  const auto first = mark_;
  switch (peek()) {
    case T::name:
      if (!since(10) && text(mark_) == "__peg_parser__") {
        raise_last("You found it!");
      }
      return name();
    case T::kw_True:
      advance();
      return make(Kind::true_, first);
    case T::kw_False:
      advance();
      return make(Kind::false_, first);
    case T::kw_None:
      advance();
      return make(Kind::none, first);
    case T::ellipsis:
      advance();
      return make(Kind::ellipsis, first);
    case T::string:
    case T::fstring_start:
    case T::tstring_start:
      return strings();
    case T::number:
      return number();
    case T::lpar:
    case T::lsqb:
    case T::lbrace:
      return display();
    default:
      return 0;
  }
}

Ref Engine::display() {
  return kept(Rule::display, [&]() -> Ref {
    const Deeper deeper(*this);
    switch (peek()) {
      case T::lpar:
        return atom_in_parentheses();
      case T::lsqb:
        return atom_in_brackets();
      default:
        return atom_in_braces();
    }
  });
}

Ref Engine::atom_in_parentheses() {
  if (const auto node = tuple()) {
    return node;
  }
  if (const auto node = group()) {
    return node;
  }
  return genexp();
}

Ref Engine::atom_in_brackets() {
  if (const auto node = list()) {
    return node;
  }
  return listcomp();
}

Ref Engine::atom_in_braces() {
  if (const auto node = dict()) {
    return node;
  }
  if (const auto node = set()) {
    return node;
  }
  if (const auto node = dictcomp()) {
    return node;
  }
  return setcomp();
}

Ref Engine::tuple() {
  const auto first = mark_;
  if (!take(T::lpar)) {
    return 0;
  }
  Ref head = 0;
  const auto inside = mark_;
  head = star_named_expression();
  if (head != 0 && take(T::comma)) {
    if (const auto rest = star_named_expressions()) {
      nodes_[head].set_next(rest);
    }
  } else {
    head = 0;
    mark_ = inside;
  }
  if (take(T::rpar)) {
    return make(Kind::tuple, first, head);
  }
  mark_ = first;
  return 0;
}

Ref Engine::group() {
  const auto first = mark_;
  if (!take(T::lpar)) {
    return 0;
  }
  auto value = yield_expr();
  if (value == 0) {
    value = named_expression();
  }
  if (value != 0 && take(T::rpar)) {
    return value;
  }
  mark_ = first;
  if (invalid_) {
    invalid_group();
  }
  return 0;
}

Ref Engine::genexp() {
  return bracketed_comprehension(T::lpar, T::rpar, Kind::generator);
}

// A generator expression, or a comprehension of a list or a set.
Ref Engine::bracketed_comprehension(TokenKind opening, TokenKind closing, Kind kind) {
  const auto first = mark_;
  if (take(opening)) {
    bool element = false;
    if (kind == Kind::generator && since(10)) {
      element = assignment_expression() != 0 || (expression() != 0 && !next_is(T::colon_equal));
    } else {
      element = named_expression() != 0;
    }
    if (element && for_if_clauses() && take(closing)) {
      return make(kind, first);
    }
    mark_ = first;
    if (element && !since(10)) {
      return 0;  // 3.9 is committed by then
    }
  }
  if (invalid_) {
    invalid_comprehension();
  }
  return 0;
}

Ref Engine::list() {
  const auto first = mark_;
  if (!take(T::lsqb)) {
    return 0;
  }
  const auto head = star_named_expressions();
  if (take(T::rsqb)) {
    return make(Kind::list, first, head);
  }
  mark_ = first;
  return 0;
}

Ref Engine::listcomp() {
  return bracketed_comprehension(T::lsqb, T::rsqb, Kind::list_comprehension);
}

Ref Engine::set() {
  const auto first = mark_;
  if (take(T::lbrace) && star_named_expressions() != 0 && take(T::rbrace)) {
    return make(Kind::set, first);
  }
  mark_ = first;
  return 0;
}

Ref Engine::setcomp() {
  return bracketed_comprehension(T::lbrace, T::rbrace, Kind::set_comprehension);
}

Ref Engine::dict() {
  const auto first = mark_;
  if (!take(T::lbrace)) {
    return 0;
  }
  double_starred_kvpairs();
  if (take(T::rbrace)) {
    return make(Kind::dict, first);
  }
  mark_ = first;
  // The words for its mistakes are looked for in the first pass too.
  if (since(10)) {
    take(T::lbrace);
    const bool passed = invalid_double_starred_kvpairs() && take(T::rbrace);
    if (passed) {
      return make(Kind::dict, first);
    }
    mark_ = first;
  }
  return 0;
}

Ref Engine::dictcomp() {
  const auto first = mark_;
  if (take(T::lbrace) && kvpair() && for_if_clauses() && take(T::rbrace)) {
    return make(Kind::dict_comprehension, first);
  }
  mark_ = first;
  if (invalid_) {
    invalid_dict_comprehension();
  }
  return 0;
}

bool Engine::double_starred_kvpairs() {
  if (!separated([&] { return double_starred_kvpair(); })) {
    return false;
  }
  take(T::comma);
  return true;
}

bool Engine::double_starred_kvpair() {
  if (attempt([&] { return take(T::double_star) && bitwise_or() != 0; })) {
    return true;
  }
  return kvpair();
}

bool Engine::kvpair() {
  return attempt([&] { return expression() != 0 && take(T::colon) && expression() != 0; });
}

bool Engine::for_if_clauses() {
  return many([&] { return for_if_clause(); }) > 0;
}

bool Engine::for_if_clause() {
  const auto first = mark_;
  for (const bool is_async : {true, false}) {
    if ((!is_async || take(T::kw_async)) && take(T::kw_for) && star_targets() != 0 && take(T::kw_in)) {
      if (disjunction() == 0) {
        mark_ = first;
        return false;  // committed after `in`
      }
      many([&] { return take(T::kw_if) && disjunction() != 0; });
      return true;
    }
    mark_ = first;
  }
  // 3.13 words this in the first pass already.
  if (version_ == Version::v3_13 || (since(14) && invalid_)) {
    check_for_in();
  }
  if (invalid_) {
    invalid_for_target();
  }
  return false;
}

void Engine::check_for_in() {
  const auto first = mark_;
  const bool missing = opt_async() && take(T::kw_for) && separated([&] { return bitwise_or() != 0; }) &&
                       (take(T::comma), !next_is(T::kw_in));
  if (missing) {
    raise_last("'in' expected after for-loop variables");
  }
  mark_ = first;
}

Ref Engine::arguments() {
  return kept(Rule::arguments, [&]() -> Ref {
    const auto first = mark_;
    if (args()) {
      take(T::comma);
      if (next_is(T::rpar)) {
        return any_;
      }
      mark_ = first;
    }
    if (invalid_) {
      invalid_arguments();
    }
    return 0;
  });
}

Ref Engine::positional_argument() {
  if (const auto starred = starred_expression()) {
    return starred;
  }
  const auto first = mark_;
  Ref value = 0;
  if (since(10)) {
    value = assignment_expression();
    if (value == 0) {
      value = expression();
      if (value != 0 && next_is(T::colon_equal)) {
        value = 0;
      }
    }
  } else {
    value = named_expression();
  }
  if (value != 0 && !next_is(T::equal)) {
    return value;
  }
  mark_ = first;
  return 0;
}

bool Engine::args(Call* call) {
  Call found;
  found.first = mark_;
  const bool positional = separated([&] {
    const auto value = positional_argument();
    if (value == 0) {
      return false;
    }
    ++found.positional;
    found.last_positional = value;
    return true;
  });
  if (positional) {
    optional([&] { return take(T::comma) && kwargs(&found); });
  } else if (!kwargs(&found)) {
    return false;
  }
  found.end = mark_;
  if (call != nullptr) {
    *call = found;
  }
  return true;
}

bool Engine::kwargs(Call* call) {
  const bool single = separated([&] { return kwarg_or_starred(call); });
  if (!single) {
    return separated([&] { return kwarg_or_double_starred(call); });
  }
  optional([&] { return take(T::comma) && separated([&] { return kwarg_or_double_starred(call); }); });
  return true;
}

bool Engine::kwarg_or_starred(Call* call) {
  if (invalid_ && since(10)) {
    invalid_kwarg();
  }
  if (attempt([&] { return take(T::name) && take(T::equal) && expression() != 0; })) {
    return true;
  }
  if (const auto starred = starred_expression()) {
    ++call->positional;
    call->last_positional = starred;
    return true;
  }
  if (invalid_ && !since(10)) {
    invalid_kwarg();
  }
  return false;
}

bool Engine::kwarg_or_double_starred(Call* call) {
  if (invalid_ && since(10)) {
    invalid_kwarg();
  }
  if (attempt([&] { return take(T::name) && take(T::equal) && expression() != 0; })) {
    return true;
  }
  if (attempt([&] { return take(T::double_star) && expression() != 0; })) {
    call->unpacks_keywords = true;
    return true;
  }
  if (invalid_ && !since(10)) {
    invalid_kwarg();
  }
  return false;
}

Ref Engine::starred_expression() {
  if (!next_is(T::star)) {
    return 0;
  }
  const auto first = mark_;
  if (invalid_ && since(12)) {
    invalid_starred_expression();
  }
  advance();
  const auto value = expression();
  if (value != 0) {
    return make(Kind::starred, first, value);
  }
  // 3.13 words this in the first pass already.
  if (version_ == Version::v3_13 || (since(14) && invalid_)) {
    raise_last("Invalid star expression");
  }
  mark_ = first;
  return 0;
}

}  // namespace sallyport::validators::python::diagnosis

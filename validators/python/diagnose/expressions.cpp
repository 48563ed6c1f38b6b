// From `expression` down to `primary`.
#include "validators/python/diagnose/engine.hpp"

namespace sallyport::validators::python::diagnosis {

using T = TokenKind;

bool Engine::expressions() {
  if (!separated([&] { return expression() != 0; })) {
    return false;
  }
  take(T::comma);
  return true;
}

Ref Engine::expression() {
  return kept(Rule::expression, [&]() -> Ref {
    const Deeper deeper(*this);
    if (invalid_ && since(10)) {
      invalid_expression();
      invalid_legacy_expression();
    }
    return conditional_or_simple();
  });
}

Ref Engine::conditional_or_simple() {
  const auto first = mark_;
  const auto value = disjunction();
  if (value == 0) {
    return lambdef();
  }
  const bool conditional =
      attempt([&] { return take(T::kw_if) && disjunction() != 0 && take(T::kw_else) && expression() != 0; });
  return conditional ? make(Kind::conditional, first) : value;
}

Ref Engine::expression_without_invalid() {
  const bool before = invalid_;
  invalid_ = false;
  const auto result = conditional_or_simple();
  invalid_ = before;
  return result;
}

Ref Engine::lambdef() {
  const auto first = mark_;
  if (!take(T::kw_lambda)) {
    return 0;
  }
  optional([&] { return params(lambda_style); });
  if (take(T::colon) && expression() != 0) {
    return make(Kind::lambda, first);
  }
  mark_ = first;
  return 0;
}

Ref Engine::yield_expr() {
  const auto first = mark_;
  if (!take(T::kw_yield)) {
    return 0;
  }
  if (attempt([&] { return take(T::kw_from) && expression() != 0; })) {
    return make(Kind::yield, first);
  }
  star_expressions();
  return make(Kind::yield, first);
}

Ref Engine::annotated_rhs_node() {
  const auto yielded = yield_expr();
  return yielded != 0 ? yielded : star_expressions();
}

Ref Engine::star_expressions() {
  const auto first = mark_;
  Ref last = 0;
  const auto head = linked([&] { return star_expression(); }, &last);
  if (head == 0) {
    return 0;
  }
  const bool comma = take(T::comma);
  return comma || last != head ? make(Kind::tuple, first, head) : head;
}

Ref Engine::star_expression() {
  return kept(Rule::star_expression, [&]() -> Ref {
    const auto first = mark_;
    if (take(T::star)) {
      const auto value = bitwise_or();
      if (value != 0) {
        return make(Kind::starred, first, value);
      }
      mark_ = first;
    }
    return expression();
  });
}

Ref Engine::star_named_expressions(Ref* last) {
  const auto head = linked([&] { return star_named_expression(); }, last);
  if (head != 0) {
    take(T::comma);
  }
  return head;
}

Ref Engine::star_named_expression() {
  const auto first = mark_;
  if (take(T::star)) {
    const auto value = bitwise_or();
    if (value != 0) {
      return make(Kind::starred, first, value);
    }
    mark_ = first;
  }
  return named_expression();
}

Ref Engine::assignment_expression() {
  const auto first = mark_;
  if (take(T::name) && take(T::colon_equal) && expression() != 0) {
    return make(Kind::named_expression, first);
  }
  mark_ = first;
  return 0;
}

Ref Engine::named_expression() {
  return kept(Rule::named_expression, [&]() -> Ref {
    const auto first = mark_;
    if (const auto assigned = assignment_expression()) {
      return assigned;
    }
    // 3.9 commits itself to the name after `name :=`.
    if (!since(10) && ahead([&] { return take(T::name) && take(T::colon_equal); })) {
      return 0;
    }
    if (invalid_ && since(10)) {
      invalid_named_expression();
    }
    const auto plain = expression();
    if (plain != 0 && !next_is(T::colon_equal)) {
      return plain;
    }
    mark_ = first;
    if (invalid_ && !since(10)) {
      invalid_named_expression();
    }
    return 0;
  });
}

Ref Engine::disjunction() {
  return kept(Rule::disjunction, [&]() -> Ref {
    const auto first = mark_;
    const auto head = conjunction();
    if (head == 0) {
      return 0;
    }
    const auto more = many([&] { return take(T::kw_or) && conjunction() != 0; });
    return more > 0 ? make(Kind::operation, first) : head;
  });
}

Ref Engine::conjunction() {
  const auto first = mark_;
  const auto head = inversion();
  if (head == 0) {
    return 0;
  }
  const auto more = many([&] { return take(T::kw_and) && inversion() != 0; });
  return more > 0 ? make(Kind::operation, first) : head;
}

Ref Engine::inversion() {
  const auto first = mark_;
  if (take(T::kw_not)) {
    const Deeper deeper(*this);
    if (inversion() != 0) {
      return make(Kind::operation, first);
    }
    mark_ = first;
  }
  return comparison();
}

Ref Engine::comparison() {
  const auto first = mark_;
  const auto left = bitwise_or();
  if (left == 0) {
    return 0;
  }
  bool any = false;
  bool starts_with_in = false;
  for (;;) {
    const auto mark = mark_;
    const auto op = peek();
    bool is_in = false;
    bool matches = false;
    switch (op) {
      case T::not_equal:
        // `<>` is a token too, of a joke.
        matches = text(mark_) == "!=";
        if (!matches && since(13)) {
          raise_at_token(mark_, "invalid syntax.  Maybe you meant '!=' instead of '<>'?");
        }
        break;
      case T::eq_equal:
      case T::less_equal:
      case T::less:
      case T::greater_equal:
      case T::greater:
        matches = true;
        break;
      case T::kw_in:
        matches = is_in = true;
        break;
      case T::kw_is:
      case T::kw_not:
        matches = true;
        break;
      default:
        break;
    }
    if (!matches) {
      break;
    }
    advance();
    if (op == T::kw_not && !take(T::kw_in)) {
      mark_ = mark;
      break;
    }
    if (op == T::kw_is) {
      take(T::kw_not);
    }
    if (bitwise_or() == 0) {
      mark_ = mark;
      break;
    }
    if (!any) {
      starts_with_in = is_in;
    }
    any = true;
  }
  if (!any) {
    return left;
  }
  const auto node = make(Kind::compare, first, left);
  nodes_[node].set_flag(starts_with_in);
  return node;
}

namespace {

enum Precedence { none, bit_or, bit_xor, bit_and, shift, sum, term };

int precedence(TokenKind kind) {
  switch (kind) {
    case T::vbar:
      return bit_or;
    case T::circumflex:
      return bit_xor;
    case T::amper:
      return bit_and;
    case T::left_shift:
    case T::right_shift:
      return shift;
    case T::plus:
    case T::minus:
      return sum;
    case T::star:
    case T::slash:
    case T::double_slash:
    case T::percent:
    case T::at:
      return term;
    default:
      return none;
  }
}

}  // namespace

Ref Engine::bitwise_or() {
  return kept(Rule::bitwise_or, [&] { return binary(bit_or); });
}

// The left-recursive rules from bitwise_or to term in one loop: they look at the same tokens in the same
// order.
Ref Engine::binary(int lowest) {
  const auto first = mark_;
  if (lowest <= term && invalid_ && since(13)) {
    invalid_factor();
  }
  auto left = factor();
  if (left == 0) {
    return 0;
  }
  int lowest_seen = term;
  for (;;) {
    const auto op = precedence(peek());
    if (op == none || op < lowest) {
      break;
    }
    const auto mark = mark_;
    advance();
    if (binary(op + 1) == 0) {
      mark_ = mark;
      if (lowest <= shift && lowest_seen > shift && op > shift && invalid_ && since(13)) {
        check_arithmetic_not();
      }
      break;
    }
    lowest_seen = op < lowest_seen ? op : lowest_seen;
    left = make(Kind::operation, first);
  }
  return left;
}

Ref Engine::factor() {
  const auto first = mark_;
  const auto op = peek();
  if (op == T::plus || op == T::minus || op == T::tilde) {
    const Deeper deeper(*this);
    advance();
    if (factor() != 0) {
      return make(Kind::operation, first);
    }
    mark_ = first;
    return 0;
  }
  return power();
}

Ref Engine::power() {
  const auto first = mark_;
  const auto base = await_primary();
  if (base == 0) {
    return 0;
  }
  const Deeper deeper(*this);
  if (attempt([&] { return take(T::double_star) && factor() != 0; })) {
    return make(Kind::operation, first);
  }
  return base;
}

Ref Engine::await_primary() {
  const auto first = mark_;
  if (take(T::kw_await)) {
    if (primary() != 0) {
      return make(Kind::await, first);
    }
    mark_ = first;
    return 0;
  }
  return primary();
}

Ref Engine::primary() {
  return kept(Rule::primary, [&]() -> Ref {
    const auto first = mark_;
    auto value = atom();
    if (value == 0) {
      return 0;
    }
    for (;;) {
      const auto mark = mark_;
      const auto kind = peek();
      if (kind == T::lbrace && invalid_ && !since(10)) {
        raise_at_token(mark_, "invalid syntax");
      }
      if (kind == T::dot) {
        advance();
        if (take(T::name)) {
          value = make(Kind::attribute, first);
          continue;
        }
      } else if (kind == T::lpar) {
        if (genexp() != 0) {
          value = make(Kind::call, first);
          continue;
        }
        advance();
        arguments();
        if (take(T::rpar)) {
          value = make(Kind::call, first);
          continue;
        }
      } else if (kind == T::lsqb) {
        if (invalid_) {
          invalid_comprehension();
        }  // by way of genexp
        advance();
        if (slices() && take(T::rsqb)) {
          value = make(Kind::subscript, first);
          continue;
        }
      } else if (kind == T::lbrace && invalid_) {
        invalid_comprehension();
      }
      mark_ = mark;
      return value;
    }
  });
}

bool Engine::slices() {
  if (attempt([&] { return slice() && !next_is(T::comma); })) {
    return true;
  }
  const bool some = separated([&] { return slice() || (since(11) && starred_expression() != 0); });
  if (some) {
    take(T::comma);
  }
  return some;
}

bool Engine::slice() {
  const bool sliced = attempt([&] {
    expression();
    if (!take(T::colon)) {
      return false;
    }
    expression();
    if (take(T::colon)) {
      expression();
    }
    return true;
  });
  if (sliced) {
    return true;
  }
  return (since(10) ? named_expression() : expression()) != 0;
}

}  // namespace sallyport::validators::python::diagnosis

// `match` and its patterns.
#include "validators/python/diagnose/engine.hpp"

namespace sallyport::validators::python::diagnosis {

using T = TokenKind;

bool Engine::match_stmt() {
  if (!next_is_word("match")) {
    return false;
  }
  const bool plain = attempt([&] {
    return take_word("match") && subject_expr() && take(T::colon) && take(T::newline) && take(T::indent) &&
           many([&] { return case_block(); }) > 0 && take(T::dedent);
  });
  if (plain) {
    return true;
  }
  if (invalid_) {
    invalid_match_stmt();
  }
  return false;
}

bool Engine::subject_expr() {
  if (attempt([&] {
        return star_named_expression() != 0 && take(T::comma) && (star_named_expressions(), true);
      })) {
    return true;
  }
  return named_expression() != 0;
}

bool Engine::case_block() {
  if (invalid_) {
    invalid_case_block();
  }
  return attempt([&] {
    if (!take_word("case") || !patterns()) {
      return false;
    }
    optional([&] { return guard(); });
    return take(T::colon) && block();
  });
}

bool Engine::guard() {
  return take(T::kw_if) && named_expression() != 0;
}

bool Engine::patterns() {
  return attempt([&] { return open_sequence_pattern(); }) || pattern() != 0;
}

Ref Engine::pattern() {
  const Deeper deeper(*this);
  const auto first = mark_;
  if (or_pattern() != 0 && take(T::kw_as) && pattern_capture_target() != 0) {
    return make(Kind::other, first);
  }
  mark_ = first;
  if (invalid_) {
    invalid_as_pattern();
  }
  return or_pattern();
}

Ref Engine::or_pattern() {
  return kept(Rule::or_pattern, [&]() -> Ref {
    const auto first = mark_;
    if (!separated([&] { return closed_pattern() != 0; }, T::vbar)) {
      return 0;
    }
    return make(Kind::other, first);
  });
}

Ref Engine::closed_pattern() {
  return kept(Rule::closed_pattern, [&]() -> Ref {
    const Deeper deeper(*this);
    const auto first = mark_;
    const auto group = [&] { return take(T::lpar) && pattern() != 0 && take(T::rpar); };
    const auto value = [&] {
      if (!name_or_attr(true)) {
        return false;
      }
      const auto kind = peek();
      return kind != T::dot && kind != T::lpar && kind != T::equal;
    };
    const bool matches =
        attempt([&] { return literal_expr(); }) || pattern_capture_target() != 0 || take_word("_") ||
        attempt(value) || attempt(group) || attempt([&] { return sequence_pattern(); }) ||
        attempt([&] { return mapping_pattern(); }) || attempt([&] { return class_pattern(); });
    return matches ? make(Kind::other, first) : 0;
  });
}

bool Engine::literal_expr() {
  switch (peek()) {
    case T::number:
    case T::minus:
      return attempt([&] { return signed_number() && !next_is(T::plus) && !next_is(T::minus); }) ||
             attempt([&] { return complex_number(); });
    case T::kw_None:
    case T::kw_True:
    case T::kw_False:
      advance();
      return true;
    default:
      return strings() != 0;
  }
}

bool Engine::signed_number() {
  take(T::minus);
  return take(T::number);
}

bool Engine::signed_real_number() {
  take(T::minus);
  const auto mark = mark_;
  if (!take(T::number)) {
    return false;
  }
  const auto digits = text(mark);
  if (digits.back() == 'j' || digits.back() == 'J') {
    raise_at_token(mark, "real number required in complex literal");
  }
  return true;
}

bool Engine::complex_number() {
  if (!signed_real_number()) {
    return false;
  }
  if (!take(T::plus) && !take(T::minus)) {
    return false;
  }
  const auto mark = mark_;
  if (!take(T::number)) {
    return false;
  }
  const auto digits = text(mark);
  if (digits.back() != 'j' && digits.back() != 'J') {
    raise_at_token(mark, "imaginary number required in complex literal");
  }
  return true;
}

Ref Engine::pattern_capture_target() {
  const auto first = mark_;
  if (next_is_word("_") || !take(T::name)) {
    return 0;
  }
  const auto kind = peek();
  if (kind == T::dot || kind == T::lpar || kind == T::equal) {
    mark_ = first;
    return 0;
  }
  return make(Kind::name, first);
}

bool Engine::name_or_attr(bool attribute_only) {
  const auto first = mark_;
  if (!take(T::name)) {
    return false;
  }
  const auto dots = many([&] { return take(T::dot) && take(T::name); });
  if (attribute_only && dots == 0) {
    mark_ = first;
    return false;
  }
  return true;
}

bool Engine::sequence_pattern() {
  if (take(T::lsqb)) {
    maybe_sequence_pattern();
    return take(T::rsqb);
  }
  if (!take(T::lpar)) {
    return false;
  }
  optional([&] { return open_sequence_pattern(); });
  return take(T::rpar);
}

bool Engine::open_sequence_pattern() {
  if (!maybe_star_pattern() || !take(T::comma)) {
    return false;
  }
  maybe_sequence_pattern();
  return true;
}

bool Engine::maybe_sequence_pattern() {
  if (!separated([&] { return maybe_star_pattern(); })) {
    return false;
  }
  take(T::comma);
  return true;
}

bool Engine::maybe_star_pattern() {
  if (attempt([&] { return take(T::star) && (pattern_capture_target() != 0 || take_word("_")); })) {
    return true;
  }
  return pattern() != 0;
}

bool Engine::mapping_pattern() {
  if (!take(T::lbrace)) {
    return false;
  }
  if (take(T::rbrace)) {
    return true;
  }
  if (attempt([&] { return double_star_pattern() != 0 && (take(T::comma), take(T::rbrace)); })) {
    return true;
  }
  if (attempt([&] {
        return items_pattern() && take(T::comma) && double_star_pattern() != 0 &&
               (take(T::comma), take(T::rbrace));
      })) {
    return true;
  }
  return items_pattern() && (take(T::comma), take(T::rbrace));
}

bool Engine::items_pattern() {
  return separated([&] {
    return (attempt([&] { return literal_expr(); }) || name_or_attr(true)) && take(T::colon) &&
           pattern() != 0;
  });
}

Ref Engine::double_star_pattern() {
  const auto first = mark_;
  if (take(T::double_star) && pattern_capture_target() != 0) {
    return make(Kind::name, first);
  }
  mark_ = first;
  return 0;
}

bool Engine::class_pattern() {
  const auto first = mark_;
  const auto opening = [&] { return name_or_attr(false) && take(T::lpar); };
  const auto closing = [&] { return (take(T::comma), take(T::rpar)); };
  if (attempt([&] { return opening() && take(T::rpar); })) {
    return true;
  }
  if (attempt([&] { return opening() && positional_patterns(nullptr, nullptr) && closing(); })) {
    return true;
  }
  if (attempt([&] { return opening() && keyword_patterns() && closing(); })) {
    return true;
  }
  if (attempt([&] {
        return opening() && positional_patterns(nullptr, nullptr) && take(T::comma) && keyword_patterns() &&
               closing();
      })) {
    return true;
  }
  mark_ = first;
  if (invalid_) {
    invalid_class_pattern();
  }
  return false;
}

bool Engine::positional_patterns(Ref* first, Ref* last) {
  const auto head = linked([&] { return pattern(); }, last);
  if (first != nullptr) {
    *first = head;
  }
  return head != 0;
}

bool Engine::keyword_patterns() {
  return separated([&] { return take(T::name) && take(T::equal) && pattern() != 0; });
}

// The words for what went wrong

void Engine::invalid_match_stmt() {
  const auto first = mark_;
  if (take_word("match") && subject_expr()) {
    if (take(T::newline)) {
      raise_last("expected ':'");
    }
    if (no_block()) {
      raise_no_block("'match' statement", first);
    }
  }
  mark_ = first;
}

void Engine::invalid_case_block() {
  const auto first = mark_;
  if (take_word("case") && patterns()) {
    optional([&] { return guard(); });
    if (take(T::newline)) {
      raise_last("expected ':'");
    }
    if (no_block()) {
      raise_no_block("'case' statement", first);
    }
  }
  mark_ = first;
}

void Engine::invalid_as_pattern() {
  const auto first = mark_;
  if (or_pattern() != 0 && take(T::kw_as)) {
    if (next_is_word("_")) {
      raise_at_token(mark_, "cannot use '_' as a target");
    }
    // Until 3.13 a name with more behind it is left to the plain error.
    if (since(14) || !next_is(T::name)) {
      if (const auto target = expression()) {
        raise_at(target, since(14) ? "cannot use " + std::string(name_of(target)) + " as pattern target"
                                   : "invalid pattern target");
      }
    }
  }
  mark_ = first;
}

void Engine::invalid_class_pattern() {
  const auto first = mark_;
  if (name_or_attr(false) && take(T::lpar)) {
    optional([&] { return positional_patterns(nullptr, nullptr) && take(T::comma); });
    Ref from = 0;
    Ref to = 0;
    if (keyword_patterns() && take(T::comma) && positional_patterns(&from, &to)) {
      raise_range(first_of(from), end_of(to), "positional patterns follow keyword patterns");
    }
  }
  mark_ = first;
}

}  // namespace sallyport::validators::python::diagnosis

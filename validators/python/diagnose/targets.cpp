// What may be assigned to, and the words for what may not.
#include "validators/python/diagnose/engine.hpp"

namespace sallyport::validators::python::diagnosis {

using T = TokenKind;

Ref Engine::star_targets() {
  const auto first = mark_;
  const auto head = star_target();
  if (head == 0) {
    return 0;
  }
  if (!next_is(T::comma)) {
    return head;
  }
  many([&] { return take(T::comma) && star_target() != 0; });
  take(T::comma);
  return make(Kind::tuple, first);
}

bool Engine::star_targets_list_seq() {
  if (!separated([&] { return star_target() != 0; })) {
    return false;
  }
  take(T::comma);
  return true;
}

bool Engine::star_targets_tuple_seq() {
  return attempt([&] {
    if (star_target() == 0) {
      return false;
    }
    const auto more = many([&] { return take(T::comma) && star_target() != 0; });
    const bool comma = take(T::comma);
    return more > 0 || comma;
  });
}

Ref Engine::star_target() {
  return kept(Rule::star_target, [&]() -> Ref {
    const Deeper deeper(*this);
    const auto first = mark_;
    if (take(T::star)) {
      if (!next_is(T::star)) {
        const auto value = star_target();
        if (value != 0) {
          return make(Kind::starred, first, value);
        }
      }
      mark_ = first;
    }
    return target_with_star_atom();
  });
}

Ref Engine::target_with_star_atom() {
  return kept(Rule::target_with_star_atom, [&]() -> Ref {
    const auto tail = target_tail(mark_);
    return tail != 0 ? tail : star_atom();
  });
}

// `t_primary.name` or `t_primary[slices]` with nothing behind it that would make it longer.
Ref Engine::target_tail(Mark first) {
  if (t_primary() != 0) {
    const auto mark = mark_;
    if (take(T::dot) && take(T::name) && !t_lookahead()) {
      return make(Kind::attribute, first);
    }
    mark_ = mark;
    if (take(T::lsqb) && slices() && take(T::rsqb) && !t_lookahead()) {
      return make(Kind::subscript, first);
    }
  }
  mark_ = first;
  return 0;
}

Ref Engine::star_atom() {
  const auto first = mark_;
  if (const auto node = name()) {
    return node;
  }
  if (next_is(T::lpar)) {
    advance();
    const auto inner = target_with_star_atom();
    if (inner != 0 && take(T::rpar)) {
      return inner;
    }
    mark_ = first + 1;
    star_targets_tuple_seq();
    if (take(T::rpar)) {
      return make(Kind::tuple, first);
    }
  } else if (next_is(T::lsqb)) {
    advance();
    star_targets_list_seq();
    if (take(T::rsqb)) {
      return make(Kind::list, first);
    }
  }
  mark_ = first;
  return 0;
}

Ref Engine::single_target() {
  return kept(Rule::single_target, [&]() -> Ref {
    const Deeper deeper(*this);
    if (const auto node = single_subscript_attribute_target()) {
      return node;
    }
    if (const auto node = name()) {
      return node;
    }
    const auto first = mark_;
    if (take(T::lpar)) {
      const auto inner = single_target();
      if (inner != 0 && take(T::rpar)) {
        return inner;
      }
    }
    mark_ = first;
    return 0;
  });
}

Ref Engine::single_subscript_attribute_target() {
  return target_tail(mark_);
}

bool Engine::t_lookahead() {
  const auto kind = peek();
  return kind == T::lpar || kind == T::lsqb || kind == T::dot;
}

Ref Engine::t_primary() {
  return kept(Rule::t_primary, [&]() -> Ref {
    const auto first = mark_;
    auto value = atom();
    if (value == 0 || !t_lookahead()) {
      mark_ = first;
      return 0;
    }
    for (;;) {
      const auto mark = mark_;
      const auto kind = peek();
      if (kind == T::dot) {
        advance();
        if (take(T::name) && t_lookahead()) {
          value = make(Kind::attribute, first);
          continue;
        }
      } else if (kind == T::lsqb) {
        advance();
        if (slices() && take(T::rsqb) && t_lookahead()) {
          value = make(Kind::subscript, first);
          continue;
        }
        mark_ = mark;
        if (invalid_) {
          invalid_comprehension();
        }
      } else if (kind == T::lpar) {
        if (genexp() != 0 && t_lookahead()) {
          value = make(Kind::call, first);
          continue;
        }
        mark_ = mark + 1;
        arguments();
        if (take(T::rpar) && t_lookahead()) {
          value = make(Kind::call, first);
          continue;
        }
      }
      mark_ = mark;
      return value;
    }
  });
}

bool Engine::del_targets() {
  if (!separated([&] { return del_target() != 0; })) {
    return false;
  }
  take(T::comma);
  return true;
}

Ref Engine::del_target() {
  return kept(Rule::del_target, [&]() -> Ref {
    const Deeper deeper(*this);
    const auto first = mark_;
    if (const auto tail = target_tail(first)) {
      return tail;
    }
    if (const auto node = name()) {
      return node;
    }
    if (next_is(T::lpar)) {
      advance();
      const auto inner = del_target();
      if (inner != 0 && take(T::rpar)) {
        return inner;
      }
      mark_ = first + 1;
      del_targets();
      if (take(T::rpar)) {
        return make(Kind::tuple, first);
      }
    } else if (next_is(T::lsqb)) {
      advance();
      del_targets();
      if (take(T::rsqb)) {
        return make(Kind::list, first);
      }
    }
    mark_ = first;
    return 0;
  });
}

Ref Engine::invalid_target_in(Ref node, Targets targets) const {
  // Down the first elements that are at fault; nesting is bounded by the lexer's limit on brackets.
  switch (nodes_[node].kind()) {
    case Kind::list:
    case Kind::tuple:
      // A node that another match has linked on does not lead out of this one.
      for (auto element = nodes_[node].child(); element != 0 && first_of(element) < end_of(node);
           element = nodes_[element].next()) {
        if (const auto found = invalid_target_in(element, targets)) {
          return found;
        }
      }
      return 0;
    case Kind::starred:
      return targets == Targets::del ? node : invalid_target_in(nodes_[node].child(), targets);
    case Kind::compare:
      if (targets != Targets::for_) {
        return node;
      }
      return nodes_[node].flag() ? invalid_target_in(nodes_[node].child(), targets) : 0;
    case Kind::name:
    case Kind::subscript:
    case Kind::attribute:
      return 0;
    default:
      return node;
  }
}

void Engine::raise_invalid_target(Targets targets, Ref node) {
  const auto invalid = invalid_target_in(node, targets);
  if (invalid != 0) {
    raise_at(invalid, std::string(targets == Targets::del ? "cannot delete " : "cannot assign to ") +
                          std::string(name_of(invalid)));
  }
  if (!since(10)) {
    raise_last("invalid syntax");
  }
}

std::string_view Engine::name_of(Ref node) const {
  switch (nodes_[node].kind()) {
    case Kind::attribute:
      return "attribute";
    case Kind::subscript:
      return "subscript";
    case Kind::starred:
      return "starred";
    case Kind::name:
      return "name";
    case Kind::list:
      return "list";
    case Kind::tuple:
      return "tuple";
    case Kind::lambda:
      return "lambda";
    case Kind::call:
      return "function call";
    case Kind::operation:
      return since(10) ? "expression" : "operator";
    case Kind::generator:
      return "generator expression";
    case Kind::yield:
      return "yield expression";
    case Kind::await:
      return "await expression";
    case Kind::list_comprehension:
      return "list comprehension";
    case Kind::set_comprehension:
      return "set comprehension";
    case Kind::dict_comprehension:
      return "dict comprehension";
    case Kind::dict:
      return since(10) ? "dict literal" : "dict display";
    case Kind::set:
      return "set display";
    case Kind::formatted_string:
      return "f-string expression";
    case Kind::template_string:
      return "t-string expression";
    case Kind::none:
      return "None";
    case Kind::true_:
      return "True";
    case Kind::false_:
      return "False";
    case Kind::ellipsis:
      return since(10) ? "ellipsis" : "Ellipsis";
    case Kind::compare:
      return "comparison";
    case Kind::conditional:
      return "conditional expression";
    case Kind::named_expression:
      return "named expression";
    case Kind::literal:
    case Kind::other:
      break;
  }
  return "literal";
}

}  // namespace sallyport::validators::python::diagnosis

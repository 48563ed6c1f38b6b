// The parameters of `def` and `lambda`, which have the same rules but for what ends them; type parameters.
#include "validators/python/diagnose/engine.hpp"

namespace sallyport::validators::python::diagnosis {

using T = TokenKind;

bool Engine::params(Style style) {
  if (invalid_) {
    since(10) ? invalid_parameters(style) : invalid_parameters_3_9(style);
  }
  return parameters(style);
}

bool Engine::parameters(Style style) {
  const auto rest_with_defaults = [&] {
    many([&] { return param_with_default(style); });
    optional([&] { return star_etc(style); });
    return true;
  };
  if (attempt([&] { return slash_no_default(style); })) {
    many([&] { return param_no_default(style); });
    return rest_with_defaults();
  }
  if (attempt([&] { return slash_with_default(style); })) {
    return rest_with_defaults();
  }
  if (many([&] { return param_no_default(style); }) > 0) {
    return rest_with_defaults();
  }
  if (many([&] { return param_with_default(style); }) > 0) {
    optional([&] { return star_etc(style); });
    return true;
  }
  return attempt([&] { return star_etc(style); });
}

bool Engine::slash_no_default(Style style) {
  return many([&] { return param_no_default(style); }) > 0 && take(T::slash) && param_end(style);
}

bool Engine::slash_with_default(Style style) {
  many([&] { return param_no_default(style); });
  return many([&] { return param_with_default(style); }) > 0 && take(T::slash) && param_end(style);
}

bool Engine::star_etc(Style style) {
  if (invalid_ && since(11)) {
    invalid_star_etc(style);
  }
  const auto rest = [&] {
    many([&] { return param_maybe_default(style); });
    optional([&] { return kwds(style); });
    return true;
  };
  if (attempt([&] { return take(T::star) && param_no_default(style) && rest(); })) {
    return true;
  }
  if (!style.lambda && since(11) &&
      attempt([&] { return take(T::star) && param_star_annotation(style) && rest(); })) {
    return true;
  }
  if (attempt([&] {
        return take(T::star) && take(T::comma) && ahead([&] { return param_maybe_default(style); }) && rest();
      })) {
    return true;
  }
  if (attempt([&] { return kwds(style); })) {
    return true;
  }
  if (invalid_ && !since(11)) {
    invalid_star_etc(style);
  }
  return false;
}

bool Engine::kwds(Style style) {
  if (invalid_ && since(11)) {
    invalid_kwds(style);
  }
  return take(T::double_star) && param_no_default(style);
}

// A comma, or a look at what closes the list.
bool Engine::param_end(Style style) {
  if (!take(T::comma)) {
    return next_is(style.closing);
  }
  if (!style.lambda) {
    touch();
  }  // CPython looks for a type comment there
  return true;
}

bool Engine::param(Style style) {
  step();
  if (!take(T::name)) {
    return false;
  }
  if (!style.lambda) {
    optional([&] { return take(T::colon) && expression() != 0; });
  }
  return true;
}

bool Engine::param_no_default(Style style) {
  return attempt([&] { return param(style) && param_end(style); });
}

bool Engine::param_star_annotation(Style style) {
  return take(T::name) && take(T::colon) && star_expression() != 0 && param_end(style);
}

bool Engine::param_with_default(Style style) {
  return attempt([&] { return param(style) && default_value() && param_end(style); });
}

bool Engine::param_maybe_default(Style style) {
  return attempt([&] {
    if (!param(style)) {
      return false;
    }
    optional([&] { return default_value(); });
    return param_end(style);
  });
}

bool Engine::default_value() {
  if (attempt([&] { return take(T::equal) && expression() != 0; })) {
    return true;
  }
  if (invalid_ && since(11)) {
    const auto first = mark_;
    if (take(T::equal) && (next_is(T::rpar) || next_is(T::comma))) {
      raise_at_token(first, "expected default value expression");
    }
    mark_ = first;
  }
  return false;
}

bool Engine::type_params() {
  if (invalid_ && since(13)) {
    const auto first = mark_;
    if (take(T::lsqb) && take(T::rsqb)) {
      raise_starting_from(first + 1, "Type parameter list cannot be empty");
    }
    mark_ = first;
  }
  if (!take(T::lsqb) || !separated([&] { return type_param(); })) {
    return false;
  }
  take(T::comma);
  return take(T::rsqb);
}

bool Engine::type_param() {
  return kept(Rule::type_param, [&]() -> Ref {
           if (take(T::name)) {
             optional([&] { return take(T::colon) && expression() != 0; });
             if (since(13)) {
               optional([&] { return take(T::equal) && expression() != 0; });
             }
             return any_;
           }
           // Until 3.13 the first pass words this already.
           if (invalid_ || !since(14)) {
             invalid_type_param();
           }
           const bool star = next_is(T::star);
           if (!(star || next_is(T::double_star))) {
             return 0;
           }
           advance();
           if (!take(T::name)) {
             return 0;
           }
           if (since(13)) {
             optional([&] { return take(T::equal) && (star ? star_expression() : expression()) != 0; });
           }
           return any_;
         }) != 0;
}

void Engine::invalid_type_param() {
  const auto first = mark_;
  const bool star = next_is(T::star);
  if ((take(T::star) || take(T::double_star)) && take(T::name)) {
    const auto colon = mark_;
    if (take(T::colon)) {
      if (const auto bound = expression()) {
        const std::string what = nodes_[bound].kind() == Kind::tuple ? "constraints" : "bound";
        raise_starting_from(colon, "cannot use " + what + " with " + (star ? "TypeVarTuple" : "ParamSpec"));
      }
    }
  }
  mark_ = first;
}

// The words for what went wrong

void Engine::invalid_parameters_3_9(Style style) {
  const auto first = mark_;
  many([&] { return param_no_default(style); });
  const auto with_default = attempt([&] { return slash_with_default(style); }) ||
                            many([&] { return param_with_default(style); }) > 0;
  if (with_default && param_no_default(style)) {
    raise_last("non-default argument follows default argument");
  }
  mark_ = first;
}

bool Engine::invalid_parameters_helper(Style style) {
  return attempt([&] { return slash_with_default(style); }) ||
         many([&] { return param_with_default(style); }) > 0;
}

void Engine::invalid_parameters(Style style) {
  const auto first = mark_;
  const auto no_defaults = [&] { return many([&] { return param_no_default(style); }); };
  const auto maybe_defaults = [&] { return many([&] { return param_maybe_default(style); }); };
  const auto slash_part = [&] {
    return attempt([&] { return slash_no_default(style); }) ||
           attempt([&] { return slash_with_default(style); });
  };
  const auto default_order = [&] {
    if (since(12)) {
      optional([&] { return slash_no_default(style); });
    }
    no_defaults();
    if (invalid_parameters_helper(style)) {
      const auto mark = mark_;
      if (param_no_default(style)) {
        // The place is that of the name with its annotation; what is matched has the comma with it.
        mark_ = mark;
        param(style);
        raise_range(mark, mark_,
                    since(12) ? "parameter without a default follows parameter with a default"
                              : "non-default argument follows default argument");
      }
    }
    mark_ = first;
  };
  const auto parenthesized = [&] {
    no_defaults();
    const auto opening = mark_;
    if (take(T::lpar) && (style.lambda ? separated([&] { return param(style); }) : no_defaults() > 0) &&
        (take(T::comma), take(T::rpar))) {
      raise_range(opening, mark_,
                  style.lambda ? "Lambda expression parameters cannot be parenthesized"
                               : "Function parameters cannot be parenthesized");
    }
    mark_ = first;
  };
  if (!since(11)) {
    default_order();
    return;
  }
  if (!since(12)) {
    default_order();
    parenthesized();
  }
  if (take(T::slash) && take(T::comma)) {
    raise_at_token(first, "at least one argument must precede /");
  }
  mark_ = first;
  if (slash_part()) {
    maybe_defaults();
    if (next_is(T::slash)) {
      raise_at_token(mark_, "/ may appear only once");
    }
  }
  mark_ = first;
  if (since(12)) {
    default_order();
    parenthesized();
  }
  slash_part();
  maybe_defaults();
  if (take(T::star) && (take(T::comma) || param_no_default(style))) {
    maybe_defaults();
    if (next_is(T::slash)) {
      raise_at_token(mark_, "/ must be ahead of *");
    }
  }
  mark_ = first;
  if (maybe_defaults() > 0 && take(T::slash) && next_is(T::star)) {
    raise_at_token(mark_, "expected comma between / and *");
  }
  mark_ = first;
}

void Engine::invalid_star_etc(Style style) {
  const auto first = mark_;
  const bool bare = take(T::star) && (take(style.closing) ||
                                      (take(T::comma) && (take(style.closing) || take(T::double_star))));
  if (bare) {
    const char* const message = "named arguments must follow bare *";
    if (since(10) && !style.lambda) {
      raise_at_token(first, message);
    }
    raise_last(message);
  }
  mark_ = first;
  if (!style.lambda) {
    ahead([&] { return take(T::star) && take(T::comma) && next_is(T::name); });  // for a type comment
  }
  if (!since(11)) {
    return;
  }
  if (take(T::star) && param(style) && next_is(T::equal)) {
    raise_at_token(mark_, "var-positional argument cannot have default value");
  }
  mark_ = first;
  if (take(T::star) && (param_no_default(style) || take(T::comma))) {
    many([&] { return param_maybe_default(style); });
    const auto second = mark_;
    if (take(T::star) && (param_no_default(style) || take(T::comma))) {
      raise_at_token(second, "* argument may appear only once");
    }
  }
  mark_ = first;
}

void Engine::invalid_kwds(Style style) {
  const auto first = mark_;
  if (take(T::double_star) && param(style)) {
    if (next_is(T::equal)) {
      raise_at_token(mark_, "var-keyword argument cannot have default value");
    }
    if (take(T::comma)) {
      const char* const message = "arguments cannot follow var-keyword argument";
      const auto next = mark_;
      if (param(style)) {
        raise_range(next, mark_, message);
      }
      if (next_is(T::star) || next_is(T::double_star) || next_is(T::slash)) {
        raise_at_token(mark_, message);
      }
    }
  }
  mark_ = first;
}

}  // namespace sallyport::validators::python::diagnosis

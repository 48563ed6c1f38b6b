// Everything between brackets: groups, tuples, lists, sets, dicts, comprehensions, arguments, subscripts.
#include "validators/python/parser/levels.hpp"
#include "validators/python/parser/parser.hpp"

namespace sallyport::validators::python::detail {

bool Parser::at_comprehension() const {
  return source_.at(TokenKind::kw_for) ||
         (source_.at(TokenKind::kw_async) && source_.next_kind() == TokenKind::kw_for);
}

// (['async'] 'for' targets 'in' disjunction ('if' disjunction)*)+
bool Parser::parse_comprehensions(ast::Sequence<ast::Comprehension*>& generators) {
  ListBuilder<ast::Comprehension*> all(comprehensions_);
  while (at_comprehension()) {
    const Token* const start = source_.position();
    const bool is_async = source_.accept(TokenKind::kw_async);
    source_.advance();
    auto* const target = parse_star_targets();
    if (target == nullptr || !source_.accept(TokenKind::kw_in)) {
      return false;
    }
    auto* const iterated = parse_binary(power_or);
    if (iterated == nullptr) {
      return false;
    }
    ListBuilder<ast::Expr*> conditions(expressions_);
    while (source_.accept(TokenKind::kw_if)) {
      auto* const condition = parse_binary(power_or);
      if (condition == nullptr) {
        return false;
      }
      conditions.push(condition);
    }
    auto* const one = arena_.make<ast::Comprehension>(source_.since(start));
    one->is_async = is_async;
    one->target = target;
    one->iter = iterated;
    one->ifs = conditions.finish(arena_);
    all.push(one);
  }
  generators = all.finish(arena_);
  return true;
}

// The rest of a list of elements, after the first; takes the closing bracket.
bool Parser::parse_elements(ListBuilder<ast::Expr*>& elements, TokenKind closing) {
  while (source_.accept(TokenKind::comma)) {
    if (source_.at(closing)) {
      break;
    }
    auto* const element = parse_star_named_expression();
    if (element == nullptr) {
      return false;
    }
    elements.push(element);
  }
  return source_.accept(closing);
}

// A group, a tuple or a generator expression.
ast::Expr* Parser::parse_parenthesised() {
  const Depth depth(*this, levels_of_parenthesis);
  if (too_deep(levels_of_expression)) {
    return nullptr;
  }
  const Token* const start = source_.position();
  source_.advance();
  if (source_.accept(TokenKind::rpar)) {
    return arena_.make<ast::Tuple>(source_.since(start));
  }
  if (source_.at(TokenKind::kw_yield)) {
    auto* const yield = parse_yield();
    return yield != nullptr && source_.accept(TokenKind::rpar) ? yield : nullptr;
  }
  const bool starred = source_.at(TokenKind::star);
  auto* const first = parse_star_named_expression();
  if (first == nullptr) {
    return nullptr;
  }
  if (source_.at(TokenKind::comma)) {
    ListBuilder<ast::Expr*> elements(expressions_);
    elements.push(first);
    if (!parse_elements(elements, TokenKind::rpar)) {
      return nullptr;
    }
    auto* const tuple = arena_.make<ast::Tuple>(source_.since(start));
    tuple->elts = elements.finish(arena_);
    return tuple;
  }
  if (starred) {
    return nullptr;
  }
  if (source_.accept(TokenKind::rpar)) {
    return first;
  }
  if (!at_comprehension()) {
    return nullptr;
  }
  ast::Sequence<ast::Comprehension*> generators;
  if (!parse_comprehensions(generators) || !source_.accept(TokenKind::rpar)) {
    return nullptr;
  }
  auto* const generator = arena_.make<ast::GeneratorExp>(source_.since(start));
  generator->elt = first;
  generator->generators = generators;
  return generator;
}

ast::Expr* Parser::parse_list() {
  const Depth depth(*this, levels_of_display);
  if (too_deep(levels_of_expression)) {
    return nullptr;
  }
  const Token* const start = source_.position();
  source_.advance();
  if (source_.accept(TokenKind::rsqb)) {
    return arena_.make<ast::List>(source_.since(start));
  }
  const bool starred = source_.at(TokenKind::star);
  auto* const first = parse_star_named_expression();
  if (first == nullptr) {
    return nullptr;
  }
  if (!starred && at_comprehension()) {
    ast::Sequence<ast::Comprehension*> generators;
    if (!parse_comprehensions(generators) || !source_.accept(TokenKind::rsqb)) {
      return nullptr;
    }
    auto* const comprehension = arena_.make<ast::ListComp>(source_.since(start));
    comprehension->elt = first;
    comprehension->generators = generators;
    return comprehension;
  }
  ListBuilder<ast::Expr*> elements(expressions_);
  elements.push(first);
  if (!parse_elements(elements, TokenKind::rsqb)) {
    return nullptr;
  }
  auto* const list = arena_.make<ast::List>(source_.since(start));
  list->elts = elements.finish(arena_);
  return list;
}

// A dict or a set, or a comprehension of either: the first element tells.
ast::Expr* Parser::parse_braces() {
  const Depth depth(*this, levels_of_display);
  if (too_deep(levels_of_expression)) {
    return nullptr;
  }
  const Token* const start = source_.position();
  source_.advance();
  if (source_.accept(TokenKind::rbrace)) {
    return arena_.make<ast::Dict>(source_.since(start));
  }
  if (source_.at(TokenKind::double_star)) {
    return parse_dict(start, nullptr);
  }
  const bool starred = source_.at(TokenKind::star);
  auto* const first = parse_star_named_expression();
  if (first == nullptr) {
    return nullptr;
  }
  if (source_.at(TokenKind::colon)) {
    // In parentheses it is a key like any other, and so begins before its own place.
    const bool bare_walrus = start[1].kind == TokenKind::name && start[2].kind == TokenKind::colon_equal;
    return starred || bare_walrus ? nullptr : parse_dict(start, first);
  }
  if (!starred && at_comprehension()) {
    ast::Sequence<ast::Comprehension*> generators;
    if (!parse_comprehensions(generators) || !source_.accept(TokenKind::rbrace)) {
      return nullptr;
    }
    auto* const comprehension = arena_.make<ast::SetComp>(source_.since(start));
    comprehension->elt = first;
    comprehension->generators = generators;
    return comprehension;
  }
  ListBuilder<ast::Expr*> elements(expressions_);
  elements.push(first);
  if (!parse_elements(elements, TokenKind::rbrace)) {
    return nullptr;
  }
  auto* const set = arena_.make<ast::Set>(source_.since(start));
  set->elts = elements.finish(arena_);
  return set;
}

// From the colon after the first key, or from its `**` (then there is no key).
ast::Expr* Parser::parse_dict(const Token* start, ast::Expr* first_key) {
  ListBuilder<ast::Expr*> keys(expressions_);
  ListBuilder<ast::Expr*> values(more_expressions_);
  source_.advance();
  keys.push(first_key);
  auto* const first_value = first_key == nullptr ? parse_binary(power_bit_or) : parse_expression();
  if (first_value == nullptr) {
    return nullptr;
  }
  values.push(first_value);
  if (first_key != nullptr && at_comprehension()) {
    ast::Sequence<ast::Comprehension*> generators;
    if (!parse_comprehensions(generators) || !source_.accept(TokenKind::rbrace)) {
      return nullptr;
    }
    auto* const comprehension = arena_.make<ast::DictComp>(source_.since(start));
    comprehension->key = first_key;
    comprehension->value = first_value;
    comprehension->generators = generators;
    return comprehension;
  }
  while (source_.accept(TokenKind::comma) && !source_.at(TokenKind::rbrace)) {
    if (!parse_dict_item(keys, values)) {
      return nullptr;
    }
  }
  if (!source_.accept(TokenKind::rbrace)) {
    return nullptr;
  }
  auto* const dict = arena_.make<ast::Dict>(source_.since(start));
  dict->keys = keys.finish(arena_);
  dict->values = values.finish(arena_);
  return dict;
}

bool Parser::parse_dict_item(ListBuilder<ast::Expr*>& keys, ListBuilder<ast::Expr*>& values) {
  ast::Expr* key = nullptr;
  ast::Expr* value = nullptr;
  if (source_.accept(TokenKind::double_star)) {
    value = parse_binary(power_bit_or);
  } else {
    key = parse_expression();
    if (key == nullptr || !source_.accept(TokenKind::colon)) {
      return false;
    }
    value = parse_expression();
  }
  if (value == nullptr) {
    return false;
  }
  keys.push(key);
  values.push(value);
  return true;
}

ast::Expr* Parser::parse_call(const Token* start, ast::Expr* function) {
  const Depth depth(*this, levels_of_trailer);
  if (too_deep(levels_of_expression)) {
    return nullptr;
  }
  CallArguments arguments;
  if (!parse_call_arguments(arguments, true)) {
    return nullptr;
  }
  auto* const call = arena_.make<ast::Call>(source_.since(start));
  call->func = function;
  call->args = arguments.positional;
  call->keywords = arguments.keywords;
  return call;
}

// From the opening to the closing parenthesis. Values and `*values` may mix; after the first keyword only
// `*values` may come without one, and after `**values` not even these.
bool Parser::parse_call_arguments(CallArguments& arguments, bool may_be_generator) {
  const Token* const start = source_.position();
  source_.advance();
  if (source_.accept(TokenKind::rpar)) {
    return true;
  }
  ListBuilder<ast::Expr*> positional(expressions_);
  ListBuilder<ast::Keyword*> keywords(keywords_);
  bool unpacked = false;
  do {
    if (source_.at(TokenKind::rpar)) {
      break;
    }
    if (source_.at(TokenKind::double_star) ||
        (source_.at(TokenKind::name) && source_.next_kind() == TokenKind::equal)) {
      unpacked = unpacked || source_.at(TokenKind::double_star);
      auto* const keyword = parse_keyword();
      if (keyword == nullptr) {
        return false;
      }
      keywords.push(keyword);
    } else if (source_.at(TokenKind::star)) {
      if (unpacked) {
        return false;
      }
      auto* const starred = parse_starred(power_none);
      if (starred == nullptr) {
        return false;
      }
      positional.push(starred);
    } else {
      if (!keywords.empty()) {
        return false;
      }
      auto* const value = parse_named_expression();
      if (value == nullptr) {
        return false;
      }
      if (may_be_generator && positional.empty() && at_comprehension()) {
        ast::Sequence<ast::Comprehension*> generators;
        if (!parse_comprehensions(generators) || !source_.accept(TokenKind::rpar)) {
          return false;
        }
        auto* const generator = arena_.make<ast::GeneratorExp>(source_.since(start));
        generator->elt = value;
        generator->generators = generators;
        positional.push(generator);
        arguments.positional = positional.finish(arena_);
        return true;
      }
      positional.push(value);
    }
  } while (source_.accept(TokenKind::comma));
  if (!source_.accept(TokenKind::rpar)) {
    return false;
  }
  arguments.positional = positional.finish(arena_);
  arguments.keywords = keywords.finish(arena_);
  return true;
}

// NAME '=' expression | '**' expression
ast::Keyword* Parser::parse_keyword() {
  const Token* const start = source_.position();
  std::string_view name;
  source_.advance();
  if (start->kind == TokenKind::name) {
    name = identifier(start);
    source_.advance();
  }
  auto* const value = parse_expression();
  if (value == nullptr) {
    return nullptr;
  }
  auto* const keyword = arena_.make<ast::Keyword>(source_.since(start));
  keyword->arg = name;
  keyword->value = value;
  return keyword;
}

ast::Expr* Parser::parse_subscript(const Token* start, ast::Expr* value) {
  const Depth depth(*this, levels_of_trailer);
  if (too_deep(levels_of_expression)) {
    return nullptr;
  }
  source_.advance();
  auto* const slice = parse_slices();
  if (slice == nullptr || !source_.accept(TokenKind::rsqb)) {
    return nullptr;
  }
  auto* const subscript = arena_.make<ast::Subscript>(source_.since(start));
  subscript->value = value;
  subscript->slice = slice;
  return subscript;
}

ast::Expr* Parser::parse_slices() {
  const Token* const start = source_.position();
  const bool starred = source_.at(TokenKind::star);
  auto* const first = parse_slice();
  if (first == nullptr || !(starred || source_.at(TokenKind::comma))) {
    return first;
  }
  return parse_tuple_from(start, first, &Parser::parse_slice,
                          [](TokenKind kind) { return kind == TokenKind::rsqb; });
}

// [expression] ':' [expression] [':' [expression]] | named_expression; '*' expression from 3.11
ast::Expr* Parser::parse_slice() {
  const Token* const start = source_.position();
  const auto ends_part = [this] {
    return source_.at(TokenKind::colon) || source_.at(TokenKind::comma) || source_.at(TokenKind::rsqb);
  };
  ast::Expr* lower = nullptr;
  if (source_.at(TokenKind::star)) {
    return version_ >= Version::v3_11 ? parse_starred(power_none) : nullptr;
  }
  if (!source_.at(TokenKind::colon)) {
    const bool walrus = source_.at(TokenKind::name) && source_.next_kind() == TokenKind::colon_equal;
    if (walrus) {
      return version_ >= Version::v3_10 ? parse_named_expression() : nullptr;
    }
    lower = parse_expression();
    if (lower == nullptr || !source_.at(TokenKind::colon)) {
      return lower;
    }
  }
  source_.advance();
  ast::Expr* upper = nullptr;
  ast::Expr* step = nullptr;
  if (!ends_part()) {
    upper = parse_expression();
    if (upper == nullptr) {
      return nullptr;
    }
  }
  if (source_.accept(TokenKind::colon) && !ends_part()) {
    step = parse_expression();
    if (step == nullptr) {
      return nullptr;
    }
  }
  auto* const slice = arena_.make<ast::Slice>(source_.since(start));
  slice->lower = lower;
  slice->upper = upper;
  slice->step = step;
  return slice;
}

}  // namespace sallyport::validators::python::detail

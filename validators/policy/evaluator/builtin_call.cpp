#include "validators/policy/evaluator/builtin_call.hpp"

#include "validators/policy/fold.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::validators::policy {

using namespace python::ast;

void BuiltinCall::evaluate(std::string_view name) {
  struct Known {
    std::string_view name;
    void (BuiltinCall::*call)();
  };
  static constexpr std::array<Known, 27> known{{{"chr", &BuiltinCall::character},
                                                {"ord", &BuiltinCall::character},
                                                {"str", &BuiltinCall::str},
                                                {"range", &BuiltinCall::range},
                                                {"pow", &BuiltinCall::pow},
                                                {"format", &BuiltinCall::format},
                                                {"int", &BuiltinCall::integer},
                                                {"reversed", &BuiltinCall::reversed},
                                                {"list", &BuiltinCall::collection},
                                                {"tuple", &BuiltinCall::collection},
                                                {"set", &BuiltinCall::collection},
                                                {"frozenset", &BuiltinCall::collection},
                                                {"sorted", &BuiltinCall::collection},
                                                {"iter", &BuiltinCall::collection},
                                                {"filter", &BuiltinCall::collection},
                                                {"next", &BuiltinCall::one_of},
                                                {"min", &BuiltinCall::one_of},
                                                {"max", &BuiltinCall::one_of},
                                                {"map", &BuiltinCall::map},
                                                {"zip", &BuiltinCall::zip},
                                                {"enumerate", &BuiltinCall::enumerate},
                                                {"dict", &BuiltinCall::dict},
                                                {"bytes", &BuiltinCall::bytes},
                                                {"bytearray", &BuiltinCall::bytes},
                                                {"getattr", &BuiltinCall::attribute},
                                                {"super", &BuiltinCall::super},
                                                {"dir", &BuiltinCall::dir}}};
  if (evaluator_.rights().denied_builtin(name) && evaluator_.rights().blocks("builtin")) {
    return give(refused_value());
  }
  if (has_star()) {
    return give_unknown();
  }
  name_ = name;
  const auto* const found =
      std::find_if(known.begin(), known.end(), [name](const Known& builtin) { return builtin.name == name; });
  return found == known.end() ? give_unknown() : (this->*found->call)();
}

bool BuiltinCall::has_star() const {
  return std::any_of(node_.args.begin(), node_.args.end(),
                     [](const Expr* item) { return item->kind == NodeKind::Starred; });
}

std::int64_t BuiltinCall::shortest(std::size_t first) const {
  std::int64_t result = 0;
  for (auto i = first; i < argument_count(); ++i) {
    const auto count = pool_.count_of(argument(i));
    if (count == 0) {
      return 0;
    }
    result = result == 0 ? count : std::min(result, count);
  }
  return result;
}

// chr and ord.
void BuiltinCall::character() {
  auto function = made(ValueKind::builtin);
  function.text = name_;
  give(evaluator_.applied(function, argument(0)));
}

void BuiltinCall::str() {
  if (argument_count() == 1) {
    return character();
  }
  if (argument_count() == 0) {
    return give_unknown();
  }
  if (const auto bytes = pool_.only(argument(0), ValueKind::bytes)) {
    return give_text(std::string(bytes->text), ValueKind::text);
  }
  give_assembled();
}

void BuiltinCall::format() {
  if (argument_count() == 2) {
    const auto spec = pool_.only(argument(1), ValueKind::text);
    evaluator_.bomb(&node_, spec ? widest(spec->text) : 0, false);
  }
  give_unknown();
}

void BuiltinCall::pow() {
  if (argument_count() != 2) {
    return give_unknown();
  }
  give(evaluator_.binary(Operator::Pow, argument(0), argument(1), &node_));
}

void BuiltinCall::integer() {
  const auto* literal = node_.args.empty() ? nullptr : as<Constant>(node_.args[0]);
  if (literal != nullptr && literal->value_kind == ConstantKind::Float) {
    const auto known = whole(literal->value);
    return give(known ? number(*known) : Value{});
  }
  if (const auto word = pool_.only(argument(0), ValueKind::text)) {
    const auto base = pool_.only(argument(1), ValueKind::number);
    const std::string prefix = base && base->number == 16 ? "0x" : base && base->number == 2 ? "0b" : "";
    if (const auto known = number_of(prefix + std::string(word->text)); known && !word->text.empty()) {
      return give(number(*known));
    }
  }
  if (const auto figure = pool_.only(argument(0), ValueKind::number)) {
    return give(*figure);
  }
  give_unknown();
}

// bytes and bytearray.
void BuiltinCall::bytes() {
  bomb(size_argument(0));
  evaluator_.consume(argument(0), &node_);
  const auto items = pool_.items_of(argument(0), true);
  if (!items) {
    return give_assembled();
  }
  std::string result;
  for (const auto item : *items) {
    const auto figure = pool_.only(item, ValueKind::number);
    if (!figure) {
      const auto word = pool_.only(argument(0), ValueKind::text);
      return give(word ? pool_.text(std::string(word->text), word->assembled, ValueKind::bytes)
                       : pool_.assembled_unknown());
    }
    result += static_cast<char>(figure->number);
  }
  give_text(std::move(result), ValueKind::bytes);
}

void BuiltinCall::range() {
  const auto first = pool_.figure(argument(0));
  const auto second = argument_count() > 1 ? pool_.figure(argument(1)) : std::nullopt;
  const auto step = argument_count() > 2 ? pool_.figure(argument(2)) : std::optional<std::int64_t>(1);
  auto value = made(ValueKind::sequence);
  value.bag = true;
  value.items = pool_.keep({anything});
  if (argument_count() == 1 && first) {
    value.number = *first;
  } else if (first && second && *second > *first && step.value_or(0) > 0) {
    value.number = (*second - *first - 1) / *step + 1;
  }
  give(value);
}

void BuiltinCall::reversed() {
  if (auto items = pool_.items_of(argument(0), true)) {
    std::reverse(items->begin(), items->end());
    return give(pool_.sequence(std::move(*items)));
  }
  give(pool_.sequence({evaluator_.each(argument(0))}, true));
}

// list, tuple, set, frozenset, sorted, iter, filter.
void BuiltinCall::collection() {
  const auto from = argument(name_ == "filter" ? 1 : 0);
  if (node_.args.empty()) {
    return give(pool_.sequence({}, true));
  }
  if (name_ != "iter" && name_ != "filter") {
    evaluator_.consume(from, &node_);
  }
  if (auto items = pool_.items_of(from, true)) {
    const bool keeps_order = name_ == "list" || name_ == "tuple" || name_ == "iter";
    return give(pool_.sequence(std::move(*items), !keeps_order));
  }
  give(pool_.sequence({evaluator_.each(from)}, true));
}

// next, min, max.
void BuiltinCall::one_of() {
  Values result;
  for (const auto* item : node_.args) {
    const auto set = evaluator_.eval(item);
    pool_.add_to(result, argument_count() == 1 || name_ == "next" ? evaluator_.each(set) : set);
  }
  give(pool_.add(std::move(result)));
}

void BuiltinCall::map() {
  if (argument_count() < 2) {
    return give_unknown();
  }
  const auto& functions = pool_[argument(0)];
  const auto items = pool_.items_of(argument(1), true);
  if (items && functions.size() == 1 && argument_count() == 2 &&
      items->size() <= Evaluator::most_single_items) {
    std::vector<SetId> results;
    for (const auto item : *items) {
      results.push_back(evaluator_.applied(functions[0], item));
    }
    return give(pool_.sequence(std::move(results)));
  }
  const auto result = functions.size() == 1 ? evaluator_.applied(functions[0], anything) : anything;
  give(pool_.sized(result, shortest(1)));
}

void BuiltinCall::zip() {
  std::vector<SetId> row;
  for (const auto* item : node_.args) {
    row.push_back(evaluator_.each(evaluator_.eval(item)));
  }
  give(pool_.sized(pool_.sequence(std::move(row)), shortest(0)));
}

void BuiltinCall::enumerate() {
  give(pool_.sized(pool_.sequence({anything, evaluator_.each(argument(0))}), pool_.count_of(argument(0))));
}

void BuiltinCall::dict() {
  std::vector<SetId> items;
  if (const auto mapping = pool_.only(argument(0), ValueKind::mapping)) {
    items.assign(mapping->items.begin(), mapping->items.end());
  } else if (!node_.args.empty()) {
    append_pairs(items);
  }
  append_keywords(items);
  auto value = made(ValueKind::mapping);
  value.items = pool_.keep(std::move(items));
  give(value);
}

// dict([(key, value), ...])
void BuiltinCall::append_pairs(std::vector<SetId>& items) {
  const auto pairs = pool_.items_of(argument(0), true);
  if (!pairs) {
    const auto inner = evaluator_.each(argument(0));
    items = {anything, evaluator_.each(inner)};
    return;
  }
  for (const auto pair : *pairs) {
    if (const auto two = pool_.items_of(pair, true); two && two->size() == 2) {
      items.insert(items.end(), two->begin(), two->end());
    }
  }
}

void BuiltinCall::append_keywords(std::vector<SetId>& items) {
  for (const auto* keyword : node_.keywords) {
    const auto value = evaluator_.eval(keyword->value);
    if (!keyword->arg.empty()) {
      auto key = made(ValueKind::text);
      key.text = keyword->arg;
      items.push_back(pool_.add(key));
      items.push_back(value);
    } else if (const auto mapping = pool_.only(value, ValueKind::mapping)) {
      items.insert(items.end(), mapping->items.begin(), mapping->items.end());
    }
  }
}

void BuiltinCall::attribute() {
  const auto base = argument(0);
  Values result;
  for (const auto& word : pool_[argument(1)]) {
    if (word.kind == ValueKind::text && !word.prefix_only) {
      pool_.add_to(result, evaluator_.attribute(base, word.text));
    } else {
      add_to(result, Value{});
    }
  }
  if (argument_count() > 2) {
    pool_.add_to(result, argument(2));
  }
  give(pool_.add(std::move(result)));
}

void BuiltinCall::super() {
  give(made(ValueKind::super));
}

// The names that something has.
void BuiltinCall::dir() {
  give(pool_.sequence({pool_.assembled_unknown()}, true));
}

}  // namespace sallyport::validators::policy

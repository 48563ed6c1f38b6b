// Constants, lists and dicts as they are written out, and comprehensions.
#include "validators/policy/evaluator.hpp"
#include "validators/policy/evaluator/arithmetic.hpp"
#include "validators/policy/fold.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace sallyport::validators::policy {

using namespace python::ast;

SetId Evaluator::constant(const Constant& node) {
  auto value = made(ValueKind::constant);
  if (node.value_kind == ConstantKind::Str) {
    value.kind = ValueKind::text;
    value.text = node.value;
  } else if (node.value_kind == ConstantKind::Bytes) {
    value.kind = ValueKind::bytes;
    value.text = node.value;
  } else if (node.value_kind == ConstantKind::Int) {
    if (const auto known = number_of(node.value)) {
      value = number(*known);
    }
  }
  return pool_.add(value);
}

// Of a tuple, list or set.
SetId Evaluator::display(Sequence<Expr*> elements, const Expr* node) {
  if (elements.size() > most_items) {
    Values all;
    for (const auto* element : elements) {
      pool_.add_to(all, eval(element));
    }
    return pool_.sequence({pool_.add(std::move(all))}, true);
  }
  std::vector<SetId> items;
  bool bag = node->kind == NodeKind::Set;
  for (const auto* element : elements) {
    const auto* starred = as<Starred>(element);
    if (starred == nullptr) {
      items.push_back(eval(element));
      continue;
    }
    const auto inner = eval(starred->value);
    if (const auto known = pool_.items_of(inner, true); known && items.size() + known->size() <= most_items) {
      items.insert(items.end(), known->begin(), known->end());
    } else {
      consume(inner, node);
      items.push_back(each(inner));
      bag = true;
    }
  }
  return pool_.sequence(std::move(items), bag);
}

SetId Evaluator::dict(const Dict& node) {
  std::vector<SetId> items;
  for (std::size_t i = 0; i < node.values.size() && items.size() < most_items; ++i) {
    const auto value = eval(node.values[i]);
    if (node.keys[i] != nullptr) {
      items.push_back(eval(node.keys[i]));
      items.push_back(value);
    } else if (const auto inner = pool_.only(value, ValueKind::mapping)) {
      items.insert(items.end(), inner->items.begin(), inner->items.end());
    } else {
      items.push_back(anything);
      items.push_back(anything);
    }
  }
  auto value = made(ValueKind::mapping);
  value.items = pool_.keep(std::move(items));
  return pool_.add(value);
}

// How many items it makes, where constants tell, and no condition takes some away; else 0.
std::int64_t Evaluator::comprehension_size(Comprehensions generators) {
  std::int64_t size = 1;
  for (const auto* generator : generators) {
    const auto items = pool_.only(eval(generator->iter), ValueKind::sequence);
    if (!items || items->number <= 0 || !generator->ifs.empty()) {
      return 0;
    }
    size = times(size, items->number);
  }
  return size;
}

SetId Evaluator::comprehension(Comprehensions generators, const Expr* elt, const Expr* node) {
  if (const auto results = item_by_item(generators, elt)) {
    return *results;
  }
  auto value = made(ValueKind::sequence);
  value.bag = true;
  value.number = comprehension_size(generators);
  const auto item = eval(elt);
  const auto weight = pool_.only(item, ValueKind::sequence) ? pool_.count_of(item) : 0;
  bomb(node, static_cast<std::uint64_t>(times(value.number, std::max<std::int64_t>(1, weight))), false);
  value.items = pool_.keep({item});
  return pool_.add(value);
}

// [f(x) for x in (1, 2, 3)]: with x as each item in turn, where these are known.
std::optional<SetId> Evaluator::item_by_item(Comprehensions generators, const Expr* elt) {
  const auto* target = generators.size() == 1 ? as<Name>(generators[0]->target) : nullptr;
  if (target == nullptr || !generators[0]->ifs.empty() || override_binding_ != none) {
    return {};
  }
  const auto items = pool_.items_of(eval(generators[0]->iter), true);
  const auto index = program_.index_of(target);
  if (!items || items->size() > most_single_items || index == none) {
    return {};
  }
  const auto found = program_.lookup(program_.nodes[index].scope, target->id);
  if (found.binding == none) {
    return {};
  }
  std::vector<SetId> results;
  override_binding_ = found.binding;
  for (const auto item : *items) {
    override_value_ = item;
    results.push_back(eval(elt));
  }
  override_binding_ = none;
  return pool_.sequence(std::move(results));
}

SetId Evaluator::dict_comprehension(const DictComp& node) {
  bomb(&node, static_cast<std::uint64_t>(comprehension_size(node.generators)), false);
  auto value = made(ValueKind::mapping);
  value.items = pool_.keep({eval(node.key), eval(node.value)});
  return pool_.add(value);
}

}  // namespace sallyport::validators::policy

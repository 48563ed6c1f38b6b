// What value[key] and value[lower:upper:step] give.
#include "validators/policy/evaluator.hpp"
#include "validators/policy/fold.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

// Whether two keys are known to differ.
bool differ(const Values& a, const Values& b) {
  if (a.size() != 1 || b.size() != 1 || a[0].kind != b[0].kind) {
    return false;
  }
  return (a[0].kind == ValueKind::text && !a[0].prefix_only && a[0].text != b[0].text) ||
         (a[0].kind == ValueKind::number && a[0].number != b[0].number);
}

}  // namespace

SetId Evaluator::subscript(const Subscript& node) {
  const auto base = eval(node.value);
  if (base == anything) {
    return anything;
  }
  Values result;
  for (const auto& value : pool_[base]) {
    if (const auto* slice = as<Slice>(node.slice)) {
      add_slice(value, *slice, result);
    } else {
      add_item(value, node.slice, result);
    }
  }
  return pool_.add(std::move(result));
}

// Nothing where it is left out, and `known` becomes false where it is written but not known.
std::optional<std::int64_t> Evaluator::bound(const Expr* expression, bool& known) {
  if (expression == nullptr) {
    return {};
  }
  const auto set = eval(expression);
  if (const auto figure = pool_.only(set, ValueKind::number)) {
    return figure->number;
  }
  const auto* constant = as<Constant>(expression);
  known = known && constant != nullptr && constant->value_kind == ConstantKind::None;
  return {};
}

void Evaluator::add_slice(const Value& value, const Slice& slice, Values& into) {
  Bounds bounds;
  bounds.lower = bound(slice.lower, bounds.known);
  bounds.upper = bound(slice.upper, bounds.known);
  bounds.step = bound(slice.step, bounds.known).value_or(1);
  if (is_text(value) && bounds.known && bounds.step != 0 && !value.prefix_only) {
    auto taken = sliced(value.text, value.kind == ValueKind::text, bounds.lower, bounds.upper, bounds.step);
    pool_.add_to(into, pool_.text(std::move(taken), true, value.kind));
  } else if (value.kind == ValueKind::sequence) {
    add_to(into, sliced_sequence(value, bounds));
  } else {
    Value some;
    some.refused = value.refused;
    some.assembled = is_text(value);
    add_to(into, some);
  }
}

Value Evaluator::sliced_sequence(const Value& value, const Bounds& bounds) {
  auto copy = value;
  if (bounds.known && bounds.step == -1 && !bounds.lower && !bounds.upper) {
    copy.items = pool_.keep({value.items.rbegin(), value.items.rend()});
  } else if (bounds.known && bounds.step > 0 && !value.bag) {
    std::vector<SetId> taken;
    const auto size = static_cast<std::int64_t>(value.items.size());
    const auto clamp = [size](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
    };
    for (auto at = clamp(bounds.lower.value_or(0)); at < clamp(bounds.upper.value_or(size));
         at += std::min(bounds.step, size + 1)) {
      taken.push_back(value.items[static_cast<std::size_t>(at)]);
    }
    copy.items = pool_.keep(std::move(taken));
  } else {
    copy.bag = true;
  }
  return copy;
}

void Evaluator::add_item(const Value& value, const Expr* key, Values& into) {
  const auto index = pool_.only(eval(key), ValueKind::number);
  if (is_text(value) && index && !value.prefix_only) {
    add_character(value, index->number, into);
  } else if (value.kind == ValueKind::sequence) {
    add_of_sequence(value, index, into);
  } else if (value.kind == ValueKind::mapping) {
    add_of_mapping(value, pool_[eval(key)], into);
  } else {
    add_of_other(value, into);
  }
}

void Evaluator::add_character(const Value& text, std::int64_t index, Values& into) {
  if (text.kind == ValueKind::text) {
    const bool to_end = index == -1 || index == INT64_MAX;
    const auto end = to_end ? std::optional<std::int64_t>() : index + 1;
    pool_.add_to(into, pool_.text(sliced(text.text, true, index, end, 1), true));
  } else if (index >= 0 && static_cast<std::uint64_t>(index) < text.text.size()) {
    add_to(into, number(static_cast<unsigned char>(text.text[static_cast<std::size_t>(index)])));
  }
}

void Evaluator::add_of_sequence(const Value& value, const std::optional<Value>& index, Values& into) {
  const auto size = static_cast<std::int64_t>(value.items.size());
  const auto at = index ? (index->number < 0 ? index->number + size : index->number) : -1;
  if (index && !value.bag && at >= 0 && at < size) {
    pool_.add_to(into, value.items[static_cast<std::size_t>(at)]);
    return;
  }
  for (const auto item : value.items) {
    pool_.add_to(into, item);
  }
  add_to(into, Value{});
}

void Evaluator::add_of_mapping(const Value& value, const Values& key, Values& into) {
  bool found = false;
  for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
    if (!differ(key, pool_[value.items[i]])) {
      pool_.add_to(into, value.items[i + 1]);
      found = true;
    }
  }
  if (!found) {
    add_to(into, Value{});
  }
}

void Evaluator::add_of_other(const Value& value, Values& into) {
  if (value.kind == ValueKind::instance) {
    add_method_results(value, "__getitem__", into);
  } else if (value.kind == ValueKind::klass) {
    add_method_results(value, "__class_getitem__", into);
  }
  Value some;
  some.refused = value.refused || (value.kind == ValueKind::builtin && rights_.denied_builtin(value.text) &&
                                   rights_.blocks("builtin"));
  some.assembled = is_text(value) || value.assembled;
  add_to(into, some);
}

}  // namespace sallyport::validators::policy

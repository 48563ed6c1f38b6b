#include "validators/policy/value_pool.hpp"

#include "validators/policy/fold.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::validators::policy {

namespace {

bool same(const Value& a, const Value& b) {
  return a.kind == b.kind && a.assembled == b.assembled && a.prefix_only == b.prefix_only &&
         a.refused == b.refused && a.number == b.number && a.text == b.text && a.name == b.name &&
         a.items.data() == b.items.data() && a.bag == b.bag &&
         (a.node == b.node || a.kind == ValueKind::module || a.kind == ValueKind::member);
}

bool is_dangerous(ValueKind kind) {
  return kind == ValueKind::module || kind == ValueKind::member || kind == ValueKind::builtin;
}

std::vector<SetId> keys_of(const Value& mapping) {
  std::vector<SetId> keys;
  for (std::size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
    keys.push_back(mapping.items[i]);
  }
  return keys;
}

}  // namespace

ValuePool::ValuePool() {
  sets_.emplace_back();                         // nothing
  sets_.emplace_back(std::size_t{1}, Value{});  // anything
}

SetId ValuePool::add(Values&& values) {
  if (values.empty()) {
    return nothing;
  }
  if (full()) {
    return anything;
  }
  sets_.push_back(std::move(values));
  return static_cast<SetId>(sets_.size() - 1);
}

void add_to(Values& into, const Value& value) {
  if (std::any_of(into.begin(), into.end(), [&value](const Value& known) { return same(known, value); })) {
    return;
  }
  if (into.size() < most_values || (is_dangerous(value.kind) && into.size() < 4 * most_values)) {
    into.push_back(value);
  } else if (into.size() == most_values) {
    into.push_back(Value{});
  }
}

void ValuePool::add_to(Values& into, SetId set) const {
  for (const auto& value : sets_[set]) {
    policy::add_to(into, value);
  }
}

SetId ValuePool::unite(SetId left, SetId right) {
  if (left == right || right == nothing) {
    return left;
  }
  if (left == nothing) {
    return right;
  }
  auto values = sets_[left];
  add_to(values, right);
  return add(std::move(values));
}

void ValuePool::join(Union& into, SetId set) const {
  if (into.values.empty()) {
    if (into.only == nothing) {
      into.only = set;
    }
    if (set == nothing || set == into.only) {
      return;
    }
    into.values = sets_[into.only];
  }
  add_to(into.values, set);
}

SetId ValuePool::text(std::string text, bool assembled, ValueKind kind) {
  bool ok = false;
  auto value = made(kind);
  value.text = keep(std::move(text), ok);
  value.assembled = assembled;
  return ok ? add(value) : assembled_unknown();
}

SetId ValuePool::assembled_unknown() {
  Value value;
  value.assembled = true;
  return add(value);
}

SetId ValuePool::sequence(std::vector<SetId> items, bool bag) {
  auto value = made(ValueKind::sequence);
  if (items.size() > most_items) {
    // Each may be any: keep what is dangerous, forget the order.
    Values all;
    for (const auto item : items) {
      add_to(all, item);
    }
    items = {add(std::move(all))};
    bag = true;
  }
  value.bag = bag;
  value.items = keep(std::move(items));
  return add(value);
}

Value ValuePool::sized(SetId item, std::int64_t count) {
  auto value = made(ValueKind::sequence);
  value.bag = true;
  value.number = count;
  value.items = keep({item});
  return value;
}

std::optional<std::vector<SetId>> ValuePool::items_of(SetId set, bool ordered) {
  const auto& values = sets_[set];
  if (values.size() != 1) {
    return {};
  }
  const auto& value = values[0];
  switch (value.kind) {
    case ValueKind::sequence:
      if (ordered && value.bag) {
        return {};
      }
      return std::vector<SetId>(value.items.begin(), value.items.end());
    case ValueKind::mapping:
      return keys_of(value);
    case ValueKind::text: {
      if (value.prefix_only) {
        return {};
      }
      const auto units = characters(value.text);
      if (units.size() > most_items) {
        return {};
      }
      std::vector<SetId> items;
      for (const auto unit : units) {
        items.push_back(text(utf8({unit}), true));
      }
      return items;
    }
    case ValueKind::bytes: {
      if (value.text.size() > most_items) {
        return {};
      }
      std::vector<SetId> items;
      for (const char c : value.text) {
        items.push_back(add(number(static_cast<unsigned char>(c))));
      }
      return items;
    }
    default:
      return {};
  }
}

std::int64_t ValuePool::count_of(SetId set) const {
  const auto& values = sets_[set];
  if (values.size() != 1) {
    return 0;
  }
  const auto& value = values[0];
  if (value.kind == ValueKind::sequence) {
    return value.number > 0 ? value.number : value.bag ? 0 : static_cast<std::int64_t>(value.items.size());
  }
  return value.kind == ValueKind::text ? static_cast<std::int64_t>(value.text.size()) : 0;
}

}  // namespace sallyport::validators::policy

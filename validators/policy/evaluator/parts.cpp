// From a value to a part of it: what iterating gives, and how `a` comes out of `(_, [a]) = value`.
#include "validators/policy/evaluator.hpp"
#include "validators/policy/fold.hpp"

#include <span>
#include <utility>
#include <vector>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr int deepest_path = 50;

}  // namespace

SetId Evaluator::each(SetId set) {
  Values result;
  for (const auto& value : pool_[set]) {
    add_each(value, result);
  }
  return pool_.add(std::move(result));
}

void Evaluator::add_each(const Value& value, Values& into) {
  if (value.kind == ValueKind::sequence) {
    for (const auto item : value.items) {
      pool_.add_to(into, item);
    }
    return;
  }
  if (value.kind == ValueKind::mapping) {
    for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
      pool_.add_to(into, value.items[i]);
    }
    return;
  }
  if (value.kind == ValueKind::text && value.text.size() <= most_values && !value.prefix_only) {
    for (const auto unit : characters(value.text)) {
      pool_.add_to(into, pool_.text(utf8({unit}), true));
    }
    return;
  }
  if (value.kind == ValueKind::instance) {
    Values iterators;
    add_method_results(value, "__iter__", iterators);
    for (const auto& iterator : iterators) {
      for (const auto item :
           iterator.kind == ValueKind::sequence ? iterator.items : std::span<const SetId>()) {
        pool_.add_to(into, item);
      }
    }
    add_method_results(value, "__next__", into);
  }
  Value some;
  some.refused = value.refused;
  some.assembled = value.assembled;
  add_to(into, some);
}

SetId Evaluator::follow(SetId set, const Step* path, int depth) {
  if (path == nullptr) {
    return set;
  }
  if (depth > deepest_path) {
    return anything;
  }
  return part(follow(set, path->previous, depth + 1), *path);
}

SetId Evaluator::part(SetId set, const Step& step) {
  if (step.kind == Step::Kind::each) {
    return each(set);
  }
  if (step.kind == Step::Kind::attribute) {
    return attribute(set, step.name);
  }
  Values result;
  for (const auto& value : pool_[set]) {
    if (step.kind == Step::Kind::enter) {
      add_entered(value, result);
    } else if (step.kind == Step::Kind::key) {
      add_of_key(value, step.key, result);
    } else {
      add_unpacked(value, step, result);
    }
  }
  return pool_.add(std::move(result));
}

// `with x as y`: mostly x itself; what its __enter__ returns, or what a @contextmanager yields.
void Evaluator::add_entered(const Value& value, Values& into) {
  if (value.kind == ValueKind::sequence) {
    pool_.add_to(into, each(pool_.add(value)));
    return;
  }
  if (value.kind == ValueKind::instance) {
    add_method_results(value, "__enter__", into);
    add_method_results(value, "__aenter__", into);
  }
  add_to(into, value);
}

void Evaluator::add_of_key(const Value& value, const Expr* key, Values& into) {
  if (value.kind != ValueKind::mapping) {
    add_to(into, Value{});
    return;
  }
  const auto wanted = pool_.only(eval(key), ValueKind::text);
  for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
    const auto known = pool_.only(value.items[i], ValueKind::text);
    if (!wanted || !known || wanted->text == known->text) {
      pool_.add_to(into, value.items[i + 1]);
    }
  }
}

// An item, or with a star the rest, of what is assigned to several targets.
void Evaluator::add_unpacked(const Value& value, const Step& step, Values& into) {
  if (value.kind != ValueKind::sequence) {
    pool_.add_to(into, each(pool_.add(value)));
    return;
  }
  if (value.bag || step.index + step.after > value.items.size()) {
    for (const auto item : value.items) {
      pool_.add_to(into, item);
    }
  } else if (step.kind == Step::Kind::item) {
    if (step.index < value.items.size()) {
      pool_.add_to(into, value.items[step.index]);
    }
  } else {
    std::vector<SetId> rest(value.items.begin() + step.index, value.items.end() - step.after);
    pool_.add_to(into, pool_.sequence(std::move(rest)));
  }
}

}  // namespace sallyport::validators::policy

// What a source gives the name that it binds, and what functions of the program give who calls them.
#include "validators/policy/evaluator.hpp"

#include <string>
#include <utility>

namespace sallyport::validators::policy {

using namespace python::ast;

SetId Evaluator::source_value(const Source& source) {
  switch (source.kind) {
    case Source::Kind::expression:
      return follow(eval(static_cast<const Expr*>(source.node)), source.path);
    case Source::Kind::module:
      return imported_module(source);
    case Source::Kind::member:
      return imported_member(source);
    case Source::Kind::function: {
      auto value = made(ValueKind::function);
      value.node = source.node;
      return pool_.add(value);
    }
    case Source::Kind::klass: {
      auto value = made(ValueKind::klass);
      value.node = source.node;
      return pool_.add(value);
    }
    case Source::Kind::augmented:
      return augmented(*static_cast<const AugAssign*>(source.node));
    case Source::Kind::deleted:
      return nothing;
    case Source::Kind::opaque:
      return anything;
  }
  return anything;
}

SetId Evaluator::imported_module(const Source& source) {
  // `import os`: told at the import, not at each use. `import os.path` may leave an `os` of which only
  // that is open.
  const auto* alias = static_cast<const Alias*>(source.node);
  if (rights_.surface(source.module) == nullptr &&
      (source.module == alias->name || rights_.surface(alias->name) == nullptr)) {
    return pool_.add(refused_value());
  }
  auto value = made(ValueKind::module);
  value.text = source.module;
  value.node = source.node;
  return pool_.add(value);
}

SetId Evaluator::imported_member(const Source& source) {
  auto base = made(ValueKind::module);
  base.text = source.module;
  base.node = source.node;
  if (rights_.surface(source.module) == nullptr) {
    bool ok = false;
    const auto deeper = pool_.keep(std::string(source.module) + "." + std::string(source.member), ok);
    if (ok && !source.module.empty() && rights_.policy().modules.contains(deeper) &&
        rights_.surface(deeper) != nullptr) {
      base.text = deeper;
      return pool_.add(base);
    }
    return pool_.add(refused_value());
  }
  const auto resolved = module_attribute(base, source.member);
  return pool_.add(resolved.verdict == Attribute::Verdict::allowed ? resolved.value : refused_value());
}

SetId Evaluator::augmented(const AugAssign& node) {
  const auto target = eval(node.target);
  return binary(node.op, target, eval(node.value), node.target);
}

void Evaluator::add_results(const Node* function, Values& into) {
  if (const auto known = program_.returns.find(function); known != program_.returns.end()) {
    for (const auto* value : known->second) {
      pool_.add_to(into, eval(value));
    }
  }
  if (const auto known = program_.yields.find(function); known != program_.yields.end()) {
    Values items;
    for (const auto* yielding : known->second) {
      if (const auto* from = as<YieldFrom>(yielding)) {
        pool_.add_to(items, each(eval(from->value)));
      } else {
        pool_.add_to(items, eval(static_cast<const Yield*>(yielding)->value));
      }
    }
    pool_.add_to(into, pool_.sequence({pool_.add(std::move(items))}, true));
  }
}

void Evaluator::add_method_results(const Value& instance, std::string_view name, Values& into) {
  for (const auto* method : program_.methods(instance.node, name)) {
    add_results(method, into);
  }
}

}  // namespace sallyport::validators::policy

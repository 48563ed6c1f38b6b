// What a name may be where it is used: which of its sources reach the use, and whether the builtin does.
#include "validators/policy/evaluator.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::size_t most_sources_looked_at = 256;  // of a name, to tell which reach a use; all do beyond
constexpr std::size_t most_reaching = 64;

struct Reach {
  bool all = false;      // any source may be it
  bool certain = false;  // one was there before the use in any case
  // Else: sources in these statements of the scope's body.
  std::uint32_t from = 0;
  std::uint32_t to = none;

  [[nodiscard]] bool has(const Source& source) const {
    return source.foreign || (source.top >= from && source.top <= to);
  }
};

// Straight-line code: what is bound for certain before the use hides what was bound before that.
Reach reach_in_scope(const Binding& binding, std::uint32_t top) {
  Reach reach;
  reach.to = top;
  for (const auto& source : binding.sources) {
    if (source.certain && !source.foreign && source.top < top && source.top >= reach.from) {
      reach.from = source.top;
      reach.certain = true;
    }
  }
  const auto reaching = std::count_if(binding.sources.begin(), binding.sources.end(),
                                      [&reach](const Source& source) { return reach.has(source); });
  reach.all = static_cast<std::size_t>(reaching) > most_reaching;
  return reach;
}

Reach reach_from_outside(const Binding& binding, std::uint32_t index) {
  Reach reach;
  reach.all = true;
  reach.certain = !binding.deleted &&
                  std::any_of(binding.sources.begin(), binding.sources.end(), [index](const Source& source) {
                    return source.certain && !source.foreign && source.node_index < index;
                  });
  return reach;
}

Reach reach_of(const Binding& binding, bool same_scope, const NodeInfo& use, std::uint32_t index) {
  if (binding.sources.size() > most_sources_looked_at) {
    Reach reach;
    reach.all = true;  // and the builtin too
    return reach;
  }
  return same_scope ? reach_in_scope(binding, use.top) : reach_from_outside(binding, index);
}

}  // namespace

SetId Evaluator::name_value(const Name& name, std::uint32_t index) {
  const auto& use = program_.nodes[index];
  const auto found = program_.lookup(use.scope, name.id);
  if (found.binding == none) {
    return builtin_value(name.id);
  }
  if (found.binding == override_binding_) {
    return override_value_;
  }
  const auto& binding = program_.bindings[found.binding];
  const auto reach = reach_of(binding, found.same_scope, use, index);
  ValuePool::Union values;
  bool deleted = false;
  if (reach.all) {
    deleted = binding.deleted;
    pool_.join(values, all_values(found.binding));
  } else {
    for (const auto& source : binding.sources) {
      if (!reach.has(source)) {
        continue;
      }
      if (source.kind == Source::Kind::deleted) {
        deleted = true;
      } else {
        pool_.join(values, source_value(source));
      }
    }
  }
  if (!reach.certain || deleted) {
    join_outer(values, name.id, found.binding);
  }
  return pool_.add(std::move(values));
}

// What the name means where its own scope does not have it (yet, or any more).
void Evaluator::join_outer(ValuePool::Union& into, std::string_view name, std::uint32_t binding) {
  const auto scope = program_.scopes[program_.bindings[binding].scope].kind;
  if (scope != ScopeKind::module && scope != ScopeKind::klass) {
    return;
  }
  if (scope == ScopeKind::klass) {
    // LOAD_NAME in a class body goes on with the globals.
    const auto global = program_.lookup(0, name);
    if (global.binding != none && global.binding != binding) {
      pool_.join(into, all_values(global.binding));
    }
  }
  // Only what matters as a builtin: `x` is not one.
  if (rights_.denied_builtin(name) || rights_.policy().call_only_builtins.contains(name) || is_dunder(name)) {
    pool_.join(into, builtin_value(name));
  }
}

// Of a name that nothing binds.
SetId Evaluator::builtin_value(std::string_view name) {
  if (const auto star = star_value(name)) {
    return *star;
  }
  auto value = made(ValueKind::builtin);
  value.text = name;
  return pool_.add(value);
}

// What `from x import *` brings under that name.
std::optional<SetId> Evaluator::star_value(std::string_view name) {
  for (const auto module : program_.star_modules) {
    if (rights_.surface(module) == nullptr) {
      return rights_.denied_builtin(name) || is_dunder(name) ? std::nullopt
                                                             : std::optional(pool_.add(refused_value()));
    }
    auto base = made(ValueKind::module);
    base.text = module;
    const auto resolved = module_attribute(base, name);
    if (resolved.verdict == Attribute::Verdict::denied || resolved.surface == nullptr) {
      continue;
    }
    if (resolved.surface->names.contains(name)) {
      return pool_.add(resolved.value);
    }
  }
  return {};
}

}  // namespace sallyport::validators::policy

// What an attribute may be: of a module by the policy, of anything else by what the program stores.
#include "validators/policy/evaluator.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::size_t most_parts = 8;  // of a member's dotted name
constexpr int deepest_shared = 8;      // attributes that are stored as attributes of others

// Methods that are followed even on what is not known: "x".join(...) with x unknown.
bool is_followed(std::string_view method) {
  static constexpr std::array<std::string_view, 9> known{"join",  "decode", "format", "get",  "pop",
                                                         "ljust", "rjust",  "center", "zfill"};
  return std::find(known.begin(), known.end(), method) != known.end();
}

}  // namespace

Evaluator::Attribute Evaluator::module_attribute(const Value& base, std::string_view name) {
  Attribute result;
  const bool is_module = base.kind == ValueKind::module;
  const auto* surface = rights_.surface(base.text);
  result.surface = surface;
  result.value = made(ValueKind::member);
  result.value.text = base.text;
  result.value.node = base.node;
  if (is_module) {
    result.value.name = name;
  } else {
    if (std::count(base.name.begin(), base.name.end(), '.') > static_cast<std::ptrdiff_t>(most_parts)) {
      result.verdict = Attribute::Verdict::allowed;
      result.value = Value{};
      return result;
    }
    bool ok = false;
    result.value.name = pool_.keep(std::string(base.name) + "." + std::string(name), ok);
  }
  const auto path = result.value.name;
  if (surface != nullptr && (surface->deny.contains(path) || rights_.denied_function(base.text, path))) {
    result.verdict = Attribute::Verdict::denied;
    result.denied_name = path;
    return result;
  }
  if (is_module) {
    resolve_in_module(result, name);
  } else {
    result.verdict = Attribute::Verdict::allowed;
  }
  return result;
}

// What is not denied: a module of its own, or a name that the policy lets out of this one.
void Evaluator::resolve_in_module(Attribute& into, std::string_view name) {
  const auto* surface = into.surface;
  const auto& policy = rights_.policy();
  bool ok = false;
  const auto deeper = pool_.keep(std::string(into.value.text) + "." + std::string(name), ok);
  if (ok && (policy.modules.contains(deeper) || program_.imported.contains(deeper)) &&
      rights_.surface(deeper) != nullptr) {
    into.value.kind = ValueKind::module;
    into.value.text = deeper;
    into.value.name = {};
    into.verdict = Attribute::Verdict::allowed;
  } else if (is_listed(policy.denied_modules, deeper)) {
    into.verdict = Attribute::Verdict::outside;
  } else if (surface != nullptr &&
             (surface->names.contains(name) || (surface->any_public && !name.starts_with('_')))) {
    into.verdict = Attribute::Verdict::allowed;
  } else if ((is_dunder(name) && policy.dunder_read.contains(name)) ||
             (ok && surface != nullptr && policy.writable_members.contains(deeper))) {
    into.verdict = Attribute::Verdict::allowed;
    into.value = Value{};
  }
}

SetId Evaluator::attribute(SetId base, std::string_view name) {
  if (is_told_of(name) && std::none_of(pool_[base].begin(), pool_[base].end(),
                                       [](const Value& value) { return value.kind == ValueKind::module; })) {
    return pool_.add(refused_value());
  }
  if (name == "__doc__") {
    return pool_.assembled_unknown();
  }
  if (base == anything) {
    return shared_attribute(name);
  }
  Values result;
  bool shared = false;
  for (const auto& value : pool_[base]) {
    shared |= add_attribute(value, name, result);
  }
  if (shared) {
    pool_.add_to(result, shared_attribute(name));
    const auto of_unknown = method(name, anything);
    if (is_followed(name)) {
      add_to(result, of_unknown);
    }
  }
  return pool_.add(std::move(result));
}

// What is told of at this step needs no more words at the next.
bool Evaluator::is_told_of(std::string_view name) const {
  const auto& policy = rights_.policy();
  return (rights_.denied_attribute(name) && rights_.blocks("attribute")) ||
         (is_dunder(name) && name != "__class__" && !policy.dunder_read.contains(name) &&
          !policy.dunder_self.contains(name) && rights_.blocks("dunder-attribute"));
}

bool Evaluator::add_attribute(const Value& value, std::string_view name, Values& into) {
  switch (value.kind) {
    case ValueKind::module:
    case ValueKind::member: {
      const auto resolved = module_attribute(value, name);
      add_to(into, resolved.verdict == Attribute::Verdict::allowed ? resolved.value : refused_value());
      return false;
    }
    case ValueKind::text:
    case ValueKind::bytes:
    case ValueKind::sequence:
    case ValueKind::mapping:
    case ValueKind::super:
      add_to(into, method(name, pool_.add(value)));
      return false;
    case ValueKind::builtin:
      add_to(into, rights_.denied_builtin(value.text) && rights_.blocks("builtin")
                       ? refused_value()
                       : method(name, pool_.add(value)));
      return false;
    case ValueKind::unknown:
      if (value.refused) {
        add_to(into, value);
        return false;
      }
      return true;
    case ValueKind::instance:
      add_method_results(value, "__getattr__", into);
      return true;
    default:
      return true;
  }
}

Value Evaluator::method(std::string_view name, SetId of) {
  auto value = made(ValueKind::method);
  value.name = name;
  value.items = pool_.keep({of});
  return value;
}

// All objects of the program share their attributes: what was stored under this name anywhere.
SetId Evaluator::shared_attribute(std::string_view name) {
  const auto stores = program_.attribute_stores.find(name);
  const auto names = program_.class_names.find(name);
  if (stores == program_.attribute_stores.end() && names == program_.class_names.end()) {
    return anything;
  }
  if (const auto known = shared_.find(name); known != shared_.end()) {
    return known->second;
  }
  if (shared_depth_ > deepest_shared) {
    return anything;
  }
  ++shared_depth_;
  const bool overridden = override_binding_ != none;
  if (!overridden) {
    shared_.emplace(name, anything);  // for what depends on itself
  }
  Values values;
  if (stores != program_.attribute_stores.end()) {
    for (const auto* value : stores->second) {
      pool_.add_to(values, eval(value));
    }
  }
  if (names != program_.class_names.end()) {
    for (const auto binding : names->second) {
      add_of_class(binding, values);
    }
  }
  --shared_depth_;
  add_to(values, Value{});
  const auto result = values.size() == 1 ? anything : pool_.add(std::move(values));
  if (!overridden) {
    shared_[name] = result;
  }
  return result;
}

// Of a binding in a class.
void Evaluator::add_of_class(std::uint32_t binding, Values& into) {
  pool_.add_to(into, all_values(binding));
  // A property is what its function returns.
  for (const auto& source : program_.bindings[binding].sources) {
    const auto* function = source.kind == Source::Kind::function ? as<FunctionDef>(source.node) : nullptr;
    if (function != nullptr && !function->decorator_list.empty()) {
      add_results(function, into);
    }
  }
}

}  // namespace sallyport::validators::policy

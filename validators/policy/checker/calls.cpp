// Calls, by what is called; arguments.cpp holds what they are given against the policy.
#include "validators/policy/checker/checker.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::array<std::string_view, 4> attribute_functions{"getattr", "setattr", "delattr", "hasattr"};
constexpr std::array<std::string_view, 4> attribute_dunders{"__getattribute__", "__getattr__", "__setattr__",
                                                            "__delattr__"};

bool contains(const std::array<std::string_view, 4>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

const CallRule* Checker::call_rule(std::string_view name) const {
  if (const auto found = policy_.calls.find(name); found != policy_.calls.end()) {
    return &found->second;
  }
  for (const auto& [prefix, rule] : policy_.call_prefixes) {
    if (name.starts_with(prefix)) {
      return &rule;
    }
  }
  return nullptr;
}

void Checker::check_call(const Call& node) {
  const auto& callees = evaluator_.values(node.func);
  if (all_refused(callees)) {
    return;
  }
  for (const auto& callee : callees) {
    if (callee.kind == ValueKind::builtin) {
      check_builtin_call(callee.text, node);
    } else if (callee.kind == ValueKind::method) {
      check_format_value(callee, node);
    } else if (callee.kind == ValueKind::member) {
      check_member_call(std::string(callee.text) + "." + std::string(callee.name), node);
    }
  }
  if (const auto* attribute = as<Attribute>(node.func)) {
    check_method_call(*attribute, node);
  }
}

// Of what a module has: "operator.attrgetter".
void Checker::check_member_call(std::string_view name, const Call& node) {
  if (name == "operator.attrgetter") {
    for (const auto* argument : node.args) {
      check_attribute_text(*argument, {Value{}}, true, "attrgetter");
    }
  } else if (name == "operator.methodcaller" && !node.args.empty()) {
    check_attribute_text(*node.args[0], {Value{}}, false, "methodcaller");
  } else if (name == "dataclasses.make_dataclass" && node.args.size() > 1) {
    check_made_fields(*node.args[1]);
  } else if (const auto* rule = call_rule(name)) {
    check_arguments(*rule, name, node);
  }
}

// Of whatever has a method of that name: df.query("...").
void Checker::check_method_call(const Attribute& callee, const Call& node) {
  if (contains(attribute_dunders, callee.attr)) {
    check_attribute_dunder(callee, node);
  }
  const auto method = policy_.method_calls.find(callee.attr);
  if (method == policy_.method_calls.end() ||
      (!method->second.with.empty() && !program_.imported.contains(method->second.with))) {
    return;
  }
  const auto& bases = evaluator_.values(callee.value);
  const bool other = std::all_of(bases.begin(), bases.end(), [](const Value& value) {
    return value.kind == ValueKind::module || value.kind == ValueKind::text ||
           value.kind == ValueKind::instance || value.kind == ValueKind::klass || value.refused;
  });
  if (!other) {
    check_arguments(method->second, "." + std::string(callee.attr), node);
  }
}

// object.__setattr__(self, "x", 1); super().__setattr__("x", 1).
void Checker::check_attribute_dunder(const Attribute& callee, const Call& node) {
  const auto& bases = evaluator_.values(callee.value);
  const bool bound = std::any_of(bases.begin(), bases.end(),
                                 [](const Value& value) { return value.kind == ValueKind::super; });
  const std::size_t place = bound ? 0 : 1;
  for (std::size_t i = 0; i < node.args.size() && i < 2; ++i) {
    const auto& values = evaluator_.values(node.args[i]);
    const bool text = std::any_of(values.begin(), values.end(),
                                  [](const Value& value) { return value.kind == ValueKind::text; });
    if (text || i == place) {
      return check_attribute_text(*node.args[i], i == 1 ? evaluator_.values(node.args[0]) : Values{Value{}},
                                  false, callee.attr);
    }
  }
  if (!node.args.empty()) {
    undecided(*node.args[0], callee.attr, "attribute name");
  }
}

void Checker::check_builtin_call(std::string_view name, const Call& node) {
  if (contains(attribute_functions, name)) {
    return check_attribute_function(name, node);
  }
  if (name == "vars" && !rights_.denied_builtin(name)) {
    return check_vars(node);
  }
  if (name == "type" && node.args.size() == 3) {
    return check_class_body(*node.args[2]);
  }
  if (const auto* rule = call_rule(name)) {
    check_arguments(*rule, name, node);
  }
}

// getattr and its like.
void Checker::check_attribute_function(std::string_view name, const Call& node) {
  if (node.args.size() < 2 || node.args[0]->kind == NodeKind::Starred ||
      node.args[1]->kind == NodeKind::Starred) {
    return tell("assembled-name", node.location, name);
  }
  const auto* constant = as<Constant>(node.args[1]);
  if (name == "hasattr" && constant != nullptr && constant->value_kind == ConstantKind::Str) {
    return;  // says whether it is there, and no more
  }
  const auto& bases = evaluator_.values(node.args[0]);
  if (name == "setattr" || name == "delattr") {
    const auto& names = evaluator_.values(node.args[1]);
    const bool known = names.size() == 1 && names[0].kind == ValueKind::text && !names[0].prefix_only;
    if (check_tampering(bases, known ? names[0].text : name, node.location, node.args[0])) {
      return;
    }
  }
  check_attribute_text(*node.args[1], bases, false, name);
}

// vars() gives what locals() does, vars(x) gives x.__dict__.
void Checker::check_vars(const Call& node) {
  if (node.args.empty()) {
    return tell("builtin-value", node.location, "vars");
  }
  const auto& values = evaluator_.values(node.args[0]);
  if (std::any_of(values.begin(), values.end(), [](const Value& value) {
        return is_module(value) || value.kind == ValueKind::builtin || value.kind == ValueKind::function;
      })) {
    tell("dunder-attribute", node.location, "__dict__");
  }
}

}  // namespace sallyport::validators::policy

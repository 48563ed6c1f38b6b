// Builtins, what binds their names, and names that look like others.
#include "validators/policy/checker/checker.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

// Whether the rule is about texts that name attributes, or are code.
bool takes_text(const CallRule& rule) {
  return std::any_of(rule.arguments.begin(), rule.arguments.end(), [](const ArgumentRule& argument) {
    return argument.demand != Demand::path && argument.demand != Demand::literal;
  });
}

}  // namespace

void Checker::check_name(const Name& node, std::uint32_t index) {
  if (!ascii_ && node.location.end_column - node.location.column != node.id.size()) {
    look_alike(node.location, node.id);
  }
  if (node.ctx != Context::Load) {
    check_bound_name(node.id, node.location);
    return check_definition(node, node.id, index);
  }
  check_call_only(node, index);
  for (const auto& value : evaluator_.values_at(index)) {
    if (value.kind == ValueKind::builtin && value.text == node.id) {
      check_star_imports(node);
      check_builtin_name(node, index);
    }
  }
}

// `from x import *` brings what x denies as well.
void Checker::check_star_imports(const Name& node) {
  for (const auto module : program_.star_modules) {
    Value base = made(ValueKind::module);
    base.text = module;
    if (rights_.surface(module) != nullptr &&
        evaluator_.module_attribute(base, node.id).verdict == Evaluator::Attribute::Verdict::denied) {
      check_attribute_of({base}, node.id, node.location, nullptr, false, false);
    }
  }
}

void Checker::check_builtin_name(const Name& node, std::uint32_t index) {
  if (rights_.denied_builtin(node.id) ||
      (is_dunder(node.id) && !policy_.dunder_names.contains(node.id) && node.id != "__class__")) {
    tell_of_builtin("builtin", node);
  } else if (policy_.call_only_builtins.contains(node.id)) {
    const auto* call = as<Call>(program_.nodes[program_.nodes[index].parent].node);
    if (call == nullptr || call->func != &node) {
      tell_of_builtin("builtin-value", node);
    }
  } else if (node.id == "exit" || node.id == "quit" || node.id == "SystemExit") {
    exits_ = true;
  }
}

void Checker::tell_of_builtin(std::string_view rule, const Name& node) {
  Words words;
  words.name = node.id;
  if (const auto hint = policy_.builtin_hints.find(node.id); hint != policy_.builtin_hints.end()) {
    words.detail = hint->second;
  }
  report_.add(rule, node.location, words);
}

void Checker::check_bound_name(std::string_view name, const Location& where) {
  if (is_dunder(name) && rights_.denied_builtin(name)) {
    tell("builtin", where, name);
  }
}

// What takes attribute names or code is called where it stands, or given another name; not passed on.
void Checker::check_call_only(const Expr& node, std::uint32_t index) {
  const auto* parent = program_.nodes[program_.nodes[index].parent].node;
  const auto* call = as<Call>(parent);
  if ((call != nullptr && call->func == &node) || parent->kind == NodeKind::Assign ||
      parent->kind == NodeKind::Attribute) {
    return;
  }
  for (const auto& value : evaluator_.values(&node)) {
    if (value.kind != ValueKind::member) {
      continue;
    }
    const auto name = std::string(value.text) + "." + std::string(value.name);
    const auto* rule = call_rule(name);
    if (name == "operator.attrgetter" || name == "operator.methodcaller" ||
        (rule != nullptr && takes_text(*rule))) {
      tell("builtin-value", node.location, name);
    }
  }
  if (const auto* attribute = as<Attribute>(&node);
      attribute != nullptr && call != nullptr && attribute->ctx == Context::Load) {
    check_passed_method(*attribute, *call);
  }
}

// map(df.query, ...)
void Checker::check_passed_method(const Attribute& node, const Call& call) {
  const auto method = policy_.method_calls.find(node.attr);
  if (method == policy_.method_calls.end() || is_own(node.value) || !takes_text(method->second) ||
      (!method->second.with.empty() && !program_.imported.contains(method->second.with))) {
    return;
  }
  const auto* function = as<Name>(call.func);
  if (function != nullptr && (function->id == "map" || function->id == "filter")) {
    tell("builtin-value", node.location, node.attr);
  }
}

// What keeps sys.exit() from ending the program: told where it has one.
void Checker::check_handler(const ExceptHandler& handler) {
  const auto* type = as<Name>(handler.type);
  const bool broad = handler.type == nullptr || (type != nullptr && type->id == "BaseException");
  const bool raises = std::any_of(handler.body.begin(), handler.body.end(),
                                  [](const Stmt* statement) { return statement->kind == NodeKind::Raise; });
  if (broad && !raises) {
    swallowing_.push_back(&handler);
  }
}

void Checker::look_alike(const Location& where, std::string_view name) {
  if (ascii_ || !python::is_ascii(name)) {
    return;
  }
  if (!python::is_ascii(report_.text_at(where))) {
    tell("look-alike", where, name);
  }
}

}  // namespace sallyport::validators::policy

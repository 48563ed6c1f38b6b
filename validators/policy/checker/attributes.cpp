// Attributes that are read or assigned: of modules by the policy, of anything else by their names.
#include "validators/policy/checker/checker.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <string>

namespace sallyport::validators::policy {

using namespace python::ast;

void Checker::check_attribute(const Attribute& node, std::uint32_t index) {
  const auto& bases = evaluator_.values(node.value);
  if (!ascii_) {
    check_spelling(node);
  }
  if (node.ctx != Context::Load) {
    if (check_tampering(bases, node.attr, node.location, node.value)) {
      return;
    }
  } else if (node.attr == "obj" && tempting_.empty() && is_of_exception(node, index)) {
    tempting_ = node.attr;
  }
  check_call_only(node, index);
  const bool harmless = is_dunder(node.attr) && dunder_is_harmless(node, index);
  if (check_attribute_of(bases, node.attr, node.location, node.value, harmless, false)) {
    return;
  }
  if (node.attr == "format" || node.attr == "format_map") {
    check_format(node, bases, index);
  }
}

// The name stands at the end; how it is spelled is known only if nothing but it is there.
void Checker::check_spelling(const Attribute& node) {
  const auto written = report_.text_at(node.location);
  if (!written.empty() && !written.ends_with(node.attr) && python::is_ascii(node.attr)) {
    tell("look-alike", node.location, node.attr);
  }
}

// An AttributeError hands out the object that something was read of.
bool Checker::is_of_exception(const Attribute& node, std::uint32_t index) const {
  const auto* name = as<Name>(node.value);
  if (name == nullptr) {
    return false;
  }
  const auto found = program_.lookup(program_.nodes[index].scope, name->id);
  if (found.binding == none) {
    return false;
  }
  const auto& sources = program_.bindings[found.binding].sources;
  const auto last = sources.begin() + static_cast<std::ptrdiff_t>(std::min(sources.size(), most_names));
  return std::any_of(sources.begin(), last, [this](const Source& source) {
    return program_.nodes[source.node_index].node->kind == NodeKind::ExceptHandler;
  });
}

bool Checker::check_tampering(const Values& bases, std::string_view name, const Location& where,
                              const Expr* base) {
  for (const auto& value : bases) {
    if (value.kind != ValueKind::module && (value.kind != ValueKind::builtin || !is_dunder(value.text))) {
      continue;
    }
    if (policy_.writable_members.contains(std::string(value.text) + "." + std::string(name))) {
      return true;
    }
    Words words;
    words.module = value.text;
    words.name = name;
    words.chain = chain_of(value, base);
    report_.add("module-tampering", where, words);
    return true;
  }
  return false;
}

bool Checker::check_attribute_of(const Values& bases, std::string_view name, const Location& where,
                                 const Expr* base, bool harmless_dunder, bool as_text) {
  if (all_refused(bases)) {
    return false;
  }
  bool of_module = false;
  for (const auto& value : bases) {
    if (!is_module(value)) {
      continue;
    }
    if (check_member(value, name, where, base)) {
      return true;
    }
    of_module = of_module || value.kind == ValueKind::module;
    if (value.text == "sys" && name == "exit") {
      exits_ = true;
    }
  }
  if (of_module && bases.size() == 1) {
    return false;
  }
  Words words;
  words.name = name;
  words.detail = attribute_hint(name);
  std::string_view rule;
  if (rights_.denied_attribute(name)) {
    rule = "attribute";
  } else if (is_dunder(name) && !harmless_dunder && (!as_text || !policy_.dunder_read.contains(name))) {
    rule = "dunder-attribute";
  } else if (escaped_ && is_suspect(name) && may_be_module(bases, name, base)) {
    rule = "attribute";
    words.chain = "a module was passed around in this program";
  } else {
    return false;
  }
  report_.add(rule, where, words);
  return true;
}

// Of a module, or of what it has.
bool Checker::check_member(const Value& value, std::string_view name, const Location& where,
                           const Expr* base) {
  const auto resolved = evaluator_.module_attribute(value, name);
  if (resolved.verdict == Evaluator::Attribute::Verdict::allowed) {
    return false;
  }
  Words words;
  words.module = value.text;
  words.chain = chain_of(value, base);
  if (resolved.verdict == Evaluator::Attribute::Verdict::denied) {
    const auto hint = resolved.surface->deny.find(resolved.denied_name);
    words.name = resolved.denied_name;
    words.detail = hint == resolved.surface->deny.end() ? std::string() : hint->second;
    report_.add("module-member", where, words);
  } else {
    words.name = name;
    words.detail = module_hint(std::string(value.text) + "." + std::string(name));
    report_.add(is_dunder(name) ? "dunder-attribute" : "module-attribute", where, words);
  }
  return true;
}

// The name of something that modules have and hardly anything else.
bool Checker::is_suspect(std::string_view name) const {
  const auto plain = name.starts_with('_') ? name.substr(1) : name;
  return !name.empty() &&
         (policy_.suspect_attributes.contains(plain) || policy_.suspect_attributes.contains(name));
}

bool Checker::may_be_module(const Values& bases, std::string_view name, const Expr* base) const {
  if (is_own(base)) {
    return false;
  }
  const bool own_name = program_.attribute_stores.contains(name) || program_.class_names.contains(name);
  return std::any_of(bases.begin(), bases.end(), [own_name](const Value& value) {
    return (value.kind == ValueKind::unknown && !value.refused) ||
           (!own_name && (value.kind == ValueKind::instance || value.kind == ValueKind::function));
  });
}

// A module that is passed on or stored may come back from anywhere.
void Checker::find_escapes() {
  escaped_ = program_.untracked && !program_.imported.empty();
  for (std::uint32_t index = 0; index < program_.nodes.size(); ++index) {
    if (!goes_elsewhere(program_.nodes[index])) {
      continue;
    }
    const auto& values = evaluator_.values_at(index);
    if (std::any_of(values.begin(), values.end(),
                    [](const Value& value) { return value.kind == ValueKind::module; })) {
      escaped_ = true;
      return;
    }
  }
}

// A name or attribute that is not only looked into, or given another name.
bool Checker::goes_elsewhere(const NodeInfo& info) const {
  if ((info.node->kind != NodeKind::Name && info.node->kind != NodeKind::Attribute) || info.parent == none) {
    return false;
  }
  const auto* parent = program_.nodes[info.parent].node;
  if (parent->kind == NodeKind::Attribute || parent->kind == NodeKind::ExprStmt) {
    return false;
  }
  const auto* assign = as<Assign>(parent);
  return assign == nullptr ||
         std::any_of(assign->targets.begin(), assign->targets.end(),
                     [](const Expr* target) { return target->kind == NodeKind::Subscript; });
}

std::string Checker::chain_of(const Value& value, const Expr* base) const {
  if (!is_module(value) || value.node == nullptr) {
    return {};
  }
  const auto full = value.kind == ValueKind::module ? std::string(value.text)
                                                    : std::string(value.text) + "." + std::string(value.name);
  const auto* name = as<Name>(base);
  if (name != nullptr && name->id == full) {
    return {};
  }
  const auto line = std::to_string(value.node->location.line);
  return (name != nullptr ? std::string(name->id) + " is " + full : "the value is " + full) +
         ", imported at line " + line;
}

std::string Checker::attribute_hint(std::string_view name) const {
  const auto found = policy_.attribute_hints.find(name);
  return found == policy_.attribute_hints.end() ? std::string() : found->second;
}

}  // namespace sallyport::validators::policy

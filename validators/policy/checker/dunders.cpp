// Which names with two underscores do no harm, and where.
#include "validators/policy/checker/checker.hpp"

#include <algorithm>
#include <array>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::size_t longest_name = 64;

// What modules, classes and well-known libraries call themselves; not what may be reached for.
constexpr std::array<std::string_view, 6> honest_names{
    "__main__", "__all__", "__author__", "__match_args__", "__array_priority__", "__pydantic__"};

}  // namespace

bool Checker::dunder_is_harmless(const Attribute& node, std::uint32_t index) {
  const bool read = node.ctx == Context::Load;
  if (read ? policy_.dunder_read.contains(node.attr) : policy_.dunder_write.contains(node.attr)) {
    return true;
  }
  if (policy_.dunder_self.contains(node.attr) &&
      (is_of_self(node, index) || (read && node.attr == "__dict__" && is_vars_of_parameter(node, index)))) {
    return true;
  }
  if (node.attr == "__class__" && read && policy_.dunder_class) {
    // x.__class__.__name__, x.__class__ == y.__class__
    const auto* parent = program_.nodes[program_.nodes[index].parent].node;
    if (const auto* outer = as<Attribute>(parent)) {
      return policy_.dunder_read.contains(outer->attr);
    }
    return parent->kind == NodeKind::Compare;
  }
  return false;
}

// self.__x__, super().__x__
bool Checker::is_of_self(const Attribute& node, std::uint32_t index) {
  const auto* name = as<Name>(node.value);
  if (name != nullptr && (name->id == "self" || name->id == "cls" || name->id == "other") &&
      is_parameter(*name, index)) {
    return true;
  }
  const auto& bases = evaluator_.values(node.value);
  return std::any_of(bases.begin(), bases.end(),
                     [](const Value& value) { return value.kind == ValueKind::super; });
}

// json.dumps(x, default=lambda o: o.__dict__): what vars(o) gives.
bool Checker::is_vars_of_parameter(const Attribute& node, std::uint32_t index) {
  const auto* name = as<Name>(node.value);
  if (name == nullptr || rights_.denied_builtin("vars") || !is_parameter(*name, index)) {
    return false;
  }
  const auto& bases = evaluator_.values(node.value);
  return std::all_of(bases.begin(), bases.end(), [](const Value& value) {
    return value.kind == ValueKind::unknown || value.kind == ValueKind::instance;
  });
}

bool Checker::is_parameter(const Name& name, std::uint32_t index) const {
  const auto found = program_.lookup(program_.nodes[index].scope, name.id);
  return found.binding != none && program_.bindings[found.binding].parameter;
}

bool Checker::forbidden_name(std::string_view name) const {
  if (name.size() > longest_name) {
    return false;
  }
  if (rights_.denied_attribute(name)) {
    return name.find('_') != std::string_view::npos;
  }
  return is_dunder(name) && !policy_.dunder_read.contains(name) && !policy_.dunder_self.contains(name) &&
         !policy_.dunder_names.contains(name) && !policy_.dunder_write.contains(name) &&
         std::find(honest_names.begin(), honest_names.end(), name) == honest_names.end();
}

}  // namespace sallyport::validators::policy

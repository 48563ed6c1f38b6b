// Where a name or a method stands for.
#include "validators/policy/program.hpp"

#include <algorithm>

namespace sallyport::validators::policy {

using namespace python::ast;

// Where `global` or `nonlocal` says that the name is; most programs have neither.
const std::uint32_t* Program::redirect_of(std::uint32_t scope, std::string_view name) const {
  if (redirects_.empty()) {
    return nullptr;
  }
  const auto found = redirects_.find({scope, name});
  return found == redirects_.end() ? nullptr : &found->second;
}

Lookup Program::lookup(std::uint32_t scope, std::string_view name) const {
  const auto start = scope;
  while (scope != none) {
    if (const auto* redirect = redirect_of(scope, name)) {
      const auto found = names_.find({*redirect, name});
      return found == names_.end() ? Lookup{} : Lookup{found->second, false};
    }
    if (scopes[scope].kind != ScopeKind::klass || scope == start) {
      const auto found = names_.find({scope, name});
      if (found != names_.end()) {
        return {found->second, scope == start};
      }
    }
    scope = scopes[scope].parent;
  }
  return {};
}

std::vector<const Node*> Program::methods(const Node* klass, std::string_view name) const {
  std::vector<const Node*> result;
  const auto found = methods_.find(name);
  if (found == methods_.end()) {
    return result;
  }
  std::size_t looked_at = 0;
  for (const auto* method : found->second) {
    if (++looked_at > most_class_names) {
      break;
    }
    const auto index = index_of(method);
    if (index != none && nodes[nodes[index].parent].node == klass) {
      result.push_back(method);
    }
  }
  const auto* definition = as<ClassDef>(klass);
  if (result.empty() && definition != nullptr && !definition->bases.empty()) {
    const auto count = std::min(found->second.size(), most_candidates);
    result.assign(found->second.begin(), found->second.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return result;
}

}  // namespace sallyport::validators::policy

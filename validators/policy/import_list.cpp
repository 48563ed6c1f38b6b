#include "validators/policy/import_list.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace sallyport::validators::policy {
namespace {

constexpr std::string_view below = ".*";

// A request's own list has the modules and what is below them.
void add_tree(std::set<std::string>& names, const std::string& module) {
  names.insert(module);
  names.insert(module + std::string(below));
}

// The names of the policy that a request's list leaves, and of that list what the policy's trees hold.
std::set<std::string> narrowed(const Policy& policy, const Adjustments& adjustments) {
  const TextSet asked(adjustments.allowed_imports->begin(), adjustments.allowed_imports->end());
  std::set<std::string> names;
  if (policy.any_module || adjustments.replaces_imports) {
    for (const auto& module : asked) add_tree(names, module);
    return names;
  }
  for (const auto& [module, surface] : policy.modules) {
    if (is_listed(asked, module)) names.insert(module);
  }
  for (const auto& [module, surface] : policy.module_trees) {
    if (is_listed(asked, module)) names.insert(module + std::string(below));
  }
  for (const auto& module : asked) {
    if (find_surface(policy, module) != nullptr) {
      names.insert(module);
      // Within a tree of the policy; what is below is in that tree too.
      if (!policy.modules.contains(module)) names.insert(module + std::string(below));
    }
  }
  return names;
}

}  // namespace

std::optional<ImportList> import_list(const Policy& policy, const Adjustments& adjustments) {
  const auto rule = policy.rules.find("import");
  if (!policy.enabled || rule == policy.rules.end() || rule->second.action != Action::block) {
    return std::nullopt;
  }
  ImportList list;
  std::set<std::string> denied(policy.denied_modules.begin(), policy.denied_modules.end());
  denied.insert(adjustments.forbidden_modules.begin(), adjustments.forbidden_modules.end());
  list.denied.assign(denied.begin(), denied.end());
  if (adjustments.allowed_imports) {
    const auto names = narrowed(policy, adjustments);
    list.allowed.emplace(names.begin(), names.end());
  } else if (!policy.any_module) {
    std::set<std::string> names;
    for (const auto& [module, surface] : policy.modules) names.insert(module);
    for (const auto& [module, surface] : policy.module_trees) names.insert(module + std::string(below));
    list.allowed.emplace(names.begin(), names.end());
  }
  return list;
}

}  // namespace sallyport::validators::policy

// A policy as one request has it: with what the request itself adds and narrows.
#pragma once

#include "validators/policy/policy.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::policy {

struct Adjustments {
  // Narrows the modules of the policy to these and what is below them; with `replaces_imports` they are
  // allowed even if the policy does not list them (but not what it denies).
  std::optional<std::vector<std::string>> allowed_imports;
  bool replaces_imports = false;
  std::vector<std::string> forbidden_functions;  // "print", "numpy.save"
  std::vector<std::string> forbidden_modules;
  std::vector<std::string> forbidden_attributes;
};

class Rights {
 public:
  Rights(const Policy& policy, const Adjustments& adjustments) : policy_(policy) {
    if (adjustments.allowed_imports) {
      narrowed_ = true;
      replaces_ = adjustments.replaces_imports;
      allowed_.insert(adjustments.allowed_imports->begin(), adjustments.allowed_imports->end());
    }
    functions_.insert(adjustments.forbidden_functions.begin(), adjustments.forbidden_functions.end());
    modules_.insert(adjustments.forbidden_modules.begin(), adjustments.forbidden_modules.end());
    attributes_.insert(adjustments.forbidden_attributes.begin(), adjustments.forbidden_attributes.end());
  }

  const Policy& policy() const { return policy_; }

  const Surface* surface(std::string_view module) const {
    if (is_listed(modules_, module)) {
      return nullptr;
    }
    const auto* found = find_surface(policy_, module);
    if (!narrowed_) {
      return found;
    }
    if (!is_listed(allowed_, module)) {
      return nullptr;
    }
    static const Surface public_names{true, {}, {}};
    const bool replaced =
        found == nullptr && replaces_ && !is_listed(policy_.denied_modules, module) && !is_private(module);
    return replaced ? &public_names : found;
  }

  bool blocks(std::string_view rule) const {
    const auto found = policy_.rules.find(rule);
    return found != policy_.rules.end() && found->second.action == Action::block;
  }

  bool denied_builtin(std::string_view name) const {
    return policy_.denied_builtins.contains(name) || (!functions_.empty() && functions_.contains(name));
  }
  bool denied_attribute(std::string_view name) const {
    return policy_.denied_attributes.contains(name) || (!attributes_.empty() && attributes_.contains(name));
  }
  bool denied_function(std::string_view module, std::string_view name) const {
    if (functions_.empty()) {
      return false;
    }
    return functions_.contains(std::string(module) + "." + std::string(name));
  }

 private:
  // Below what the request's list names: "numpy._core" of "numpy".
  bool is_private(std::string_view module) const {
    while (!allowed_.contains(module)) {
      const auto dot = module.rfind('.');
      if (dot == std::string_view::npos || module.substr(dot + 1).starts_with('_')) {
        return true;
      }
      module = module.substr(0, dot);
    }
    return false;
  }

  const Policy& policy_;
  bool narrowed_ = false;
  bool replaces_ = false;
  TextSet allowed_;
  TextSet functions_;
  TextSet modules_;
  TextSet attributes_;
};

}  // namespace sallyport::validators::policy

// What the tests of the policy share.
#pragma once

#include "tests/support/source_folder.hpp"
#include "validators/ast_validator.hpp"
#include "validators/policy/policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace sallyport::validators::policy {

inline std::string read_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline const Policy& shipped(const std::string& name) {
  static std::map<std::string, Policy> loaded;
  const auto found = loaded.find(name);
  if (found != loaded.end()) {
    return found->second;
  }
  auto result = load_policy(read_text(test::source_folder() + "/config/policies/" + name + ".json"));
  for (const auto& mistake : result.mistakes) {
    ADD_FAILURE() << name << ": " << mistake.text();
  }
  return loaded.emplace(name, result.policy ? std::move(*result.policy) : Policy()).first->second;
}

inline ASTValidationResult check(const std::string& code, const std::string& policy = "default",
                                 const Adjustments& adjustments = {}) {
  return ASTValidator().validate(code, shipped(policy), adjustments);
}

inline std::string told(const ASTValidationResult& result) {
  std::string text;
  for (const auto& violation : result.violations) {
    text += violation.rule + (violation.action == Action::block ? " blocks " : " warns ") +
            std::to_string(violation.line) + ":" + std::to_string(violation.column) + ": " +
            violation.message + "\n";
  }
  return text;
}

inline bool has_rule(const ASTValidationResult& result, const std::string& rule) {
  return std::any_of(result.violations.begin(), result.violations.end(),
                     [&rule](const Violation& violation) { return violation.rule == rule; });
}

}  // namespace sallyport::validators::policy

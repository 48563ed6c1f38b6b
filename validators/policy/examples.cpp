#include "validators/policy/examples.hpp"

#include "validators/ast_validator.hpp"

#include <algorithm>

namespace sallyport::validators::policy {
namespace {

bool reported(const Policy& policy, const std::string& rule, const std::string& program) {
  const auto result = ASTValidator().validate(program, policy);
  return std::any_of(result.violations.begin(), result.violations.end(),
                     [&rule](const Violation& violation) { return violation.rule == rule; });
}

}  // namespace

std::vector<PolicyMistake> check_examples(const Policy& policy) {
  std::vector<PolicyMistake> mistakes;
  const auto check = [&](const std::string& id, const char* kind, const std::vector<std::string>& programs,
                         bool wanted) {
    const std::string key = "rules." + id + ".examples." + kind;
    if (programs.empty()) mistakes.push_back({key, "needs at least one example"});
    for (std::size_t i = 0; i < programs.size(); ++i) {
      if (reported(policy, id, programs[i]) == wanted) continue;
      mistakes.push_back({key + "[" + std::to_string(i) + "]", wanted
                                                                   ? "the rule does not report this program"
                                                                   : "the rule reports this program"});
    }
  };
  for (const auto& [id, rule] : policy.rules) {
    check(id, "match", rule.must_match, true);
    check(id, "pass", rule.must_pass, false);
  }
  return mistakes;
}

}  // namespace sallyport::validators::policy

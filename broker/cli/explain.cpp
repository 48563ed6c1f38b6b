#include "broker/cli/explain.hpp"

#include "broker/cli/command_line.hpp"
#include "config/nearest.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <string_view>
#include <vector>

namespace sallyport::broker::cli {
namespace {

using validators::policy::Policy;
using validators::policy::Rule;

const char* action_name(const Rule& rule) {
  return rule.action == validators::policy::Action::block ? "block" : "warn";
}

nlohmann::ordered_json to_json(const Rule& rule) {
  nlohmann::ordered_json object;
  object["rule"] = rule.id;
  object["type"] = rule.type;
  object["severity"] = rule.severity;
  object["action"] = action_name(rule);
  object["rationale"] = rule.rationale;
  object["message"] = rule.message;
  object["hint"] = rule.hint;
  object["examples"]["match"] = rule.must_match;
  object["examples"]["pass"] = rule.must_pass;
  return object;
}

void print_programs(const char* title, const std::vector<std::string>& programs) {
  std::cout << "\n" << title << "\n";
  for (const std::string& program : programs) {
    std::cout << "\n    ";
    for (const char c : program) std::cout << c << (c == '\n' ? "    " : "");
    std::cout << "\n";
  }
}

void print(const Rule& rule, const Policy& policy) {
  std::cout << rule.id << " (policy " << policy.name << ")\n\n"
            << rule.rationale << "\n\n"
            << "type      " << rule.type << "\n"
            << "severity  " << rule.severity << "\n"
            << "action    " << action_name(rule) << "\n"
            << "message   " << rule.message << "\n";
  if (!rule.hint.empty()) std::cout << "hint      " << rule.hint << "\n";
  print_programs("Reported:", rule.must_match);
  print_programs("Not reported:", rule.must_pass);
}

int explain_all(const Policy& policy, bool json) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& [id, rule] : policy.rules) {
    if (json) {
      list.push_back(to_json(rule));
    } else {
      std::cout << id << " (" << action_name(rule) << "): " << rule.rationale << "\n";
    }
  }
  if (json) std::cout << list.dump(2) << "\n";
  return kSuccess;
}

}  // namespace

int explain(const Policy& policy, const std::string& id, bool json) {
  if (id == "all") return explain_all(policy, json);
  const auto found = policy.rules.find(id);
  if (found == policy.rules.end()) {
    std::vector<std::string_view> ids;
    for (const auto& [known, rule] : policy.rules) ids.push_back(known);
    std::cerr << "sallyport: the policy \"" << policy.name << "\" has no rule \"" << id << "\"";
    if (const auto near = config::nearest(id, ids)) std::cerr << "; did you mean \"" << *near << "\"?";
    std::cerr << "; --explain all lists them\n";
    return kUsage;
  }
  if (json) {
    std::cout << to_json(found->second).dump(2) << "\n";
  } else {
    print(found->second, policy);
  }
  return kSuccess;
}

}  // namespace sallyport::broker::cli

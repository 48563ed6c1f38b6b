#include "validators/policy/import_list.hpp"

#include "tests/support/source_folder.hpp"
#include "tests/unit/validators/policy/support.hpp"
#include "validators/policy/examples.hpp"
#include "validators/policy/rights.hpp"
#include "validators/policy/shipped_policies.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::policy {
namespace {

using Names = std::vector<std::string>;

/// As the agent reads the list.
bool guest_allows(const ImportList& list, const std::string& module) {
  const TextSet denied(list.denied.begin(), list.denied.end());
  if (is_listed(denied, module)) return false;
  if (!list.allowed) return true;
  const auto has = [&](std::string_view name) {
    return std::find(list.allowed->begin(), list.allowed->end(), name) != list.allowed->end();
  };
  if (has(module)) return true;
  for (std::string_view parent = module;;) {
    const auto dot = parent.rfind('.');
    if (dot == std::string_view::npos || parent.substr(dot + 1).starts_with('_')) return false;
    parent = parent.substr(0, dot);
    if (has(std::string(parent) + ".*")) return true;
  }
}

const Names& modules() {
  static const Names names{"math",
                           "json",
                           "json.decoder",
                           "os",
                           "os.path",
                           "numpy",
                           "numpy.linalg",
                           "numpy.lib",
                           "numpy._core",
                           "pandas",
                           "pandas.io",
                           "matplotlib",
                           "matplotlib.pyplot",
                           "scipy",
                           "scipy.stats",
                           "scipy.stats.mstats",
                           "scipy._lib",
                           "sys",
                           "subprocess",
                           "collections.abc",
                           "xml.etree.ElementTree",
                           "importlib",
                           "socket",
                           "mymodule",
                           "mymodule.part"};
  return names;
}

void expect_agreement(const Policy& policy, const Adjustments& adjustments) {
  const auto list = import_list(policy, adjustments);
  ASSERT_TRUE(list.has_value());
  const Rights rights(policy, adjustments);
  for (const std::string& module : modules()) {
    EXPECT_EQ(guest_allows(*list, module), rights.surface(module) != nullptr) << policy.name << " " << module;
  }
}

TEST(ImportList, TheGuestAllowsWhatTheFirstDoorAllows) {
  for (const char* name : {"default", "strict"}) {
    expect_agreement(shipped(name), {});
    Adjustments adjustments;
    adjustments.forbidden_modules = {"json", "matplotlib.pyplot"};
    expect_agreement(shipped(name), adjustments);
    adjustments.allowed_imports = Names{"math", "numpy", "os", "scipy.stats", "mymodule"};
    expect_agreement(shipped(name), adjustments);
    adjustments.replaces_imports = true;
    expect_agreement(shipped(name), adjustments);
    adjustments.allowed_imports = Names{};
    expect_agreement(shipped(name), adjustments);
  }
}

TEST(ImportList, NothingIsHeldBackWhereImportsDoNotBlock) {
  EXPECT_FALSE(import_list(shipped("off"), {}).has_value());
  Policy policy = shipped("default");
  policy.rules.at("import").action = Action::warn;
  EXPECT_FALSE(import_list(policy, {}).has_value());
}

TEST(ShippedPolicies, AreTheFilesOfTheSource) {
  EXPECT_EQ(default_policy(), read_text(test::source_folder() + "/config/policies/default.json"));
  EXPECT_EQ(off_policy(), read_text(test::source_folder() + "/config/policies/off.json"));
  for (const char* name : {"default", "strict", "trusted", "off"}) {
    for (const PolicyMistake& mistake : check_examples(shipped(name)))
      ADD_FAILURE() << name << ": " << mistake.text();
  }
}

TEST(ShippedPolicies, AnExampleThatDoesNotHoldIsAMistake) {
  Policy policy = shipped("strict");
  policy.rules.at("import").must_match = {"import math"};
  policy.rules.at("import").must_pass.clear();
  const auto mistakes = check_examples(policy);
  ASSERT_EQ(mistakes.size(), 2U);
  EXPECT_EQ(mistakes[0].text(), "rules.import.examples.match[0]: the rule does not report this program");
  EXPECT_EQ(mistakes[1].text(), "rules.import.examples.pass: needs at least one example");
}

}  // namespace
}  // namespace sallyport::validators::policy

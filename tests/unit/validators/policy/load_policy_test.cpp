#include "tests/unit/validators/policy/support.hpp"

#include <gtest/gtest.h>

namespace sallyport::validators::policy {
namespace {

std::string mistakes_of(const std::string& text) {
  const auto loaded = load_policy(text);
  EXPECT_EQ(loaded.policy.has_value(), loaded.mistakes.empty());
  std::string all;
  for (const auto& mistake : loaded.mistakes) {
    all += mistake.text() + "\n";
  }
  return all;
}

TEST(LoadPolicy, ShippedFilesAreRight) {
  for (const char* name : {"default", "strict", "trusted", "off"}) {
    EXPECT_EQ(shipped(name).name, name);
  }
}

TEST(LoadPolicy, SmallestPolicy) {
  EXPECT_EQ(mistakes_of(R"({"name": "x"} // comment)"), "");
}

TEST(LoadPolicy, NamesTheNearestKey) {
  EXPECT_EQ(mistakes_of(R"({"name": "x", "import": {}})"),
            "import: is no such key; did you mean \"imports\"?\n");
  EXPECT_EQ(mistakes_of(R"({"name": "x", "limits": {"node": 1}})"),
            "limits.node: is no such key; did you mean \"nodes\"?\n");
  EXPECT_EQ(mistakes_of(R"({"name": "x", "calls": {"open": {"arguments": [{"must": "paths"}]}}})"),
            "calls.open.arguments[0].must: \"paths\" is not known; did you mean \"path\"?\n");
}

TEST(LoadPolicy, WrongTypes) {
  EXPECT_NE(mistakes_of("[]"), "");
  EXPECT_EQ(mistakes_of(R"({"name": "x", "enabled": 1})"), "enabled: must be true or false\n");
  EXPECT_EQ(mistakes_of(R"({"name": "x", "builtins": {"deny": ["a", 1]}})"),
            "builtins.deny[1]: must be a text that is not empty\n");
  EXPECT_EQ(mistakes_of(R"({"name": "x", "limits": {"nodes": -1}})"),
            "limits.nodes: must be a whole number from 0\n");
  EXPECT_NE(mistakes_of("{"), "");
  EXPECT_NE(mistakes_of(""), "");
  EXPECT_NE(mistakes_of(std::string(100'000, '[')), "");
}

TEST(LoadPolicy, KeysThatStandTwice) {
  EXPECT_EQ(mistakes_of(R"({"name": "x", "name": "y"})"), "name: stands twice in one object\n");
}

TEST(LoadPolicy, RulesMustBeDefined) {
  EXPECT_EQ(mistakes_of(R"({"name": "x", "rules": {"secrets": {"type": "dangerous_call", "message": "m"}},
                            "strings": [{"rule": "secret", "contains": ["a"]}]})"),
            "strings[0].rule: \"secret\" is no rule of this policy; did you mean \"secrets\"?\n");
}

TEST(FindSurface, ExactWinsOverTreeAndDenyOverAll) {
  const auto loaded = load_policy(R"({"name": "x", "imports": {
      "modules": {"a": ["f"], "a.*": "*", "a.b": ["g"]}, "deny": ["a.c"]}})");
  ASSERT_TRUE(loaded.policy);
  const auto& policy = *loaded.policy;
  ASSERT_NE(find_surface(policy, "a"), nullptr);
  EXPECT_FALSE(find_surface(policy, "a")->any_public);
  EXPECT_FALSE(find_surface(policy, "a.b")->any_public);
  EXPECT_TRUE(find_surface(policy, "a.d.e")->any_public);
  EXPECT_EQ(find_surface(policy, "a._d"), nullptr);
  EXPECT_EQ(find_surface(policy, "a.c.d"), nullptr);
  EXPECT_EQ(find_surface(policy, "b"), nullptr);
}

}  // namespace
}  // namespace sallyport::validators::policy

#include "tests/unit/validators/output/support.hpp"
#include "validators/output/shipped_rules.hpp"

namespace sallyport::validators::output {
namespace {

std::string mistakes_of(const std::string& text) {
  const auto loaded = load_rules_alone(text);
  EXPECT_EQ(loaded.rules != nullptr, loaded.mistakes.empty());
  std::string all;
  for (const auto& mistake : loaded.mistakes) {
    all += mistake.text() + "\n";
  }
  return all;
}

std::string rule(const std::string& more, const std::string& pattern = "abc(?P<secret>x{3})") {
  return R"({"rules": [{"id": "r", "category": "token", "keywords": ["abc"], "pattern": ")" + pattern + "\"" +
         more + "}]}";
}

TEST(LoadRules, ShippedRulesFindTheirExamples) {
  const auto loaded = load_rules_alone(shipped_rules());
  for (const auto& mistake : loaded.mistakes) {
    ADD_FAILURE() << mistake.text();
  }
}

TEST(LoadRules, ManyRulesOfWhichNoneIsUntested) {
  EXPECT_GE(shipped()->rules().size(), 120U);
  for (const auto& each : shipped()->rules()) {
    EXPECT_GE(each.must_match.size(), 3U) << each.id;
    EXPECT_GE(each.must_pass.size(), 3U) << each.id;
  }
}

TEST(LoadRules, SmallestRule) {
  EXPECT_EQ(mistakes_of(rule("") + " // comment"), "");
}

TEST(LoadRules, NamesTheNearestKey) {
  EXPECT_EQ(mistakes_of(rule(R"(, "keyword": [])")),
            "rules.r.keyword: is no such key; did you mean \"keywords\"?\n");
  EXPECT_EQ(mistakes_of(rule(R"(, "validator": "lunh")")),
            "rules.r.validator: \"lunh\" is not known; did you mean \"luhn\"?\n");
  EXPECT_EQ(mistakes_of(R"({"rule": []})"), "rule: is no such key; did you mean \"rules\"?\n");
}

TEST(LoadRules, AllMistakesAtOnce) {
  EXPECT_EQ(mistakes_of(rule(R"(, "severity": "hihg", "max_length": 0, "min_entropy": 9)")),
            "rules.r.max_length: must be a whole number from 1 to 16384\n"
            "rules.r.min_entropy: must be a number from 0 to 8\n"
            "rules.r.severity: \"hihg\" is not known; did you mean \"high\"?\n");
}

TEST(LoadRules, PatternsThatCannotBe) {
  EXPECT_NE(mistakes_of(rule("", "abc(?P<secret>x")).find("RE2 refuses it"), std::string::npos);
  EXPECT_NE(mistakes_of(rule("", "abc(?=x)(?P<secret>x)")).find("RE2 refuses it"), std::string::npos);
  EXPECT_EQ(mistakes_of(rule("", "abc(x)")), "rules.r.pattern: has no group (?P<secret>...)\n");
  EXPECT_NE(mistakes_of(rule("", "\\\\Aabc(?P<secret>x)")), "");
  EXPECT_EQ(mistakes_of(rule(R"(, "allow": ["("])")).substr(0, 30), "rules.r.allow[0]: RE2 refuses ");
}

TEST(LoadRules, ExamplesThatFail) {
  EXPECT_EQ(mistakes_of(rule(R"(, "examples": {"match": ["abcxx"], "no_match": ["abcxxx"]})")),
            "rules.r.examples.match[0]: is not found by the rule\n"
            "rules.r.examples.no_match[0]: is found by the rule\n");
  EXPECT_EQ(mistakes_of(rule(R"(, "examples": {"match": [{"text": "abcxxx xxx", "secret": ["xxx"]}]})")),
            "rules.r.examples.match[0]: the rule leaves a secret, or a part of it, where it is\n");
}

TEST(LoadRules, TextsThatAreNone) {
  EXPECT_EQ(mistakes_of("[]"), "must be an object\n");
  EXPECT_NE(mistakes_of("{\"rules\": [").find("is no JSON"), std::string::npos);
  EXPECT_EQ(mistakes_of(R"({"rules": [], "rules": []})"), "rules: stands twice in one object\n");
}

TEST(LoadRules, OwnRulesOverTheShippedOnes) {
  const std::string text = "{'ssn': '401-77-2265'}";
  const auto count = shipped()->rules().size();
  auto own = load_rules(R"({"disable": ["us-ssn", "us-ssn-named"]})");
  ASSERT_NE(own.rules, nullptr);
  EXPECT_EQ(own.rules->rules().size(), count - 2);
  EXPECT_EQ(redact(own.rules, text).text, text);

  own = load_rules(
      R"({"rules": [{"id": "us-ssn", "enabled": true, "action": "warn"}], "disable": ["us-ssn-named"]})");
  ASSERT_NE(own.rules, nullptr);
  EXPECT_EQ(redact(own.rules, text).text, text);
  EXPECT_EQ(redact(own.rules, text).found, std::vector<std::string>{"us-ssn 1 1"});

  own = load_rules(rule(""));
  ASSERT_NE(own.rules, nullptr);
  EXPECT_EQ(redact(own.rules, "abcxxx").text, "abc[REDACTED]");

  own = load_rules(R"({"disable": ["us-ssm"]})");
  ASSERT_EQ(own.mistakes.size(), 1U);
  EXPECT_EQ(own.mistakes.front().text(), "disable[0]: there is no rule \"us-ssm\"; did you mean \"us-ssn\"?");
}

}  // namespace
}  // namespace sallyport::validators::output

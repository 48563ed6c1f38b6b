#include "broker/first_door.hpp"

#include "broker/policies.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {
namespace {

class FirstDoorTest : public ::testing::Test {
 protected:
  CodeVerdict syntax(std::string_view code, std::string_view version) const {
    CodeQuestion question;
    question.code = code;
    question.python_version = version;
    question.check_policy = false;
    return door_.check(question);
  }
  CodeVerdict policy(std::string_view code, std::string_view name = "default",
                     const validators::policy::Adjustments& adjustments = {},
                     bool check_syntax = true) const {
    CodeQuestion question;
    question.code = code;
    question.check_syntax = check_syntax;
    question.policy = name;
    question.adjustments = &adjustments;
    return door_.check(question);
  }

  Policies policies_{""};
  PythonFirstDoor door_{policies_};
};

TEST_F(FirstDoorTest, LetsAValidProgramPass) {
  const CodeVerdict verdict = syntax("print('hello')\n", "3.11");
  EXPECT_TRUE(verdict.passed);
  EXPECT_TRUE(verdict.violations.empty());
}

TEST_F(FirstDoorTest, TellsTheErrorInPythonsWords) {
  const CodeVerdict verdict = syntax("x = 1\nif x = 2:\n    pass\n", "3.11");
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.error_message,
            "SyntaxError: invalid syntax. Maybe you meant '==' or ':=' instead of '='? (line 2)\n"
            "    if x = 2:\n"
            "       ^^^^^");
  ASSERT_EQ(verdict.violations.size(), 1U);
  const ValidationViolation& violation = verdict.violations[0];
  EXPECT_EQ(violation.type, "syntax");
  EXPECT_EQ(violation.rule, "SyntaxError");
  EXPECT_EQ(violation.severity, "high");
  EXPECT_EQ(violation.line, 2);
  EXPECT_EQ(violation.column, 4);
  EXPECT_EQ(violation.end_column, 9);
}

TEST_F(FirstDoorTest, TheVersionIsTheImages) {
  const char* program = "match 1:\n    case _: pass\n";
  EXPECT_TRUE(syntax(program, "3.11").passed);
  const CodeVerdict verdict = syntax(program, "3.9");
  EXPECT_FALSE(verdict.passed);
  EXPECT_NE(verdict.violations.at(0).hint.find("3.10"), std::string::npos) << verdict.violations.at(0).hint;
  EXPECT_TRUE(syntax("x = t'{1}'", "").passed) << "no version: the newest";
}

TEST_F(FirstDoorTest, AVersionThatIsNotKnownIsRefused) {
  const CodeVerdict verdict = syntax("x = 1", "4.0");
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.error_message, "the validators know Python 3.9 to 3.14, but the image has Python 4.0");
}

TEST_F(FirstDoorTest, WarningsDoNotStopAProgram) {
  const CodeVerdict verdict = syntax("x = 1\nprint(x is 'a')\n", "3.11");
  EXPECT_TRUE(verdict.passed);
  ASSERT_EQ(verdict.violations.size(), 1U);
  EXPECT_EQ(verdict.violations[0].rule, "SyntaxWarning");
  EXPECT_EQ(verdict.violations[0].severity, "low");
  EXPECT_EQ(verdict.violations[0].line, 2);
}

TEST_F(FirstDoorTest, WhatThePolicyForbidsIsRefusedWithPlaceAndHint) {
  const CodeVerdict verdict = policy("x = 1\nimport os\n");
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.error_line, 2);
  ASSERT_EQ(verdict.violations.size(), 1U);
  const ValidationViolation& violation = verdict.violations[0];
  EXPECT_EQ(violation.type, "forbidden_import");
  EXPECT_EQ(violation.rule, "import");
  EXPECT_EQ(violation.line, 2);
  EXPECT_EQ(violation.column, 8);
  EXPECT_EQ(violation.end_column, 10);
  EXPECT_FALSE(violation.hint.empty());
  EXPECT_EQ(verdict.error_message.find("1 violation of the policy \"default\":\n"
                                       "line 2: import of 'os' is not allowed [import]\n"
                                       "    import os\n"
                                       "           ^^\n"),
            0U)
      << verdict.error_message;
  EXPECT_NE(verdict.error_message.back(), '\n');
}

TEST_F(FirstDoorTest, TheErrorMessageSpellsOutTenViolationsAtMost) {
  std::string code;
  for (int i = 0; i < 12; ++i) code += "import os\n";
  const CodeVerdict verdict = policy(code);
  EXPECT_EQ(verdict.violations.size(), 12U);
  EXPECT_NE(verdict.error_message.find("\nand 2 more"), std::string::npos) << verdict.error_message;
}

TEST_F(FirstDoorTest, APolicyThatIsOffAndOneThatIsGone) {
  EXPECT_TRUE(policy("import os\n", "off").passed);
  EXPECT_EQ(policy("import os\n", "off").imports, nullptr);
  const CodeVerdict gone = policy("x = 1\n", "nothing");
  EXPECT_FALSE(gone.passed);
  EXPECT_NE(gone.error_message.find("\"nothing\""), std::string::npos);
}

TEST_F(FirstDoorTest, ThePolicyAloneStillNeedsAProgram) {
  EXPECT_FALSE(policy("import os\n", "default", {}, false).passed);
  const CodeVerdict verdict = policy("x = (\n", "default", {}, false);
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.violations.at(0).type, "syntax");
}

TEST_F(FirstDoorTest, GivesTheImportsThatTheSandboxIsHeldTo) {
  const CodeVerdict strict = policy("import math\n", "strict");
  ASSERT_NE(strict.imports, nullptr);
  EXPECT_EQ(strict.imports->allowed, (std::vector<std::string>{"json", "math"}));

  validators::policy::Adjustments adjustments;
  adjustments.allowed_imports = {"math", "os"};
  adjustments.forbidden_modules = {"socket"};
  const CodeVerdict narrowed = policy("import math\n", "strict", adjustments);
  ASSERT_TRUE(narrowed.passed) << narrowed.error_message;
  EXPECT_EQ(narrowed.imports->allowed, std::vector<std::string>{"math"});
  EXPECT_EQ(narrowed.imports->denied, std::vector<std::string>{"socket"});
  EXPECT_FALSE(policy("import json\n", "strict", adjustments).passed);
  EXPECT_FALSE(policy("import os\n", "strict", adjustments).passed);
}

}  // namespace
}  // namespace sallyport::broker

#include "broker/first_door.hpp"

#include <gtest/gtest.h>

namespace sallyport::broker {
namespace {

TEST(PythonSyntaxDoor, LetsAValidProgramPass) {
  const CodeVerdict verdict = PythonSyntaxDoor().check("print('hello')\n", "3.11");
  EXPECT_TRUE(verdict.passed);
  EXPECT_TRUE(verdict.violations.empty());
}

TEST(PythonSyntaxDoor, TellsTheErrorInPythonsWords) {
  const CodeVerdict verdict = PythonSyntaxDoor().check("x = 1\nif x = 2:\n    pass\n", "3.11");
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.error_type, "ValidationError");
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

TEST(PythonSyntaxDoor, TheVersionIsTheImages) {
  const char* program = "match 1:\n    case _: pass\n";
  EXPECT_TRUE(PythonSyntaxDoor().check(program, "3.11").passed);
  const CodeVerdict verdict = PythonSyntaxDoor().check(program, "3.9");
  EXPECT_FALSE(verdict.passed);
  EXPECT_NE(verdict.violations.at(0).hint.find("3.10"), std::string::npos) << verdict.violations.at(0).hint;
  EXPECT_TRUE(PythonSyntaxDoor().check("x = t'{1}'", "").passed) << "no version: the newest";
}

TEST(PythonSyntaxDoor, AVersionThatIsNotKnownIsRefused) {
  const CodeVerdict verdict = PythonSyntaxDoor().check("x = 1", "4.0");
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.error_message,
            "syntax validation knows Python 3.9 to 3.14, but the image has Python 4.0");
}

TEST(PythonSyntaxDoor, WarningsDoNotStopAProgram) {
  const CodeVerdict verdict = PythonSyntaxDoor().check("x = 1\nprint(x is 'a')\n", "3.11");
  EXPECT_TRUE(verdict.passed);
  ASSERT_EQ(verdict.violations.size(), 1U);
  EXPECT_EQ(verdict.violations[0].rule, "SyntaxWarning");
  EXPECT_EQ(verdict.violations[0].severity, "low");
  EXPECT_EQ(verdict.violations[0].line, 2);
}

}  // namespace
}  // namespace sallyport::broker

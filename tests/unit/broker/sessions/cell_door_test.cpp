#include "broker/sessions/cell_door.hpp"

#include "broker/first_door.hpp"
#include "broker/policies.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace sallyport::broker {
namespace {

class CellDoorTest : public ::testing::Test {
 protected:
  CodeVerdict check(std::string_view earlier, std::string_view code) const {
    CodeQuestion question;
    question.code = code;
    question.python_version = "3.11";
    return check_cell(door_, question, earlier);
  }

  Policies policies_{""};
  PythonFirstDoor door_{policies_};
};

TEST_F(CellDoorTest, AFirstCellIsJudgedByItself) {
  EXPECT_TRUE(check("", "x = 1").passed);
  const CodeVerdict refused = check("", "1\nimport os");
  EXPECT_FALSE(refused.passed);
  EXPECT_EQ(refused.error_line, 2);
}

TEST_F(CellDoorTest, ItsOwnMistakesAreToldAsEver) {
  const CodeVerdict refused = check("x = 1\n", "1\nx = = 2");
  EXPECT_FALSE(refused.passed);
  EXPECT_EQ(refused.error_line, 2);
  EXPECT_EQ(refused.violations.at(0).rule, "SyntaxError");
}

TEST_F(CellDoorTest, WhatANameStandsForMayHaveBeenSaidEarlier) {
  EXPECT_TRUE(check("", "tool.sys.path").passed);
  EXPECT_TRUE(check("import statistics\n", "statistics.mean([1])").passed);
  const CodeVerdict refused = check("import statistics as tool\n\n", "1\n\ntool.sys.path");
  EXPECT_FALSE(refused.passed);
  EXPECT_EQ(refused.error_line, 3);
  ASSERT_EQ(refused.violations.size(), 1U);
  EXPECT_EQ(refused.violations[0].line, 3);
  EXPECT_EQ(refused.violations[0].end_line, 3);
  EXPECT_NE(refused.error_message.find("line 3: "), std::string::npos);
}

TEST_F(CellDoorTest, AndMayBeSaidLater) {
  const CodeVerdict refused = check("def f():\n    return tool.sys.path\n", "import statistics as tool\nf()");
  EXPECT_FALSE(refused.passed);
  EXPECT_EQ(refused.violations.at(0).line, 0);
  EXPECT_NE(refused.error_message.find("in an earlier cell"), std::string::npos);
}

TEST_F(CellDoorTest, FutureStatementsMayStandInAnyCell) {
  EXPECT_TRUE(check("x = 1\n", "from __future__ import annotations\nx").passed);
  EXPECT_TRUE(check("from __future__ import annotations\nx = 1\n", "from __future__ import division").passed);
}

TEST_F(CellDoorTest, ImportsOfTheCellAreHandedOn) {
  EXPECT_TRUE(check("x = 1\n", "x").imports);
}

}  // namespace
}  // namespace sallyport::broker

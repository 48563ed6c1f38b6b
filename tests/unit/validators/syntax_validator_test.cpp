#include "validators/syntax_validator.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::validators {
namespace {

using python::SourceKind;
using python::Version;

SyntaxValidationResult validate(const std::string& code, Version version) {
  return SyntaxValidator().validate(code, version);
}

TEST(SyntaxValidatorTest, TellsWhatCPythonTells) {
  const SyntaxValidationResult result = validate("def f():\n    return (1\n", Version::v3_11);
  EXPECT_FALSE(result.is_valid);
  EXPECT_EQ(result.error_type, "SyntaxError");
  EXPECT_EQ(result.error_message, "'(' was never closed");
  EXPECT_EQ(result.line_number, 2U);
  EXPECT_EQ(result.column, 12U);
  EXPECT_EQ(result.source_line, "    return (1");
  EXPECT_EQ(result.display, "    return (1\n           ^");
  EXPECT_FALSE(result.tree);
}

TEST(SyntaxValidatorTest, HandsOnTheTreeOfAValidProgram) {
  SyntaxValidationResult result = validate("x = 1\ny = 2\n", Version::v3_12);
  EXPECT_TRUE(result.is_valid);
  EXPECT_EQ(result.error_type, "");
  EXPECT_EQ(result.error_message, "");
  EXPECT_EQ(result.line_number, 0U);
  EXPECT_EQ(result.display, "");
  ASSERT_TRUE(result.tree);
  const python::Tree tree = std::move(*result.tree);
  EXPECT_EQ(tree.module().body.size(), 2U);
  EXPECT_EQ(tree.source(), "x = 1\ny = 2\n");
}

TEST(SyntaxValidatorTest, RefusesWhatOnlyTheCompilerRefuses) {
  const SyntaxValidationResult result = validate("x = 1\nreturn x\n", Version::v3_11);
  EXPECT_FALSE(result.is_valid);
  EXPECT_EQ(result.error_message, "'return' outside function");
  EXPECT_EQ(result.line_number, 2U);
  EXPECT_EQ(result.display, "    return x\n    ^^^^^^^^");
  EXPECT_FALSE(result.tree);
}

TEST(SyntaxValidatorTest, ErrorsWithoutALineHaveNoDisplay) {
  std::string deep = "x = a";
  for (int i = 0; i < 20'000; ++i) {
    deep += "+a";
  }
  const SyntaxValidationResult result = validate(deep, Version::v3_11);
  EXPECT_FALSE(result.is_valid);
  EXPECT_EQ(result.error_type, "RecursionError");
  EXPECT_EQ(result.line_number, 0U);
  EXPECT_EQ(result.display, "");
}

TEST(SyntaxValidatorTest, CollectsWarnings) {
  const SyntaxValidationResult result = validate("x is 1\n", Version::v3_12);
  EXPECT_TRUE(result.is_valid);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_EQ(result.warnings[0].category, "SyntaxWarning");
  EXPECT_EQ(result.warnings[0].message, "\"is\" with 'int' literal. Did you mean \"==\"?");
  EXPECT_EQ(result.warnings[0].line, 1U);
}

TEST(SyntaxValidatorTest, ReadsBytesAsAFile) {
  const std::string latin1 = "# coding: latin-1\nx = '\xe9' +\n";
  const SyntaxValidationResult result = SyntaxValidator().validate(latin1, Version::v3_11, SourceKind::bytes);
  EXPECT_FALSE(result.is_valid);
  EXPECT_EQ(result.line_number, 2U);
  EXPECT_EQ(result.source_line, "x = '\u00e9' +");
}

struct Row {
  std::string code;
  Version first;
  Version last;
  std::string display;
};

// What each version prints, with traceback.format_exception_only, between the line of the file and the
// message.
TEST(SyntaxValidatorTest, ShowsTheLineAsTracebacksDo) {
  // clang-format off
  const std::vector<Row> rows = {
      {"x = (\n", Version::v3_9, Version::v3_9,
       "    x = (\n         ^"},
      {"x = (\n", Version::v3_10, Version::v3_14,
       "    x = (\n        ^"},
      {"if x\n    pass\n", Version::v3_9, Version::v3_14,
       "    if x\n        ^"},
      {"def f():\n    x = 1 +\n", Version::v3_9, Version::v3_14,
       "    x = 1 +\n           ^"},
      {"\tprint 1\n", Version::v3_9, Version::v3_14,
       "    \tprint 1\n    ^"},
      {"if x:\n\ty = [1, 2\n\tz = 3\n", Version::v3_9, Version::v3_9,
       "    \tz = 3\n    \t^"},
      {"if x:\n\ty = [1, 2\n\tz = 3\n", Version::v3_10, Version::v3_14,
       "    \ty = [1, 2\n    \t    ^"},
      {"é = 1 +* 2\n", Version::v3_9, Version::v3_14,
       "    é = 1 +* 2\n           ^"},
      {"foo(a, b for b in c, d)\n", Version::v3_9, Version::v3_9,
       "    foo(a, b for b in c, d)\n           ^"},
      {"foo(a, b for b in c, d)\n", Version::v3_10, Version::v3_14,
       "    foo(a, b for b in c, d)\n           ^^^^^^^^^^^^"},
      {"x = 'abc\n", Version::v3_9, Version::v3_9,
       "    x = 'abc\n            ^"},
      {"x = 'abc\n", Version::v3_10, Version::v3_14,
       "    x = 'abc\n        ^"},
      {"def f():\nreturn 1\n", Version::v3_9, Version::v3_9,
       "    return 1\n    ^"},
      {"def f():\nreturn 1\n", Version::v3_10, Version::v3_14,
       "    return 1\n    ^^^^^^"},
      {"x = 1\n    y = 2\n", Version::v3_9, Version::v3_14,
       "    y = 2"},
      {"f(**x, *y, \n  z for z in w)\n", Version::v3_9, Version::v3_9,
       "    f(**x, *y, \n           ^"},
      {"f(**x, *y, \n  z for z in w)\n", Version::v3_10, Version::v3_10,
       "    f(**x, *y, \n      ^^^"},
      {"f(**x, *y, \n  z for z in w)\n", Version::v3_11, Version::v3_12,
       "    f(**x, *y, \n           ^"},
      {"f(**x, *y, \n  z for z in w)\n", Version::v3_13, Version::v3_14,
       "    f(**x, *y, \n         ^^^^^^"},
      {"a = 1\nif True:\n    b = 08\n", Version::v3_9, Version::v3_9,
       "    b = 08\n         ^"},
      {"a = 1\nif True:\n    b = 08\n", Version::v3_10, Version::v3_14,
       "    b = 08\n        ^"},
      {"class A:\n  def f(self):\n    x = [a, b c]\n", Version::v3_9, Version::v3_9,
       "    x = [a, b c]\n              ^"},
      {"class A:\n  def f(self):\n    x = [a, b c]\n", Version::v3_10, Version::v3_14,
       "    x = [a, b c]\n            ^^^"},
      {"x = 5 = y\n", Version::v3_9, Version::v3_14,
       "    x = 5 = y\n        ^"},
      {"while True print(1)\n", Version::v3_9, Version::v3_9,
       "    while True print(1)\n               ^"},
      {"while True print(1)\n", Version::v3_10, Version::v3_14,
       "    while True print(1)\n               ^^^^^"},
      {"'''abc\n", Version::v3_9, Version::v3_9,
       "    '''abc\n          ^"},
      {"'''abc\n", Version::v3_10, Version::v3_14,
       "    '''abc\n    ^"},
      {"x = $\n", Version::v3_9, Version::v3_14,
       "    x = $\n        ^"},
      {"def f():\n    x = 1\n    return 1\nreturn 2\n", Version::v3_9, Version::v3_9,
       "    return 2\n    ^"},
      {"def f():\n    x = 1\n    return 1\nreturn 2\n", Version::v3_10, Version::v3_14,
       "    return 2\n    ^^^^^^^^"},
      {"if x:\n    break\n", Version::v3_9, Version::v3_9,
       "    break\n    ^"},
      {"if x:\n    break\n", Version::v3_10, Version::v3_14,
       "    break\n    ^^^^^"},
      {"def f(a, a): pass\n", Version::v3_9, Version::v3_9,
       "    def f(a, a): pass\n    ^"},
      {"def f(a, a): pass\n", Version::v3_10, Version::v3_14,
       "    def f(a, a): pass\n             ^"},
      {"x = [(yield) for y in\n     z]\n", Version::v3_9, Version::v3_9,
       "    x = [(yield) for y in\n        ^"},
      {"x = [(yield) for y in\n     z]\n", Version::v3_10, Version::v3_14,
       "    x = [(yield) for y in\n          ^^^^^"},
      {"   \nx = *a\n", Version::v3_9, Version::v3_9,
       "    x = *a\n        ^"},
      {"   \nx = *a\n", Version::v3_10, Version::v3_14,
       "    x = *a\n        ^^"},
  };
  // clang-format on
  for (const Row& row : rows) {
    for (auto number = static_cast<int>(row.first); number <= static_cast<int>(row.last); ++number) {
      const auto version = static_cast<Version>(number);
      EXPECT_EQ(validate(row.code, version).display, row.display) << to_string(version) << ": " << row.code;
    }
  }
}

}  // namespace
}  // namespace sallyport::validators

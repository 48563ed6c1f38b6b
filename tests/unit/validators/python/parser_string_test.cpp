// Strings, f-strings in both ages, t-strings.
#include "tests/unit/validators/python/parser_support.hpp"

namespace sallyport::validators::python::test {
namespace {

TEST(ParserString, Concatenation) {
  EXPECT_EQ(expression_of("'a' \"b\" '''c'''"), "Constant(value='abc')");
  EXPECT_EQ(expression_of("u'a' 'b'"), "Constant(value='ab', kind='u')");
  EXPECT_EQ(expression_of("'a' u'b'"), "Constant(value='ab')");
  EXPECT_EQ(expression_of("b'a' b'\\x00'"), "Constant(value=b'a\\x00')");
  for (const auto version : all_versions()) {
    EXPECT_EQ(error_of("'a' b'b'", version).message, "cannot mix bytes and nonbytes literals");
    EXPECT_EQ(error_of("b'b' f'{a}'", version).message, "cannot mix bytes and nonbytes literals");
  }
}

TEST(ParserString, FormattedInAllVersions) {
  expect_accepted({"f''",
                   "f'{a}'",
                   "f'{a!r}'",
                   "f'{a:>{b}.{c}}'",
                   "f'{a=}'",
                   "f'{ a = !s:x}'",
                   "f'{{}}{{{a}}}'",
                   "f'{a,}'",
                   "f'{*a, b}'",
                   "f'{yield}'",
                   "f'{(lambda x: 1)}'",
                   "f'{a if b else c}'",
                   "f'{a[\"b\"]}'",
                   "f'{a != b}{a == b}{a <= b}'",
                   "f'{ {1: 2} }'",
                   "f'{a:=5}'",
                   "f'{(a := 5)}'",
                   "f'''{\na\n}'''",
                   "'a' f'{b}' 'c'",
                   "rf'\\{a}'",
                   "f'\\N{BULLET}{a}'",
                   "f'{f\"{a}\"}'",
                   "f'{await a}'",
                   "f'{x:%H:%M}'"});
  expect_refused({"f'{'",     "f'}'",     "f'{}'",      "f'{ }'",           "f'{!r}'",
                  "f'{:a}'",  "f'{a b}'", "f'{a!x}'",   "f'{a!}'",          "f'{a'",
                  "f'{a:'",   "f'{a)}'",  "f'{(a}'",    "f'{a;b}'",         "f'{a = b}'",
                  "f'{**a}'", "f'{if}'",  "f'{a!r b}'", "f'{lambda x: 1}'", "f'{a}' b'b'"});
}

TEST(ParserString, FormattedFrom312) {
  expect_accepted({"f'{a['b']}'", "f'{\"\\n\"}'", "f'''{a # comment\n}'''", "f'{f'{f'{f'{f'{1}'}'}'}'}'",
                   "f'{\na\n}'", "f'{a:{b:{c}}}'"},
                  Version::v3_12);
}

TEST(ParserString, LegacyErrorsSayWhereTheyComeFrom) {
  EXPECT_EQ(error_of("f'{}'", Version::v3_11).message, "f-string: empty expression not allowed");
  EXPECT_EQ(error_of("f'{!r}'", Version::v3_11).message, "f-string: expression required before '!'");
  EXPECT_EQ(error_of("f'}'", Version::v3_11).message, "f-string: single '}' is not allowed");
  EXPECT_EQ(error_of("f'{a'", Version::v3_11).message, "f-string: expecting '}'");
  EXPECT_EQ(error_of("f'{a#}'", Version::v3_11).message, "f-string expression part cannot include '#'");
  EXPECT_EQ(error_of("f'{a[\"\\n\"]}'", Version::v3_11).message,
            "f-string expression part cannot include a backslash");
  EXPECT_EQ(error_of("f'{(a]}'", Version::v3_11).message,
            "f-string: closing parenthesis ']' does not match opening parenthesis '('");
  EXPECT_EQ(error_of("f'{a!x}'", Version::v3_11).message,
            "f-string: invalid conversion character: expected 's', 'r', or 'a'");
  EXPECT_EQ(error_of("f'{a:{b:{c:{d}}}}'", Version::v3_11).message,
            "f-string: expressions nested too deeply");
  const auto error = error_of("x = 1\ny = f'''\n{a $ b}'''", Version::v3_11);
  EXPECT_EQ(error.message, "f-string: invalid syntax");
  EXPECT_EQ(error.line, 3U);
}

TEST(ParserString, PlacesInFormattedStrings) {
  // Before 3.12 all literals have the place of the whole string.
  EXPECT_EQ(
      dump_of("f'a{b}'", Version::v3_11, true),
      "Module(body=[Expr(value=JoinedStr(values=[Constant(value='a', lineno=1, col_offset=0, end_lineno=1, "
      "end_col_offset=7), FormattedValue(value=Name(id='b', ctx=Load(), lineno=1, col_offset=4, "
      "end_lineno=1, "
      "end_col_offset=5), conversion=-1, lineno=1, col_offset=0, end_lineno=1, end_col_offset=7)], lineno=1, "
      "col_offset=0, "
      "end_lineno=1, end_col_offset=7), lineno=1, col_offset=0, end_lineno=1, end_col_offset=7)], "
      "type_ignores=[])");
  EXPECT_EQ(
      dump_of("f'a{{{b}'", Version::v3_13, true),
      "Module(body=[Expr(value=JoinedStr(values=[Constant(value='a{', lineno=1, col_offset=2, end_lineno=1, "
      "end_col_offset=5), FormattedValue(value=Name(id='b', ctx=Load(), lineno=1, col_offset=6, "
      "end_lineno=1, "
      "end_col_offset=7), conversion=-1, lineno=1, col_offset=5, end_lineno=1, end_col_offset=8)], lineno=1, "
      "col_offset=0, "
      "end_lineno=1, end_col_offset=9), lineno=1, col_offset=0, end_lineno=1, end_col_offset=9)])");
}

TEST(ParserString, LaterLinesOfLegacyFormattedStrings) {
  // 3.9 adds the column of the string to the fields of its further lines.
  const auto place = [](Version version) {
    const auto text = dump_of("x = f'''a\n{b}'''", version, true);
    const auto name = text.find("id='b'");
    return text.substr(name, text.find(')', text.find("end_col", name)) - name);
  };
  EXPECT_EQ(place(Version::v3_9),
            "id='b', ctx=Load(), lineno=2, col_offset=6, end_lineno=2, end_col_offset=7");
  EXPECT_EQ(place(Version::v3_11),
            "id='b', ctx=Load(), lineno=2, col_offset=1, end_lineno=2, end_col_offset=2");
}

TEST(ParserString, DebugText) {
  EXPECT_EQ(expression_of("f'{ a = }'"),
            "JoinedStr(values=[Constant(value=' a = '), FormattedValue(value=Name(id='a', ctx=Load()), "
            "conversion=114)])");
  EXPECT_EQ(expression_of("f'{a=:x}'"),
            "JoinedStr(values=[Constant(value='a='), FormattedValue(value=Name(id='a', ctx=Load()), "
            "conversion=-1, format_spec=JoinedStr(values=[Constant(value='x')]))])");
}

TEST(ParserString, TemplatesFrom314) {
  expect_accepted({"t''", "t'{a}'", "t'a{b!r:>{c}}' t'd'", "rt'\\{a}'", "t'{t'{a}'}'", "f'{t'{a}'}'"},
                  Version::v3_14);
  expect_refused({"t'{}'", "t'{a' ", "t'{a!z}'", "t'a' 'b'", "'a' t'b'", "f'a' t'b'", "t'a' f'b'", "bt'a'",
                  "ut'a'", "ft'a'"});
  EXPECT_EQ(expression_of("t'a{ b + 1 = }'"),
            "TemplateStr(values=[Constant(value='a b + 1 = '), Interpolation(value=BinOp(left=Name(id='b', "
            "ctx=Load()), op=Add(), "
            "right=Constant(value=1)), str=' b + 1', conversion=114)])");
}

TEST(ParserString, UndecodableLiterals) {
  for (const auto version : all_versions()) {
    EXPECT_EQ(
        error_of("'\\x'", version).message,
        "(unicode error) 'unicodeescape' codec can't decode bytes in position 0-1: truncated \\xXX escape");
    EXPECT_EQ(error_of("f'{a}\\x'", version).type, ErrorType::syntax_error);
    EXPECT_FALSE(is_accepted("b'\xC3\xA9'", version));
  }
}

TEST(ParserString, DigitLimit) {
  EXPECT_TRUE(is_accepted(std::string(4300, '1'), newest_version));
  const auto error = error_of(std::string(4301, '1'));
  EXPECT_EQ(error.line, 1U);
  EXPECT_EQ(error.offset, 0U);
  EXPECT_TRUE(is_accepted("0x" + std::string(5000, '1'), newest_version));
}

}  // namespace
}  // namespace sallyport::validators::python::test

#include "validators/python/string_literal.hpp"

#include "validators/python/number_literal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::python {
namespace {

struct Decoded {
  std::string value;
  std::string error;
  bool at_literal = false;
  std::vector<SyntaxWarning> warnings;
};

Decoded decode(std::string_view token, Version version = Version::v3_12) {
  Arena arena;
  Decoded result;
  StringDecoder decoder(version, arena, result.warnings);
  if (const auto value = decoder.decode(split_string(token), 1)) {
    result.value = *value;
  } else {
    result.error = decoder.error()->message;
    result.at_literal = decoder.error()->at_literal;
  }
  return result;
}

TEST(StringLiteral, TakesTokensApart) {
  const auto plain = split_string("'a'");
  EXPECT_EQ(plain.body, "a");
  EXPECT_EQ(plain.quote, '\'');
  EXPECT_EQ(plain.body_offset, 1U);
  EXPECT_FALSE(plain.triple);
  const auto raw_bytes = split_string("Rb\"\"\"a\"b\"\"\"");
  EXPECT_TRUE(raw_bytes.prefix.raw && raw_bytes.prefix.bytes && raw_bytes.triple);
  EXPECT_EQ(raw_bytes.body, "a\"b");
  EXPECT_EQ(raw_bytes.body_offset, 5U);
  EXPECT_EQ(split_string("''").body, "");
  EXPECT_EQ(split_string("''''''").body, "");
  EXPECT_TRUE(split_string("u''").prefix.unicode);
  EXPECT_FALSE(split_string("U''").prefix.unicode);
  EXPECT_TRUE(prefix_of("fR'''").formatted && prefix_of("fR'''").raw);
  EXPECT_TRUE(prefix_of("t\"").templated);
}

TEST(StringLiteral, NothingEscapedIsNotCopied) {
  Arena arena;
  std::vector<SyntaxWarning> warnings;
  StringDecoder decoder(Version::v3_12, arena, warnings);
  for (const std::string_view token : {"'abc'", "r'a\\b'", "b'abc'", "'''\u00e9'''"}) {
    const auto parts = split_string(token);
    const auto value = decoder.decode(parts, 1);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->data(), parts.body.data());
  }
  EXPECT_EQ(arena.capacity(), 0U);
}

TEST(StringLiteral, Escapes) {
  const struct {
    const char* token;
    std::string value;
  } cases[] = {{R"('\n\t\\\'\"\a\b\f\r\v')", "\n\t\\'\"\a\b\f\r\v"},
               {"'a\\\nb'", "ab"},
               {R"('\x41\u00e9\U0001F600')", "A\u00e9\U0001F600"},
               {R"('\0\12\1234')", std::string("\0\nS4", 4)},
               {R"('\377')", "\u00ff"},
               {R"(b'\377\x80\1')", "\xFF\x80\x01"},
               {R"(b'\u1234\N{DASH}')", R"(\u1234\N{DASH})"},
               {R"('\ud800')", "\xED\xA0\x80"},  // a lone surrogate, as WTF-8
               {"'\\\u00e9'", "\\\u00e9"},
               {R"('\d\8')", R"(\d\8)"}};
  for (const auto& [token, value] : cases) {
    const auto decoded = decode(token);
    EXPECT_EQ(decoded.error, "") << token;
    EXPECT_EQ(decoded.value, value) << token;
  }
}

TEST(StringLiteral, Names) {
  const struct {
    const char* name;
    const char* value;
  } cases[] = {{"BULLET", "\u2022"},
               {"latin small letter e with acute", "\u00e9"},
               {"LINE FEED", "\n"},
               {"lf", "\n"},
               {"NBSP", "\u00a0"},
               {"HANGUL SYLLABLE GAG", "\uac01"},
               {"HANGUL SYLLABLE GGWEONJ", "\uafd9"},
               {"CJK UNIFIED IDEOGRAPH-4E2D", "\u4e2d"},
               {"CJK COMPATIBILITY IDEOGRAPH-F900", "\uf900"}};
  for (const auto& [name, value] : cases) {
    EXPECT_EQ(decode("'\\N{" + std::string(name) + "}'").value, value) << name;
  }
  for (const auto* name :
       {"NOPE", "hangul syllable gag", "cjk unified ideograph-4e2d", "CJK UNIFIED IDEOGRAPH-4E2",
        "CJK UNIFIED IDEOGRAPH-0041", "TANGUT IDEOGRAPH-17000", "<control-0009>", " BULLET"}) {
    EXPECT_NE(decode("'\\N{" + std::string(name) + "}'").error, "") << name;
  }
  // A name that came with Unicode 14.
  EXPECT_NE(decode("'\\N{FACE HOLDING BACK TEARS}'", Version::v3_10).error, "");
  EXPECT_EQ(decode("'\\N{FACE HOLDING BACK TEARS}'", Version::v3_11).value, "\U0001F979");
}

TEST(StringLiteral, Errors) {
  const std::string prefix = "(unicode error) 'unicodeescape' codec can't decode bytes in position ";
  const struct {
    std::string token;
    std::string error;
  } cases[] = {
      {R"('\xZ')", prefix + "0-1: truncated \\xXX escape"},
      {R"('ab\x1')", prefix + "2-4: truncated \\xXX escape"},
      {R"('\u12')", prefix + "0-3: truncated \\uXXXX escape"},
      {R"('\U0001')", prefix + "0-5: truncated \\UXXXXXXXX escape"},
      {R"('\U00110000')", prefix + "0-9: illegal Unicode character"},
      {R"('\N')", prefix + "0-1: malformed \\N character escape"},
      {R"('\N{')", prefix + "0-2: malformed \\N character escape"},
      {R"('\N{}')", prefix + "0-2: malformed \\N character escape"},
      {R"('\N{nope}')", prefix + "0-7: unknown Unicode character name"},
      {"'\u00e9\\xZ'", prefix + "10-11: truncated \\xXX escape"},
      {"'\\\u00e9\\xZ'", prefix + "16-17: truncated \\xXX escape"},
      {R"(b'a\x1g')", "(value error) invalid \\x escape at position 1"},
      {"b'\u00e9'", "bytes can only contain ASCII literal characters"},
      {"'a\xFF'", "(unicode error) 'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"}};
  for (const auto& [token, error] : cases) {
    EXPECT_EQ(decode(token).error, error) << token;
  }
  EXPECT_EQ(decode("b'\u00e9'", Version::v3_9).error, "bytes can only contain ASCII literal characters.");
}

TEST(StringLiteral, WhereErrorsStand) {
  EXPECT_FALSE(decode(R"('\xZ')", Version::v3_11).at_literal);
  EXPECT_TRUE(decode(R"('\xZ')", Version::v3_12).at_literal);
  EXPECT_FALSE(decode("b'\u00e9'", Version::v3_10).at_literal);
  EXPECT_TRUE(decode("b'\u00e9'", Version::v3_11).at_literal);
}

TEST(StringLiteral, Warnings) {
  const struct {
    const char* token;
    Version version;
    const char* category;
    const char* message;
    std::uint32_t line;
  } cases[] = {
      {R"('\d\e')", Version::v3_9, "DeprecationWarning", R"(invalid escape sequence \d)", 1},
      {R"('\d')", Version::v3_10, "DeprecationWarning", R"(invalid escape sequence '\d')", 1},
      {R"(b'\d')", Version::v3_12, "SyntaxWarning", R"(invalid escape sequence '\d')", 1},
      {R"('\777')", Version::v3_11, "DeprecationWarning", R"(invalid octal escape sequence '\777')", 1},
      {"'''\n\\d'''", Version::v3_13, "SyntaxWarning", R"(invalid escape sequence '\d')", 1},
      {"'''\n\\d'''", Version::v3_14, "SyntaxWarning",
       R"("\d" is an invalid escape sequence. Such sequences will not work in the future. Did you mean "\\d"? )"
       "A raw string is also an option.",
       2},
      {R"('\400')", Version::v3_14, "SyntaxWarning",
       R"("\400" is an invalid octal escape sequence. Such sequences will not work in the future. )"
       R"(Did you mean "\\400"? A raw string is also an option.)",
       1}};
  for (const auto& [token, version, category, message, line] : cases) {
    const auto decoded = decode(token, version);
    ASSERT_EQ(decoded.warnings.size(), 1U) << token;
    EXPECT_EQ(decoded.warnings[0].category, category);
    EXPECT_EQ(decoded.warnings[0].message, message);
    EXPECT_EQ(decoded.warnings[0].line, line);
  }
  EXPECT_TRUE(decode(R"('\777')", Version::v3_10).warnings.empty());
  EXPECT_TRUE(decode("'\\\u00e9'").warnings.empty());
  EXPECT_TRUE(decode(R"(r'\d')").warnings.empty());
}

TEST(StringLiteral, MiddlesOfFStrings) {
  Arena arena;
  std::vector<SyntaxWarning> warnings;
  StringDecoder decoder(Version::v3_12, arena, warnings);
  EXPECT_EQ(decoder.decode_middle("a\\n{", false, 1), "a\n{");
  EXPECT_EQ(decoder.decode_middle("a\\n", true, 1), "a\\n");
  EXPECT_EQ(decoder.decode_middle("\\{", false, 1), "\\{");
  EXPECT_TRUE(warnings.empty());  // the lexer has warned
  EXPECT_EQ(decoder.decode_middle("\xFF", false, 1), std::nullopt);
  EXPECT_EQ(decoder.error()->type, ErrorType::unicode_error);
}

TEST(NumberLiteral, Kinds) {
  EXPECT_EQ(kind_of_number("0xe1"), NumberKind::integer);
  EXPECT_EQ(kind_of_number("1_0"), NumberKind::integer);
  EXPECT_EQ(kind_of_number("1e5"), NumberKind::floating);
  EXPECT_EQ(kind_of_number(".5"), NumberKind::floating);
  EXPECT_EQ(kind_of_number("1.J"), NumberKind::imaginary);
}

TEST(NumberLiteral, DigitLimit) {
  EXPECT_EQ(check_digit_limit(std::string(4300, '1'), Version::v3_12), std::nullopt);
  EXPECT_EQ(check_digit_limit(std::string(5000, '0'), Version::v3_12), std::nullopt);
  EXPECT_EQ(check_digit_limit("0x" + std::string(5000, '1'), Version::v3_12), std::nullopt);
  EXPECT_EQ(check_digit_limit(std::string(5000, '1') + ".", Version::v3_12), std::nullopt);
  EXPECT_EQ(check_digit_limit(std::string(4301, '1'), Version::v3_12),
            "Exceeds the limit (4300 digits) for integer string conversion: value has 4301 digits; use "
            "sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer "
            "literals to "
            "avoid decimal conversion limits.");
  EXPECT_TRUE(
      check_digit_limit(std::string(4301, '1'), Version::v3_9)->starts_with("Exceeds the limit (4300) for"));
}

}  // namespace
}  // namespace sallyport::validators::python

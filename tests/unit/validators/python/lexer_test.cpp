#include "validators/python/lexer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::python {
namespace {

constexpr std::array all_versions = {Version::v3_9,  Version::v3_10, Version::v3_11,
                                     Version::v3_12, Version::v3_13, Version::v3_14};

std::string name_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::end_marker:
      return "end";
    case TokenKind::newline:
      return "newline";
    case TokenKind::indent:
      return "indent";
    case TokenKind::dedent:
      return "dedent";
    case TokenKind::name:
      return "name";
    case TokenKind::number:
      return "number";
    case TokenKind::string:
      return "string";
    case TokenKind::fstring_start:
      return "fstart";
    case TokenKind::fstring_middle:
      return "fmiddle";
    case TokenKind::fstring_end:
      return "fend";
    case TokenKind::tstring_start:
      return "tstart";
    case TokenKind::tstring_middle:
      return "tmiddle";
    case TokenKind::tstring_end:
      return "tend";
    case TokenKind::unknown:
      return "unknown";
    case TokenKind::error:
      return "error";
#define X(word)              \
  case TokenKind::kw_##word: \
    return #word;
      SALLYPORT_PYTHON_KEYWORDS(X)
#undef X
#define X(name, text)   \
  case TokenKind::name: \
    return text;
      SALLYPORT_PYTHON_OPERATORS(X)
#undef X
  }
  return "?";
}

// The kinds, a space between them, but for the newline and the end that every program has last.
std::string kinds(std::string_view text, Version version = Version::v3_12) {
  const auto tokens = lex(text, version);
  std::string result;
  for (const auto& token : tokens.list) {
    if (!result.empty()) {
      result += ' ';
    }
    result += name_of(token.kind);
  }
  constexpr std::string_view usual_end = " newline end";
  if (result.ends_with(usual_end)) {
    result.resize(result.size() - usual_end.size());
  }
  return result;
}

std::vector<std::string> texts_of(std::string_view text, TokenKind kind, Version version) {
  const auto tokens = lex(text, version);
  std::vector<std::string> result;
  for (const auto& token : tokens.list) {
    if (token.kind == kind) {
      result.emplace_back(tokens.text_of(token));
    }
  }
  return result;
}

TEST(Lexer, EmptyTextHasOnlyItsEnd) {
  for (const auto version : all_versions) {
    EXPECT_EQ(kinds("", version), "end");
    EXPECT_EQ(kinds("\n\n# nothing\n   \n", version), "end");
  }
}

TEST(Lexer, Keywords) {
#define X(word) EXPECT_EQ(kinds(#word "\n"), #word);
  SALLYPORT_PYTHON_KEYWORDS(X)
#undef X
  for (const auto* word :
       {"match", "case", "type", "_", "print", "exec", "Nonee", "nonloca", "true", "iff", "i"}) {
    EXPECT_EQ(kinds(std::string(word) + "\n"), "name") << word;
  }
}

TEST(Lexer, Operators) {
#define X(name, text)                                                             \
  if (std::string_view(text).find_first_of("()[]{}") == std::string_view::npos) { \
    EXPECT_EQ(kinds("a " text " b\n"), "name " text " name");                     \
  }
  SALLYPORT_PYTHON_OPERATORS(X)
#undef X
  EXPECT_EQ(kinds("a<>b\n"), "name != name");
  EXPECT_EQ(kinds("a=-1\n"), "name = - number");
  EXPECT_EQ(kinds("a**-b//=c...d..e\n"), "name ** - name //= name ... name . . name");
  EXPECT_EQ(kinds("a!b\n", Version::v3_11), "name unknown name");
  EXPECT_EQ(kinds("a!b\n", Version::v3_12), "name ! name");
  EXPECT_EQ(kinds("$ ? `\n"), "unknown unknown unknown");
}

TEST(Lexer, IndentationAndBlankLines) {
  EXPECT_EQ(kinds("if x:\n    y\n\n  # a comment\n    z\nw\n"),
            "if name : newline indent name newline name newline dedent name");
  EXPECT_EQ(kinds("if x:\n  if y:\n    z\n"),
            "if name : newline indent if name : newline indent name newline dedent dedent end");
  // A form feed begins the count anew; a tab goes to the next multiple of eight.
  EXPECT_EQ(kinds("if x:\n  \f  y\n  z\n"), "if name : newline indent name newline name newline dedent end");
  EXPECT_EQ(kinds("if x:\n\ty\n\tz\n"), "if name : newline indent name newline name newline dedent end");
}

TEST(Lexer, LinesJoin) {
  EXPECT_EQ(kinds("x = (1,\n\n  # comment\n 2)\n"), "name = ( number , number )");
  EXPECT_EQ(kinds("x = 1 + \\\n  2\n"), "name = number + number");
  // Before 3.10 a line with nothing but a backslash was blank; since then it is where the next one is
  // indented.
  EXPECT_EQ(kinds("  \\\nx\n", Version::v3_9), "name");
  EXPECT_EQ(kinds("  \\\nx\n", Version::v3_10), "indent name newline dedent end");
}

TEST(Lexer, Numbers) {
  for (const auto* number : {"0", "00", "0_0", "1_000", "0x_ff", "0XAb", "0o17", "0b1_0", "1.", ".5",
                             "1.5e-3", "1e5", "1_0.0_1e+1_0", "1j", "0777.", "09e1", "0777j", "1.J"}) {
    EXPECT_EQ(texts_of(std::string(number) + "\n", TokenKind::number, Version::v3_12),
              std::vector<std::string>{number});
  }
  EXPECT_EQ(kinds("1..real\n"), "number . name");
  EXPECT_EQ(kinds("1a\n", Version::v3_9), "number name");
}

TEST(Lexer, KeywordsRightAfterNumbersWarn) {
  for (const auto* text : {"1if x\n", "0x1for\n", "1not in\n", "1or\n", "1jand\n", "1else\n", "1is\n"}) {
    EXPECT_TRUE(lex(text, Version::v3_9).warnings.empty()) << text;
    const auto old = lex(text, Version::v3_10);
    ASSERT_EQ(old.warnings.size(), 1U) << text;
    EXPECT_EQ(old.warnings[0].category, "DeprecationWarning");
    const auto now = lex(text, Version::v3_12);
    ASSERT_EQ(now.warnings.size(), 1U) << text;
    EXPECT_EQ(now.warnings[0].category, "SyntaxWarning");
    EXPECT_FALSE(now.error) << text;
  }
}

TEST(Lexer, Strings) {
  EXPECT_EQ(
      texts_of("b\"a\" Rb'''x\ny''' u'' '\\'' '''a''b'c''' f'{x}'\n", TokenKind::string, Version::v3_11),
      (std::vector<std::string>{"b\"a\"", "Rb'''x\ny'''", "u''", "'\\''", "'''a''b'c'''", "f'{x}'"}));
  EXPECT_EQ(kinds("ur'' br'' bu''\n", Version::v3_13), "name string string name string");
  EXPECT_EQ(kinds("t''\n", Version::v3_13), "name string");
  EXPECT_EQ(kinds("t''\n", Version::v3_14), "tstart tend");
}

TEST(Lexer, PlacesOfTokens) {
  const auto tokens = lex("x = '''\u00e9\nb''' + y\n", Version::v3_11);
  EXPECT_EQ(tokens.location_of(tokens.list[2]), (ast::Location{1, 4, 2, 4}));
  EXPECT_EQ(tokens.location_of(tokens.list[4]), (ast::Location{2, 7, 2, 8}));
  EXPECT_EQ(error_at(tokens, Version::v3_11, ErrorType::syntax_error, "", {1, 9, 2, 1}).offset, 9U);
  // A newline begins at the comment before it.
  const auto commented = lex("x  # c\n", Version::v3_11);
  EXPECT_EQ(commented.location_of(commented.list[1]), (ast::Location{1, 3, 1, 6}));
}

TEST(Lexer, FStringsAreTokens) {
  EXPECT_EQ(kinds("f'a{x}b'\n", Version::v3_11), "string");
  EXPECT_EQ(kinds("f'a{x}b'\n"), "fstart fmiddle { name } fmiddle fend");
  EXPECT_EQ(kinds("f'{x!r:>{w}}'\n"), "fstart { name ! name : fmiddle { name } fmiddle } fend");
  EXPECT_EQ(kinds("f'{x=}{y!=z}{a:=b}'\n"), "fstart { name = } { name != name } { name : fmiddle } fend");
  EXPECT_EQ(kinds("f'{(a:=b)}{lambda x: 1}'\n"),
            "fstart { ( name := name ) } { lambda name : fmiddle } fend");
  EXPECT_EQ(kinds("f'{d['k']}'\n"), "fstart { name [ string ] } fend");
  EXPECT_EQ(kinds("f'''{\nx # c\n}'''\n"), "fstart { name } fend");
  EXPECT_EQ(kinds("f'{f\"{1}\"}'\n"), "fstart { fstart { number } fend } fend");
}

TEST(Lexer, DoubledBracesSplitTheMiddle) {
  const std::string_view text = "f'a{{b}}c\\N{DASH}d{x}'\n";
  EXPECT_EQ(texts_of(text, TokenKind::fstring_middle, Version::v3_12),
            (std::vector<std::string>{"a{", "b}", "c\\N{DASH}", "d"}));
  const auto tokens = lex(text, Version::v3_12);
  EXPECT_EQ(tokens.location_of(tokens.list[1]), (ast::Location{1, 2, 1, 5}));
  EXPECT_EQ(tokens.location_of(tokens.list[3]), (ast::Location{1, 8, 1, 17}));
}

struct ErrorCase {
  const char* text;
  Version version;
  ErrorType type;
  const char* message;
  std::uint32_t line;
  std::uint32_t offset;
};

void PrintTo(const ErrorCase& error, std::ostream* out) {
  *out << error.text << " in " << to_string(error.version);
}

class LexerErrors : public testing::TestWithParam<ErrorCase> {};

TEST_P(LexerErrors, AsInCPython) {
  const auto& expected = GetParam();
  const auto tokens = lex(expected.text, expected.version);
  ASSERT_TRUE(tokens.error);
  EXPECT_EQ(tokens.list.back().kind, TokenKind::error);
  EXPECT_EQ(tokens.error->type, expected.type);
  EXPECT_EQ(tokens.error->message, expected.message);
  EXPECT_EQ(tokens.error->line, expected.line);
  EXPECT_EQ(tokens.error->offset, expected.offset);
}

constexpr auto bad_syntax = ErrorType::syntax_error;
constexpr auto v9 = Version::v3_9;
constexpr auto v10 = Version::v3_10;
constexpr auto v11 = Version::v3_11;
constexpr auto v12 = Version::v3_12;
constexpr auto v13 = Version::v3_13;
constexpr auto v14 = Version::v3_14;

INSTANTIATE_TEST_SUITE_P(
    Strings, LexerErrors,
    testing::Values(
        ErrorCase{"a = 'bc\n", v9, bad_syntax, "EOL while scanning string literal", 1, 8},
        ErrorCase{"a = 'bc\n", v10, bad_syntax, "unterminated string literal (detected at line 1)", 1, 5},
        ErrorCase{"a = '''b\nc\n", v9, bad_syntax, "EOF while scanning triple-quoted string literal", 2, 11},
        ErrorCase{"a = '''b\nc\n", v11, bad_syntax,
                  "unterminated triple-quoted string literal (detected at line 2)", 1, 5},
        ErrorCase{"'a\\'\n", v12, bad_syntax, "unterminated string literal (detected at line 1)", 1, 1},
        ErrorCase{"'a\\'\n", v13, bad_syntax,
                  "unterminated string literal (detected at line 1); perhaps you escaped the end quote?", 1,
                  1},
        ErrorCase{"ub''\n", v14, bad_syntax, "'u' and 'b' prefixes are incompatible", 1, 1},
        ErrorCase{"x = ft''\n", v14, bad_syntax, "'f' and 't' prefixes are incompatible", 1, 5}));

INSTANTIATE_TEST_SUITE_P(
    FStrings, LexerErrors,
    testing::Values(
        ErrorCase{"f'a\n", v12, bad_syntax, "unterminated f-string literal (detected at line 1)", 1, 1},
        ErrorCase{"f'''a\n\n", v12, bad_syntax,
                  "unterminated triple-quoted f-string literal (detected at line 2)", 1, 1},
        ErrorCase{"f'{a'\n", v12, bad_syntax, "f-string: expecting '}'", 1, 5},
        ErrorCase{"f'a}'\n", v12, bad_syntax, "f-string: single '}' is not allowed", 1, 4},
        ErrorCase{"f'{a)}'\n", v12, bad_syntax, "f-string: unmatched ')'", 1, 5},
        ErrorCase{"f'{(a]}'\n", v12, bad_syntax,
                  "closing parenthesis ']' does not match opening parenthesis '('", 1, 6},
        ErrorCase{"f'{a:{b:{c:{d}}}}'\n", v12, bad_syntax, "f-string: expressions nested too deeply", 1, 11},
        ErrorCase{"f'{a\n", v12, bad_syntax, "'{' was never closed", 1, 3},
        ErrorCase{"f'{a:x\n}'\n", v14, bad_syntax,
                  "f-string: newlines are not allowed in format specifiers for single quoted f-strings", 1,
                  7},
        ErrorCase{"t'a}'\n", v14, bad_syntax, "t-string: single '}' is not allowed", 1, 4}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, LexerErrors,
    testing::Values(ErrorCase{"0777\n", v9, bad_syntax,
                              "leading zeros in decimal integer literals are not permitted; use an 0o prefix "
                              "for octal integers",
                              1, 4},
                    ErrorCase{"x = 0_7\n", v12, bad_syntax,
                              "leading zeros in decimal integer literals are not permitted; use an 0o prefix "
                              "for octal integers",
                              1, 5},
                    ErrorCase{"0o8\n", v9, bad_syntax, "invalid digit '8' in octal literal", 1, 2},
                    ErrorCase{"0o8\n", v10, bad_syntax, "invalid digit '8' in octal literal", 1, 3},
                    ErrorCase{"0b12\n", v12, bad_syntax, "invalid digit '2' in binary literal", 1, 4},
                    ErrorCase{"0x\n", v12, bad_syntax, "invalid hexadecimal literal", 1, 2},
                    ErrorCase{"0xfg\n", v12, bad_syntax, "invalid hexadecimal literal", 1, 3},
                    ErrorCase{"1_\n", v9, bad_syntax, "invalid decimal literal", 1, 2},
                    ErrorCase{"1a\n", v10, bad_syntax, "invalid decimal literal", 1, 1},
                    ErrorCase{"1e+\n", v12, bad_syntax, "invalid decimal literal", 1, 3},
                    ErrorCase{"1jx\n", v12, bad_syntax, "invalid imaginary literal", 1, 2}));

INSTANTIATE_TEST_SUITE_P(
    Brackets, LexerErrors,
    testing::Values(ErrorCase{")\n", v9, bad_syntax, "unmatched ')'", 1, 1},
                    ErrorCase{"(]\n", v12, bad_syntax,
                              "closing parenthesis ']' does not match opening parenthesis '('", 1, 2},
                    ErrorCase{"(\n]\n", v12, bad_syntax,
                              "closing parenthesis ']' does not match opening parenthesis '(' on line 1", 2,
                              1},
                    ErrorCase{"x = [\n(1,\n", v12, bad_syntax, "'(' was never closed", 2, 1}));

INSTANTIATE_TEST_SUITE_P(
    Lines, LexerErrors,
    testing::Values(ErrorCase{"x = 1 \\ 2\n", v9, bad_syntax,
                              "unexpected character after line continuation character", 1, 8},
                    ErrorCase{"x = y + \\\n 1 \\ 2\n", v13, bad_syntax,
                              "unexpected character after line continuation character", 2, 15},
                    ErrorCase{"x = y + \\\n 1 \\ 2\n", v14, bad_syntax,
                              "unexpected character after line continuation character", 2, 8},
                    ErrorCase{"x = \\\n", v12, bad_syntax, "unexpected EOF while parsing", 1, 6},
                    ErrorCase{"(\\\n", v9, bad_syntax, "unexpected EOF while parsing", 1, 3},
                    ErrorCase{"(\\\n", v10, bad_syntax, "'(' was never closed", 1, 1},
                    ErrorCase{"if x:\n\ta\n        b\n", v12, ErrorType::tab_error,
                              "inconsistent use of tabs and spaces in indentation", 3, 1},
                    ErrorCase{"if x:\n    a\n  b\n", v12, ErrorType::indentation_error,
                              "unindent does not match any outer indentation level", 3, 4}));

INSTANTIATE_TEST_SUITE_P(
    Characters, LexerErrors,
    testing::Values(
        ErrorCase{"x = \u00e9\u201ca\u201d\n", v9, bad_syntax, "invalid character '\u201c' (U+201C)", 1, 6},
        ErrorCase{"a\u200bb\n", v12, bad_syntax, "invalid non-printable character U+200B", 1, 2},
        ErrorCase{"x = \x01\n", v11, bad_syntax, "invalid non-printable character U+0001", 1, 5},
        ErrorCase{"a\xff = 1\n", v12, bad_syntax,
                  "(unicode error) 'utf-8' codec can't decode byte 0xff in position 1: invalid start byte", 1,
                  2}));

TEST(Lexer, LimitsOfCPython) {
  std::string deep;
  for (int i = 0; i < 100; ++i) {
    deep += std::string(static_cast<std::size_t>(i), ' ') + "if x:\n";
  }
  EXPECT_FALSE(lex(deep, Version::v3_12).error);
  deep += std::string(100, ' ') + "if x:\n";
  const auto indented = lex(deep, Version::v3_12);
  ASSERT_TRUE(indented.error);
  EXPECT_EQ(indented.error->message, "too many levels of indentation");
  EXPECT_EQ(indented.error->type, ErrorType::indentation_error);

  EXPECT_FALSE(lex(std::string(200, '(') + std::string(200, ')') + "\n", Version::v3_12).error);
  const auto nested = lex(std::string(201, '(') + "\n", Version::v3_12);
  ASSERT_TRUE(nested.error);
  EXPECT_EQ(nested.error->message, "too many nested parentheses");
  EXPECT_EQ(nested.error->offset, 201U);

  std::string fields;
  for (int i = 0; i < 150; ++i) fields += "f\"{";
  ASSERT_TRUE(lex(fields, Version::v3_12).error);
  EXPECT_EQ(lex(fields, Version::v3_12).error->message, "too many nested f-strings");
  EXPECT_EQ(lex(fields, Version::v3_14).error->message, "too many nested f-strings or t-strings");
}

TEST(Lexer, TellsWhoseErrorItIsAndWhatIsOpen) {
  const auto raised = lex("([\n1a", Version::v3_12);
  EXPECT_TRUE(raised.error_is_tokenizers);
  ASSERT_EQ(raised.open_brackets.size(), 2U);
  EXPECT_EQ(raised.open_brackets[1].bracket, '[');
  EXPECT_EQ(raised.open_brackets[1].column, 1U);
  EXPECT_FALSE(lex("(\n", Version::v3_12).error_is_tokenizers);
  EXPECT_TRUE(lex("f'{x\n", Version::v3_12).inside_fstring);
}

TEST(Lexer, TextWithoutLastLineEnd) {
  for (const auto* text : {"x", "x = 'a'", "if x:\n  y", "x # c", "'''a", "f'{x}", "\\", "(", "x\\"}) {
    const auto tokens = lex(text, Version::v3_12);
    for (const auto& token : tokens.list) {
      EXPECT_LE(token.end, std::string_view(text).size()) << text;
    }
  }
  EXPECT_EQ(kinds("if x:\n  y"), "if name : newline indent name newline dedent end");
}

// Not a measurement: a quadratic lexer would take minutes.
TEST(Lexer, HostileInputs) {
  constexpr std::size_t size = 1U << 18;
  std::vector<std::string> inputs;
  for (int byte = 0; byte < 256; ++byte) {
    inputs.emplace_back(size, static_cast<char>(byte));
  }
  const auto repeated = [&](std::string begin, std::string_view part) {
    while (begin.size() < size) {
      begin += part;
    }
    return begin;
  };
  inputs.push_back(repeated("", "\\\n"));
  inputs.push_back(repeated("x", " \\\n"));
  inputs.push_back(repeated("(", " \\\n"));
  inputs.push_back(repeated("(", "x,\n"));
  inputs.push_back(repeated("f'", "{"));
  inputs.push_back(repeated("f'", "{x:1}"));
  inputs.push_back(repeated("f'", "\\{{"));
  inputs.push_back(repeated("", "f'{"));
  inputs.push_back(repeated("", "\u00e9"));
  inputs.push_back(repeated("", "1if "));
  for (const auto& input : inputs) {
    for (const auto version : {Version::v3_9, Version::v3_14}) {
      const auto tokens = lex(input, version);
      EXPECT_LE(tokens.list.size(), input.size() + 3);
      EXPECT_LE(tokens.warnings.size(), 1000U);
    }
  }
}

}  // namespace
}  // namespace sallyport::validators::python

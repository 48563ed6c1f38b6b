// Programs that are meant to hurt: CPython's limits, and no others.
#include "tests/unit/validators/python/parser_support.hpp"

namespace sallyport::validators::python::test {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

TEST(ParserLimits, NestedPrefixesEndInCPythonsMemoryError) {
  struct Case {
    std::string_view prefix;
    std::size_t most;
  };
  const std::vector<Case> cases = {
      {"-", 5969}, {"not ", 5969}, {"lambda:", 2984}, {"a if b else ", 5969}, {"a**", 2984}};
  for (const auto& [prefix, most] : cases) {
    EXPECT_TRUE(is_accepted(repeat(prefix, most) + "1", Version::v3_11)) << prefix;
    const auto error = error_of(repeat(prefix, most + 1) + "1", Version::v3_11);
    EXPECT_EQ(error.type, ErrorType::memory_error) << prefix;
    EXPECT_EQ(error.message, "");
  }
  const auto error = error_of(repeat("-", 100'000) + "1", Version::v3_12);
  EXPECT_EQ(error.type, ErrorType::memory_error);
  EXPECT_EQ(error.message, "Parser stack overflowed - Python source too complex to parse");
}

TEST(ParserLimits, NestedBrackets) {
  for (const auto& [open, close] : {std::pair("(", ")"), std::pair("[", "]"), std::pair("f(", ")"),
                                    std::pair("a[", "]"), std::pair("{1:", "}")}) {
    EXPECT_TRUE(is_accepted(repeat(open, 190) + "1" + repeat(close, 190), newest_version)) << open;
    EXPECT_EQ(error_of(repeat(open, 100'000)).message, "too many nested parentheses") << open;
  }
}

TEST(ParserLimits, LongChainsAreNoNesting) {
  constexpr std::size_t many = 100'000;
  for (const std::string& source :
       {"x" + repeat(".a", many), "f" + repeat("()", many), "x" + repeat("[0]", many),
        "1" + repeat("+1", many), "1" + repeat("<1", many), "1" + repeat(" or 1", many),
        repeat("a=", many) + "1", repeat("'a' ", many), "[x " + repeat("for x in y ", many) + "]",
        repeat("a\n", many), repeat("a;", many), "f(" + repeat("a,", many) + ")",
        repeat("@a\n", many) + "def f(): pass", "f'" + repeat("{a}", many) + "'",
        "import a" + repeat(".a", many)}) {
    EXPECT_TRUE(is_accepted(source, Version::v3_11)) << source.substr(0, 20);
    EXPECT_TRUE(is_accepted(source, newest_version)) << source.substr(0, 20);
  }
}

TEST(ParserLimits, ElifChains) {
  const auto chain = [](std::size_t length) { return "if a: 0\n" + repeat("elif a: 0\n", length); };
  EXPECT_TRUE(is_accepted(chain(5966), Version::v3_11));
  EXPECT_EQ(error_of(chain(50'000), Version::v3_11).type, ErrorType::memory_error);
}

TEST(ParserLimits, BacktrackingIsBounded) {
  // Each level would be parsed twice, if the whole were parsed again for its first operator.
  EXPECT_TRUE(is_accepted(repeat("(", 150) + "2" + repeat(")**2", 150), newest_version));
  EXPECT_TRUE(
      is_accepted("with (" + repeat("(a, ", 150) + "b" + repeat(")", 150) + ") as c: pass", newest_version));
  EXPECT_FALSE(is_accepted(repeat("match ", 100'000), newest_version));
}

TEST(ParserLimits, DefaultsWithinDefaults) {
  EXPECT_TRUE(is_accepted(repeat("lambda x=", 700) + "1" + repeat(":1", 700), newest_version));
  EXPECT_EQ(error_of(repeat("lambda x=", 100'000) + "1").type, ErrorType::memory_error);
}

TEST(ParserLimits, FieldsWithinFields) {
  EXPECT_FALSE(is_accepted(repeat("f'{", 100'000), newest_version));
  EXPECT_FALSE(is_accepted("f'" + repeat("{a:", 100'000), newest_version));
  EXPECT_FALSE(is_accepted("f'" + repeat("{a:", 100'000) + "'", Version::v3_11));
}

}  // namespace
}  // namespace sallyport::validators::python::test

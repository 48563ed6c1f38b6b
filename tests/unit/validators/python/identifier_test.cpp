#include "validators/python/identifier.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sallyport::validators::python {
namespace {

TEST(Identifier, AsciiIsNotCopied) {
  Arena arena;
  const std::string_view name = "some_name_1";
  EXPECT_EQ(normalised(name, arena).data(), name.data());
  EXPECT_EQ(arena.capacity(), 0U);
}

TEST(Identifier, Nfkc) {
  Arena arena;
  EXPECT_EQ(normalised("\uff45\uff56\uff41\uff4c", arena), "eval");  // fullwidth
  EXPECT_EQ(normalised("\U0001D4EE\U0001D4FF\U0001D4EA\U0001D4F5", arena),
            "eval");  // mathematical bold script
  EXPECT_EQ(normalised("\ufb01x", arena), "fix");
  EXPECT_EQ(normalised("e\u0301", arena), "\u00e9");
  EXPECT_EQ(normalised("a\u0301\u0316", arena), "\u00e1\u0316");
  EXPECT_EQ(normalised("\u00e9t\u00e9", arena), "\u00e9t\u00e9");
}

// The marks are put in order in the same way, but without quadratic time.
TEST(Identifier, LongRunsOfMarks) {
  Arena arena;
  std::string spelled = "e";
  std::string expected = "\u00e9";
  constexpr int pairs = 100'000;
  for (int i = 0; i < pairs; ++i) {
    spelled += "\u0301\u0316";
  }
  for (int i = 0; i < pairs; ++i) {
    expected += "\u0316";
  }
  for (int i = 1; i < pairs; ++i) {
    expected += "\u0301";
  }
  EXPECT_EQ(normalised(spelled, arena), expected);
}

TEST(Identifier, FindsWhatIsInvalid) {
  EXPECT_EQ(find_invalid_in_identifier("name_1"), std::nullopt);
  EXPECT_EQ(find_invalid_in_identifier("_"), std::nullopt);
  EXPECT_EQ(find_invalid_in_identifier("\u00e9\u4e2d\u0301"), std::nullopt);
  EXPECT_EQ(find_invalid_in_identifier("1a"), 0U);
  EXPECT_EQ(find_invalid_in_identifier("\u0301a"), 0U);
  EXPECT_EQ(find_invalid_in_identifier("a\u201cb"), 1U);
  EXPECT_EQ(find_invalid_in_identifier("\u00e9\xff"), 2U);
  EXPECT_EQ(find_invalid_in_identifier("a\xe2\x80"), 1U);
  EXPECT_EQ(find_invalid_in_identifier(""), 0U);
}

TEST(Identifier, UnicodeOfTheVersion) {
  const std::string vithkuqi = "\U00010570";  // Unicode 14
  EXPECT_EQ(find_invalid_in_identifier(vithkuqi, Version::v3_10), 0U);
  EXPECT_EQ(find_invalid_in_identifier(vithkuqi, Version::v3_11), std::nullopt);
  EXPECT_EQ(find_invalid_in_identifier("a\u200d", Version::v3_12), 1U);
  EXPECT_EQ(find_invalid_in_identifier("a\u200d", Version::v3_13), std::nullopt);
  EXPECT_EQ(find_invalid_in_identifier("\u200d", Version::v3_13), 0U);
}

TEST(Identifier, Printable) {
  EXPECT_TRUE(is_printable(' ', Version::v3_12));
  EXPECT_TRUE(is_printable(0x201C, Version::v3_12));
  for (const std::uint32_t code :
       {0x1U, 0x7FU, 0xA0U, 0x200BU, 0x2028U, 0xD800U, 0xE000U, 0xFEFFU, 0x10FFFFU}) {
    EXPECT_FALSE(is_printable(code, Version::v3_12)) << code;
  }
}

}  // namespace
}  // namespace sallyport::validators::python

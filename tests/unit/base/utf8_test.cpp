#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::base {
namespace {

TEST(FirstCharacter, EveryCharacterIsReadAsItIsWritten) {
  struct Row {
    std::string_view text;
    std::uint32_t code;
    std::size_t size;
  };
  for (const Row& row : {Row{"a\xC3", 'a', 1}, Row{"\xC3\xA9z", 0xE9, 2}, Row{"\xE2\x82\xAC", 0x20AC, 3},
                         Row{"\xF0\x9F\x98\x80", 0x1F600, 4}, Row{"\xF4\x8F\xBF\xBF", 0x10FFFF, 4}}) {
    const Character character = first_character(row.text);
    EXPECT_TRUE(character.valid) << row.code;
    EXPECT_EQ(character.code, row.code);
    EXPECT_EQ(character.size, row.size);
  }
}

TEST(FirstCharacter, TheLongestBeginningOfNoneCountsAsOne) {
  for (const auto& [text, size] : {std::pair<std::string_view, std::size_t>{"\x80", 1},
                                   {"\xC3", 1},
                                   {"\xE2\x82z", 2},
                                   {"\xF0\x9F\x98", 3},
                                   {"\xED\xA0\x80", 1},
                                   {"\xC0\xAF", 1},
                                   {"\xF4\x90\x80\x80", 1}}) {
    const Character character = first_character(text);
    EXPECT_FALSE(character.valid);
    EXPECT_EQ(character.code, 0xFFFDU);
    EXPECT_EQ(character.size, size);
  }
}

TEST(SkipAscii, StopsAtTheFirstByteThatIsNone) {
  EXPECT_EQ(skip_ascii("", 0), 0U);
  EXPECT_EQ(skip_ascii("plain text of some length", 3), 25U);
  for (std::size_t at = 0; at < 20; ++at) {
    std::string text(24, 'x');
    text[at] = '\x80';
    EXPECT_EQ(skip_ascii(text, 0), at);
    EXPECT_EQ(skip_ascii(text, at + 1), text.size());
  }
}

}  // namespace
}  // namespace sallyport::base

#include "broker/api/utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::broker {
namespace {

constexpr auto npos = std::string_view::npos;

TEST(Utf8, FindsTheFirstByteThatIsNone) {
  EXPECT_EQ(find_invalid_utf8(""), npos);
  EXPECT_EQ(find_invalid_utf8("plain text that is longer than eight bytes"), npos);
  EXPECT_EQ(find_invalid_utf8("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF"), npos);
  EXPECT_EQ(find_invalid_utf8("abc\x80"), 3U);
  EXPECT_EQ(find_invalid_utf8("12345678\xFF"), 8U);
  EXPECT_EQ(find_invalid_utf8("\xC3"), 0U);      // Cut off.
  EXPECT_EQ(find_invalid_utf8("\xC0\xAF"), 0U);  // Overlong.
  EXPECT_EQ(find_invalid_utf8("\xE0\x80\xAF"), 0U);
  EXPECT_EQ(find_invalid_utf8("\xF0\x80\x80\xAF"), 0U);
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0U);      // A surrogate.
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U);  // Beyond Unicode.
  EXPECT_EQ(find_invalid_utf8("\xF5\x80\x80\x80"), 0U);
}

/// Right-hand sides are what Python's `bytes.decode("utf-8", "replace")` gives.
TEST(Utf8, ReplacesAsPythonDoes) {
  const std::string r = "\xEF\xBF\xBD";
  const std::vector<std::pair<std::string, std::string>> table = {
      {"fine \xC3\xA9", "fine \xC3\xA9"},
      {"\xFF", r},
      {"a\x80\x81z", "a" + r + r + "z"},
      {"\xC3", r},
      {"\xE2\x82", r},  // The beginning of a sequence is one.
      {"\xE2\x82z", r + "z"},
      {"\xF0\x9F\x98", r},
      {"\xF0\x9F\x98\xC3\xA9", r + "\xC3\xA9"},
      {"\xC0\xAF", r + r},
      {"\xED\xA0\x80", r + r + r},
      {"\xF4\x90\x80\x80", r + r + r + r},
      {"\xE0\x80\x80", r + r + r},
  };
  for (const auto& [bytes, text] : table) EXPECT_EQ(to_valid_utf8(bytes), text);
}

TEST(Utf8, EveryPairOfBytesBecomesValid) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes = {static_cast<char>(first), static_cast<char>(second)};
      EXPECT_EQ(find_invalid_utf8(to_valid_utf8(bytes)), npos);
      EXPECT_EQ(find_invalid_utf8(to_valid_utf8("\xF0" + bytes)), npos);
    }
  }
}

TEST(Utf8, CutsBetweenCharacters) {
  EXPECT_EQ(cut_utf8("abc", 5), "abc");
  EXPECT_EQ(cut_utf8("abc", 2), "ab");
  EXPECT_EQ(cut_utf8("a\xE2\x82\xAC", 4), "a\xE2\x82\xAC");
  EXPECT_EQ(cut_utf8("a\xE2\x82\xAC", 3), "a");
  EXPECT_EQ(cut_utf8("a\xE2\x82\xAC", 2), "a");
  EXPECT_EQ(cut_utf8("\xE2\x82\xAC", 2), "");
}

}  // namespace
}  // namespace sallyport::broker

#include "broker/api/json_events.hpp"

#include "tests/unit/broker/api/recorded_events.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sallyport::broker {
namespace {

/// Documents whose strange corners readers are known to differ in.
std::vector<std::string> documents() {
  return {
      R"({"a": [1, -1, 0, -0, 1.5, -0.0, 1e3, 1E-7, 1.50, true, false, null, "x", [], {}]})",
      R"({"code": "import os\n\tprint(\"\u00e9\", '\\')\u0000", "context": {"k": {"k": [{}]}}, "é": "\ud83d\ude00"})",
      "[9223372036854775807, 9223372036854775808, -9223372036854775808, -9223372036854775809, "
      "18446744073709551615, 18446744073709551616, 123456789012345678901234567890]",
      "[0.1, 0.30000000000000004, 2.2250738585072011e-308, 5e-324, 1e-400, 1.7976931348623157e308, "
      "9007199254740993.0, "
      "123456789.12345678901234567890, 0.1e1, 1e+2, 3.0e0]",
      "[1e400]",
      "[-1e400]",
      "[1e]",
      "[1.]",
      "[.5]",
      "[01]",
      "[-]",
      "[+1]",
      "[0x10]",
      "[NaN]",
      "[Infinity]",
      " \t\r\n{\"a\" : 1 } \n",
      "1",
      "\"x\"",
      "null",
      "true",
      "",
      " ",
      "[",
      "]",
      "{",
      "}",
      "[1,]",
      "[,1]",
      "{\"a\":1,}",
      "{\"a\"}",
      "{\"a\":}",
      "{a:1}",
      "{1:1}",
      "[1 2]",
      "[1]x",
      "[1][2]",
      "[1] // c",
      "[1 /* c */]",
      "nul",
      "truee",
      "\"",
      "\"a",
      "\"\\\"",
      "\"\\x\"",
      "\"\\u12\"",
      "\"\\ud800\"",
      "\"\\ud800\\u0041\"",
      "\"\\udc00\"",
      "\"\\ud83d\\ude00\"",
      "\"a\nb\"",
      "\"a\tb\"",
      std::string("\"a\0b\"", 5),
      std::string("[1]\0", 4),
      "\xEF\xBB\xBF[1]",
      "\"\xC3\xA9\"",
      "\"\xC3\"",
      "\"\xED\xA0\x80\"",
      "\"\xF0\x9F\x98\x80\"",
      "\"\x7F\"",
      "'a'",
      "[\"a\",'b']",
      R"({"a":1,"a":2})",
      std::string(100, '[') + std::string(100, ']'),
      std::string(200, '[') + std::string(200, ']'),
      "\"" + std::string(100'000, 'x') + "\\n" + std::string(100'000, 'y') + "\"",
      "[" + std::string(400, '1') + "]",
      "[0." + std::string(400, '1') + "]"};
}

void expect_same(const std::string& text) {
  const RecordedEvents slow = events_of_nlohmann(text);
  RecordedEvents fast;
  if (give_json_events(text, fast)) {
    EXPECT_FALSE(slow.refused) << text;
    EXPECT_EQ(fast.events, slow.events) << text;
  }
}

TEST(JsonEvents, AreThoseOfTheOtherReader) {
  for (const std::string& text : documents()) expect_same(text);
}

TEST(JsonEvents, AreThoseOfTheOtherReaderInWhatIsDamaged) {
  std::mt19937 random(20261126);
  const std::vector<std::string> whole = documents();
  constexpr std::string_view kBytes = "{}[]\",:\\u0123456789.eE+-tfn /\x01\x80\xC3\xED ";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole[random() % whole.size()];
    if (text.empty() || text.size() > 1000) continue;
    for (std::size_t i = 0; i < 1 + random() % 3; ++i)
      text[random() % text.size()] = kBytes[random() % kBytes.size()];
    expect_same(text);
  }
}

TEST(JsonEvents, OrdinaryRequestsTakeTheFastWay) {
  const std::vector<std::string> whole = documents();
  for (const std::string& text :
       {whole[0], whole[1], whole[2], std::string(" \t\r\n{\"a\" : 1 } \n"), std::string("1")}) {
    RecordedEvents fast;
    EXPECT_TRUE(give_json_events(text, fast)) << text;
  }
}

TEST(JsonEvents, AHandlerThatRefusesEndsThem) {
  for (std::size_t most = 0; most < 8; ++most) {
    RecordedEvents fast;
    fast.most = most;
    EXPECT_FALSE(give_json_events(R"({"a": [1, "b", 0.5, null]})", fast)) << most;
    EXPECT_EQ(fast.events.size(), most);
  }
}

}  // namespace
}  // namespace sallyport::broker

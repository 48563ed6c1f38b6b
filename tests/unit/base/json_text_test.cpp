#include "base/json_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::base {
namespace {

TEST(JsonText, EachByteAtEachPlaceIsToldFromThePlainOnes) {
  for (const std::size_t size : {1U, 7U, 8U, 9U, 16U, 23U}) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'a');
        text[place] = static_cast<char>(byte);
        const bool plain = byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
        ASSERT_EQ(is_plain_json(text), plain) << size << " " << place << " " << byte;
      }
    }
  }
  EXPECT_TRUE(is_plain_json(""));
}

TEST(JsonText, NumbersAreShortAndNoIntegers) {
  const auto written = [](double number) {
    std::string out = "=";
    append_json_number(out, number);
    return out;
  };
  EXPECT_EQ(written(0), "=0.0");
  EXPECT_EQ(written(-30), "=-30.0");
  EXPECT_EQ(written(0.1), "=0.1");
  EXPECT_EQ(written(100000), "=100000.0");
  EXPECT_EQ(written(999999999999999), "=999999999999999.0");
  EXPECT_EQ(written(-0.0), "=-0.0");
  EXPECT_EQ(written(1e300), "=1e+300");
  EXPECT_EQ(written(5e-324), "=5e-324");
  EXPECT_EQ(written(-std::numeric_limits<double>::max()), "=-1.7976931348623157e+308");
  EXPECT_EQ(written(std::nan("")), "=null");
  EXPECT_EQ(written(-std::numeric_limits<double>::infinity()), "=null");
}

TEST(JsonText, NumbersKeepTheirValue) {
  for (const double number :
       {0.1, -0.0, 1e-7, 5e-324, 1e22, 1e100, 100000.0, 1e15, 1234567890123456789.0, -2.0 / 3.0}) {
    std::string out;
    append_json_number(out, number);
    EXPECT_EQ(std::strtod(out.c_str(), nullptr), number) << out;
    EXPECT_EQ(std::signbit(std::strtod(out.c_str(), nullptr)), std::signbit(number)) << out;
  }
}

TEST(JsonText, RoundedNumbersHaveTheDecimalsThatTheyNeed) {
  const auto written = [](double number, int decimals) {
    std::string out = "=";
    append_json_rounded(out, number, decimals);
    return out;
  };
  EXPECT_EQ(written(0, 3), "=0.0");
  EXPECT_EQ(written(-0.0001, 3), "=0.0");
  EXPECT_EQ(written(0.0005, 3), "=0.001");
  EXPECT_EQ(written(0.1 + 0.2, 6), "=0.3");
  EXPECT_EQ(written(-1.25, 3), "=-1.25");
  EXPECT_EQ(written(2.9999, 3), "=3.0");
  EXPECT_EQ(written(12.05, 3), "=12.05");
  EXPECT_EQ(written(0.000001, 6), "=0.000001");
  EXPECT_EQ(written(7, 0), "=7.0");
  EXPECT_EQ(written(123456.789012345, 9), "=123456.789012345");
  EXPECT_EQ(written(123456789.0123456, 9), "=123456789.0123456");
  EXPECT_EQ(written(1e9, 3), "=1000000000.0");
  EXPECT_EQ(written(1.5e300, 3), "=1.5e+300");
  EXPECT_EQ(written(std::nan(""), 3), "=null");
}

void append_marked(std::string& out, std::string_view text) {
  out += "<" + std::to_string(text.size()) + ">";
}

TEST(JsonText, WritesMembersAndLists) {
  JsonText json(append_marked);
  json.add("text", "a");
  json.add("line", std::string("\n"));
  json.add("number", 0.5);
  json.add("least", std::numeric_limits<std::int64_t>::min());
  json.add("most", std::numeric_limits<std::uint64_t>::max());
  json.add("flag", true);
  json.add("some", std::optional<int>(-3));
  json.add("none", std::optional<std::string>());
  json.add_or_null("empty", "");
  json.add_rounded("rounded", std::optional<double>(0.12345), 3);
  json.begin_object("object");
  json.add_escaped("a\"key", "value");
  json.add_escaped("other", "\t");
  json.end_object();
  json.begin_list("list");
  json.begin_object();
  json.end_object();
  json.add_item("item");
  json.end_list();
  json.begin_list("nothing");
  json.end_list();
  json.add_null("last");
  EXPECT_EQ(json.take(),
            R"({"text":"a","line":<1>,"number":0.5,"least":-9223372036854775808,"most":18446744073709551615,)"
            R"("flag":true,"some":-3,"none":null,"empty":null,"rounded":0.123,)"
            R"("object":{<5>:"value","other":<1>},"list":[{},"item"],"nothing":[],"last":null})");
}

}  // namespace
}  // namespace sallyport::base

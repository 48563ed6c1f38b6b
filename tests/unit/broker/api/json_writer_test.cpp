#include "broker/api/json_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace sallyport::broker {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::string dumped(const OrderedJson& value) {
  return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

TEST(JsonWriter, WritesWhatTheLibraryWrites) {
  for (
      const char* const text :
      {R"({"z": 1, "a": [1, -2, 18446744073709551615, -9223372036854775808, true, false, null, "x", [], {}, [[]], {"": {}}]})",
       "[]", "{}", "\"\"", "null", "true", "0", "[0.5, -1.25, 1.0, 0.0, 123456.789]"}) {
    const OrderedJson value = OrderedJson::parse(text);
    EXPECT_EQ(write_json(value), dumped(value));
  }
}

TEST(JsonWriter, StringsAreThoseOfTheLibrary) {
  std::string all;
  for (int byte = 0; byte < 0x80; ++byte) all += static_cast<char>(byte);
  for (const std::string& text :
       {all, std::string("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 \xE2\x80\xA8"), std::string(100'000, 'x'),
        std::string("line\nline\n"), std::string("\n"), std::string("\"\\\"")}) {
    EXPECT_EQ(write_json(OrderedJson(text)), dumped(OrderedJson(text)));
    EXPECT_EQ(write_json(OrderedJson{{text, 1}}), dumped(OrderedJson{{text, 1}})) << "as a key";
  }
}

TEST(JsonWriter, WhatIsNotUtf8IsReplaced) {
  for (const char* const bytes : {"\xFF", "a\xC3", "\xED\xA0\x80", "ok \xF0\x9F\x98 ok\n"}) {
    const std::string text = write_json(OrderedJson(std::string(bytes)));
    EXPECT_TRUE(OrderedJson::accept(text)) << text;
    EXPECT_NE(text.find("\xEF\xBF\xBD"), std::string::npos);
  }
}

TEST(JsonWriter, NumbersKeepTheirValueAndKind) {
  for (const double number :
       {0.1, -0.0, 1e-7, 5e-324, 1e22, 1e100, 100000.0, 1234567890123456789.0, 2.0 / 3.0}) {
    const std::string text = write_json(OrderedJson(number));
    const OrderedJson read = OrderedJson::parse(text);
    EXPECT_TRUE(read.is_number_float()) << text;
    EXPECT_EQ(read.get<double>(), number) << text;
    EXPECT_EQ(std::signbit(read.get<double>()), std::signbit(number)) << text;
  }
  EXPECT_EQ(write_json(OrderedJson(std::numeric_limits<double>::infinity())), "null");
  EXPECT_EQ(write_json(OrderedJson(std::nan(""))), "null");
}

}  // namespace
}  // namespace sallyport::broker

#include "broker/api/json_string.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sallyport::broker {
namespace {

using Json = nlohmann::json;

std::string written(const std::string& text) {
  std::string out = "=";
  append_json_string(out, text);
  return out;
}

TEST(JsonString, IsThatOfTheLibrary) {
  std::string all;
  for (int byte = 0; byte < 0x80; ++byte) all += static_cast<char>(byte);
  for (const std::string& text :
       {all, std::string("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 \xE2\x80\xA8"), std::string(100'000, 'x'),
        std::string("line\nline\n"), std::string("\n"), std::string("\"\\\""), std::string()}) {
    EXPECT_EQ(written(text), "=" + Json(text).dump());
  }
}

TEST(JsonString, WhatIsNotUtf8IsReplaced) {
  for (const std::string bytes : {"\xFF", "a\xC3", "\xED\xA0\x80", "ok \xF0\x9F\x98 ok\n"}) {
    const std::string replaced = Json(bytes).dump(-1, ' ', false, Json::error_handler_t::replace);
    EXPECT_EQ(written(bytes), "=" + replaced);
    EXPECT_NE(replaced.find("\xEF\xBF\xBD"), std::string::npos);
  }
}

}  // namespace
}  // namespace sallyport::broker

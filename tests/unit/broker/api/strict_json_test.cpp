#include "broker/api/strict_json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::broker {
namespace {

using nlohmann::json;

TEST(StrictJson, KeepsOneMemberAsText) {
  JsonBounds bounds;
  bounds.verbatim_member = "raw";
  const auto parsed =
      parse_strict_json(R"({"a": [1, {"raw": 2}], "raw": [ 1.50 , {"x" : "y"} ], "b": true})", bounds);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->root, json::parse(R"({"a": [1, {"raw": 2}], "b": true})"));
  EXPECT_EQ(*parsed->verbatim, R"([1.50,{"x":"y"}])");
}

TEST(StrictJson, KeepsAScalarMemberAsText) {
  JsonBounds bounds;
  bounds.verbatim_member = "raw";
  EXPECT_EQ(*parse_strict_json(R"({"raw": "a\tb"})", bounds)->verbatim, R"("a\tb")");
  EXPECT_EQ(*parse_strict_json(R"({"raw": 1E5, "b": 1})", bounds)->verbatim, "1E5");
  EXPECT_EQ(*parse_strict_json(R"({"raw": null})", bounds)->verbatim, "null");
  EXPECT_EQ(*parse_strict_json(R"({"raw": -7})", bounds)->verbatim, "-7");
  EXPECT_EQ(*parse_strict_json(R"({"raw": false})", bounds)->verbatim, "false");
}

TEST(StrictJson, ReadsAllTypesIntoATree) {
  const char* const text = R"({"s": "x", "i": -1, "u": 18446744073709551615, "f": 0.5, "t": true, "n": null,
                              "a": [[], {}, [1, 2]], "o": {"p": {"q": "r"}}})";
  const auto parsed = parse_strict_json(text, JsonBounds());
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->root, json::parse(text));
  EXPECT_FALSE(parsed->verbatim.has_value());
}

TEST(StrictJson, TheSameKeyInDifferentObjectsIsFine) {
  EXPECT_TRUE(parse_strict_json(R"([{"a": 1}, {"a": {"a": 2}}])", JsonBounds()).has_value());
  EXPECT_FALSE(parse_strict_json(R"([{"a": 1, "b": 2, "a": 3}])", JsonBounds()).has_value());
}

TEST(StrictJson, NumbersThatNoDoubleHoldsAreRefused) {
  const auto parsed = parse_strict_json("[1e999]", JsonBounds());
  ASSERT_TRUE(parsed.has_error());
  EXPECT_EQ(parsed.error().status, 400);
}

}  // namespace
}  // namespace sallyport::broker

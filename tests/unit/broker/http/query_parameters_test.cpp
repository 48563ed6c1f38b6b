#include "broker/http/query_parameters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::broker::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(QueryParametersTest, AreDecodedInTheirOrder) {
  EXPECT_THAT(
      *parse_query("b=1&a=x%20y+z&c&d=&e=a=b&&"),
      ElementsAre(Pair("b", "1"), Pair("a", "x y z"), Pair("c", ""), Pair("d", ""), Pair("e", "a=b")));
  EXPECT_THAT(*parse_query("%61=%C3%a4"), ElementsAre(Pair("a", "\xC3\xA4")));
  EXPECT_TRUE(parse_query("")->empty());
}

TEST(QueryParametersTest, WhatIsAmbiguousOrBrokenIsRefused) {
  for (const char* query :
       {"a=1&a=2", "a=1&%61=2", "=1", "a=%", "a=%1", "a=%1g", "a=%ff", "%ff=1", "a=%ed%a0%80"}) {
    EXPECT_FALSE(parse_query(query).has_value()) << query;
  }
}

TEST(QueryParametersTest, AreBounded) {
  std::string query;
  for (std::size_t i = 0; i < kMaxQueryParameters; ++i) query += "p" + std::to_string(i) + "&";
  EXPECT_EQ(parse_query(query)->size(), kMaxQueryParameters);
  EXPECT_FALSE(parse_query(query + "x").has_value());
}

}  // namespace
}  // namespace sallyport::broker::http

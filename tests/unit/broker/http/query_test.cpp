#include "broker/http/query.hpp"

#include <gtest/gtest.h>

namespace sallyport::broker::http {
namespace {

TEST(Query, FindsAParameter) {
  EXPECT_EQ(query_parameter("a=1&b=2", "b"), "2");
  EXPECT_EQ(query_parameter("a=1&a=2", "a"), "1");
  EXPECT_EQ(query_parameter("a&b=", "a"), "");
  EXPECT_EQ(query_parameter("a&b=", "b"), "");
  EXPECT_EQ(query_parameter("a=b=c", "a"), "b=c");
  EXPECT_EQ(query_parameter("", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("&&=1&ab=1", "a"), std::nullopt);
}

TEST(Query, Decodes) {
  EXPECT_EQ(query_parameter("%61=x+y%2Cz%c3%A9", "a"), "x y,z\xC3\xA9");
  EXPECT_EQ(query_parameter("a=%&b=%4&c=%zz", "a"), "%");
  EXPECT_EQ(query_parameter("a=%&b=%4&c=%zz", "b"), "%4");
  EXPECT_EQ(query_parameter("a=%&b=%4&c=%zz", "c"), "%zz");
}

}  // namespace
}  // namespace sallyport::broker::http

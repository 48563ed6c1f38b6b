#include "broker/http/message.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::broker::http {
namespace {

TEST(Message, DatesAreThoseOfTheStandard) {
  EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(Message, HeadersAreFoundInAnyCase) {
  RequestHead head;
  head.headers = {{"Content-Type", "a"}, {"X", "b"}, {"x", "c"}};
  EXPECT_EQ(head.header("content-TYPE"), "a");
  EXPECT_EQ(head.header("x"), "b");
  EXPECT_FALSE(head.header("y").has_value());
}

TEST(Message, TheHeadTellsLengthTypeAndConnection) {
  Response response;
  response.status = 503;
  response.body = "{}";
  response.headers.push_back({"Retry-After", "5"});
  std::string head = serialize_head(response, false);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 503 Service Unavailable\r\nDate: ")) << head;
  EXPECT_TRUE(
      head.ends_with("\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                     "X-Content-Type-Options: nosniff\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"))
      << head;
  response.status = 204;
  EXPECT_EQ(serialize_head(response, true).find("Content-Length"), std::string::npos);
}

TEST(Message, AValueCannotBeginANewField) {
  Response response;
  response.headers.push_back({"X", "a\r\nSet-Cookie: b"});
  EXPECT_NE(serialize_head(response, true).find("X: a  Set-Cookie: b\r\n"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::broker::http

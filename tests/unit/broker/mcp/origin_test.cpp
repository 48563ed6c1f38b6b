#include "broker/mcp/origin.hpp"

#include <gtest/gtest.h>

namespace sallyport::broker::mcp {
namespace {

TEST(Origin, OfThisHostIsAllowed) {
  for (const char* origin :
       {"http://localhost", "http://localhost:3000", "https://LOCALHOST:1", "http://127.0.0.1:80",
        "http://127.8.9.10", "http://[::1]", "http://[::1]:5173"}) {
    EXPECT_TRUE(origin_allowed(origin, {})) << origin;
  }
}

TEST(Origin, OfAnotherHostIsNot) {
  for (const char* origin : {"",
                             "null",
                             "http://",
                             "http://evil.example",
                             "http://localhost.evil.example",
                             "http://evil.example:80",
                             "http://127.0.0.1.evil.example",
                             "http://127.0.0.1evil",
                             "http://127.0.0",
                             "http://127.0.0.1.1",
                             "http://127.0.0.1111",
                             "http://10.0.0.1",
                             "http://localhost@evil.example",
                             "http://localhost:80@evil.example",
                             "http://localhost:",
                             "http://localhost/",
                             "http://[::1",
                             "http://[::1]x",
                             "http://[::2]",
                             "file://localhost",
                             "localhost",
                             "http://localhost:8o"}) {
    EXPECT_FALSE(origin_allowed(origin, {"https://chat.example"})) << origin;
  }
}

TEST(Origin, ListedIsAllowedAsAWhole) {
  EXPECT_TRUE(origin_allowed("https://chat.example", {"https://other.example", "https://chat.example"}));
  EXPECT_FALSE(origin_allowed("http://chat.example", {"https://chat.example"}));
  EXPECT_FALSE(origin_allowed("https://chat.example:8443", {"https://chat.example"}));
}

}  // namespace
}  // namespace sallyport::broker::mcp

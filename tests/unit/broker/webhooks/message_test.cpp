// What is said before a webhook is sent: its URL, its signature, and when it is tried again.
#include "broker/webhooks/callback_url.hpp"
#include "broker/webhooks/retry_schedule.hpp"
#include "broker/webhooks/signature.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sallyport::broker::webhooks {
namespace {

using namespace std::chrono_literals;

TEST(CallbackUrl, HttpsWithAHost) {
  for (const char* url : {"https://example.org", "https://example.org/hook?x=1",
                          "https://[2606:4700::1]:8443/", "HTTPS://example.org:444/a/b"}) {
    EXPECT_EQ(callback_url_mistake(url, false), std::nullopt) << url;
  }
  EXPECT_EQ(callback_url_mistake("http://example.org/", true), std::nullopt);
}

TEST(CallbackUrl, NothingElse) {
  for (const std::string url :
       {"", "example.org/hook", "/hook", "//example.org", "http://example.org", "ftp://example.org",
        "file:///etc/passwd", "gopher://example.org", "https://", "https://user@example.org",
        "https://user:x@example.org", "https://:x@example.org", "https://example.org/a b",
        "https://example.org/\r\nX: y", "https://ex\xC3\xA4mple.org", "https://example.org:99999/",
        "javascript:alert(1)"}) {
    EXPECT_NE(callback_url_mistake(url, false), std::nullopt) << url;
  }
  EXPECT_NE(callback_url_mistake("https://example.org/" + std::string(3000, 'x'), false), std::nullopt);
  EXPECT_NE(callback_url_mistake("ftp://example.org", true), std::nullopt);
}

// Computed with Python's hmac module.
TEST(Signature, IsThatOfIdTimestampAndBody) {
  EXPECT_EQ(signature("secret", "msg_1", 1'700'000'000, R"({"a":1})"),
            "v1,Q5nZ7DiOGwijBBqvBVAK6c0zDr2JLkXI7TaV4f+Q2vY=");
  EXPECT_NE(signature("secret", "msg_1", 1'700'000'001, R"({"a":1})"),
            signature("secret", "msg_1", 1'700'000'000, R"({"a":1})"));
  EXPECT_NE(signature("other", "msg_1", 1'700'000'000, "{}"),
            signature("secret", "msg_1", 1'700'000'000, "{}"));
}

TEST(RetrySchedule, DoublesUpToItsBound) {
  RetrySchedule schedule;
  schedule.first = 4s;
  schedule.longest = 60s;
  EXPECT_EQ(schedule.wait_after(1, 0), 4s);
  EXPECT_EQ(schedule.wait_after(2, 0), 8s);
  EXPECT_EQ(schedule.wait_after(4, 0), 32s);
  EXPECT_EQ(schedule.wait_after(5, 0), 60s);
  EXPECT_EQ(schedule.wait_after(1'000'000, 0), 60s);
}

TEST(RetrySchedule, JitterTakesOffUpToAHalf) {
  RetrySchedule schedule;
  schedule.first = 4s;
  for (std::uint64_t random = 0; random < 10'000; random += 7) {
    const auto wait = schedule.wait_after(1, random * 0x9E3779B97F4A7C15U);
    EXPECT_GE(wait, 2s);
    EXPECT_LE(wait, 4s);
  }
}

}  // namespace
}  // namespace sallyport::broker::webhooks

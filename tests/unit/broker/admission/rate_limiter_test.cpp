#include "broker/admission/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;
using Time = RateLimiter::Time;

class RateLimiterTest : public ::testing::Test {
 protected:
  static RateLimits limits(double per_minute, std::uint64_t burst, std::size_t tracked = 100) {
    RateLimits limits;
    limits.per_minute = per_minute;
    limits.burst = burst;
    limits.max_tracked = tracked;
    return limits;
  }

  /// As admission does it.
  bool ask(RateLimiter& limiter, const std::string& name, const std::string& group = "") {
    if (limiter.wait(group, name, now_) > 0ns) return false;
    limiter.take(group, name, now_);
    return true;
  }

  int ask_often(RateLimiter& limiter, const std::string& name, int times) {
    int granted = 0;
    for (int i = 0; i < times; ++i) granted += ask(limiter, name) ? 1 : 0;
    return granted;
  }

  Time now_{1h};
};

TEST_F(RateLimiterTest, GivesABurstAndThenTheRate) {
  RateLimiter limiter(limits(60, 5));
  EXPECT_EQ(ask_often(limiter, "a", 20), 5);
  now_ += 3s;
  EXPECT_EQ(ask_often(limiter, "a", 20), 3);
  now_ += 1h;
  EXPECT_EQ(ask_often(limiter, "a", 20), 5);
}

TEST_F(RateLimiterTest, SaysHowLongToWaitAndKeepsItsWord) {
  RateLimiter limiter(limits(6, 2));  // One in ten seconds.
  EXPECT_EQ(ask_often(limiter, "a", 5), 2);
  EXPECT_EQ(limiter.wait("", "a", now_), 10s);
  now_ += 4s;
  EXPECT_EQ(limiter.wait("", "a", now_), 6s);
  now_ += 5999ms;
  EXPECT_FALSE(ask(limiter, "a"));
  now_ += 1ms;
  EXPECT_TRUE(ask(limiter, "a"));
  EXPECT_FALSE(ask(limiter, "a"));
}

TEST_F(RateLimiterTest, WhoIsRefusedIsNotCounted) {
  RateLimiter limiter(limits(60, 1));
  EXPECT_TRUE(ask(limiter, "a"));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(ask(limiter, "a"));
  now_ += 1s;
  EXPECT_TRUE(ask(limiter, "a"));
}

TEST_F(RateLimiterTest, NamesAndGroupsAreCountedApart) {
  RateLimiter limiter(limits(60, 1));
  EXPECT_TRUE(ask(limiter, "a", "g"));
  EXPECT_TRUE(ask(limiter, "b", "g"));
  EXPECT_TRUE(ask(limiter, "a", "h"));
  EXPECT_FALSE(ask(limiter, "a", "g"));
}

TEST_F(RateLimiterTest, NoRateIsNoLimitAndNoMemory) {
  RateLimiter limiter(limits(0, 1));
  EXPECT_EQ(ask_often(limiter, "a", 1000), 1000);
  EXPECT_EQ(limiter.tracked(), 0U);
}

TEST_F(RateLimiterTest, FullBucketsAreForgotten) {
  RateLimiter limiter(limits(60, 5, 1000));
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(ask(limiter, std::to_string(i)));
  EXPECT_EQ(limiter.tracked(), 500U);
  now_ += 10s;
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(ask(limiter, "a" + std::to_string(i % 5)) || i >= 25);
  EXPECT_LE(limiter.tracked(), 10U);
}

TEST_F(RateLimiterTest, AFloodOfNamesNeitherTakesMemoryNorWinsTokens) {
  RateLimiter limiter(limits(60, 3, 10));
  EXPECT_EQ(ask_often(limiter, "regular", 10), 3);
  int granted = 0;
  for (int i = 0; i < 10'000; ++i) granted += ask(limiter, "flood" + std::to_string(i)) ? 1 : 0;
  // Nine buckets of their own, one token each asked, and the shared one's three.
  EXPECT_EQ(granted, 9 + 3);
  EXPECT_LE(limiter.tracked(), 11U);
  EXPECT_EQ(limiter.shared(), 3U);
  // The regular's bucket was not lost to the flood: it still has nothing in it, and fills at its own pace.
  EXPECT_FALSE(ask(limiter, "regular"));
  now_ += 1s;
  EXPECT_TRUE(ask(limiter, "regular"));
  // And when the flood is over, newcomers have their own again.
  now_ += 1min;
  EXPECT_EQ(ask_often(limiter, "newcomer", 10), 3);
}

TEST_F(RateLimiterTest, TheFloodOfOneGroupDoesNotTouchTheSharedBucketOfAnother) {
  RateLimiter limiter(limits(60, 2, 1));
  EXPECT_TRUE(ask(limiter, "x", "g"));
  while (ask(limiter, "y", "g")) {
  }
  EXPECT_FALSE(ask(limiter, "z", "g"));
  EXPECT_TRUE(ask(limiter, "z", "h"));
}

TEST_F(RateLimiterTest, ANameCannotStandForAGroup) {
  RateLimiter limiter(limits(60, 1));
  EXPECT_TRUE(ask(limiter, "", "g"));
  EXPECT_TRUE(ask(limiter, "g", ""));
  EXPECT_EQ(limiter.tracked(), 2U);
}

}  // namespace
}  // namespace sallyport::broker

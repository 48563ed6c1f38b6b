#include "broker/admission/service_rate.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;
using Time = ServiceRate::Time;

TEST(ServiceRate, BeginsWithTheTimeInAPlace) {
  ServiceRate rate(4);
  const Time now{1h};
  EXPECT_DOUBLE_EQ(rate.interval(now).count(), 0.25);  // A guess of a second.
  rate.ended(2s, now);
  EXPECT_DOUBLE_EQ(rate.interval(now).count(), 0.5);
}

TEST(ServiceRate, MeasuresThePaceOfABusyBroker) {
  ServiceRate rate(4);
  Time now{1h};
  rate.saturated(true, now);
  for (int i = 0; i < 100; ++i) {
    now += 200ms;
    rate.ended(3s, now);
    rate.saturated(true, now);
  }
  EXPECT_NEAR(rate.interval(now).count(), 0.2, 0.001);
}

TEST(ServiceRate, IdleTimeIsNoPace) {
  ServiceRate rate(1);
  Time now{1h};
  for (int i = 0; i < 100; ++i) {
    rate.saturated(true, now);
    now += 100ms;
    rate.ended(100ms, now);
    rate.saturated(false, now);
    now += 10s;
  }
  EXPECT_NEAR(rate.interval(now).count(), 0.1, 0.001);
}

TEST(ServiceRate, SilenceCounts) {
  ServiceRate rate(4);
  Time now{1h};
  rate.saturated(true, now);
  now += 100ms;
  rate.ended(100ms, now);
  EXPECT_NEAR(rate.interval(now).count(), 0.1, 0.001);
  now += 45s;
  EXPECT_NEAR(rate.interval(now).count(), 45, 0.001);
}

/// What is said is what happens: a simulated broker with four places and programs of 2 s each.
TEST(ServiceRate, ItsForecastComesTrue) {
  ServiceRate rate(4);
  Time now{1h};
  rate.saturated(true, now);
  for (int i = 0; i < 40; ++i) {
    now += 500ms;
    rate.ended(2s, now);
  }
  constexpr std::uint64_t kAhead = 19;
  const auto forecast = std::chrono::seconds(retry_after_seconds(rate.interval(now), kAhead));
  const auto truth = (kAhead + 1) * 500ms;
  EXPECT_EQ(forecast, truth);
}

TEST(RetryAfter, FollowsFromThePaceAndTheQueue) {
  using Seconds = ServiceRate::Seconds;
  EXPECT_EQ(retry_after_seconds(Seconds(2), 0), 2);
  EXPECT_EQ(retry_after_seconds(Seconds(2), 9), 20);
  EXPECT_EQ(retry_after_seconds(Seconds(0.5), 9), 5);
  EXPECT_EQ(retry_after_seconds(Seconds(0.001), 9), 1);
  EXPECT_EQ(retry_after_seconds(Seconds(0), 0), 1);
  EXPECT_EQ(retry_after_seconds(Seconds(1000), 1000), 3600);
}

}  // namespace
}  // namespace sallyport::broker

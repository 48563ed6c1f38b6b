#include "base/utc_time.hpp"

#include <gtest/gtest.h>

namespace sallyport::base {
namespace {

using namespace std::chrono_literals;

TEST(UtcTimeTest, ReadsWhatItWrites) {
  const UtcTime time{1'767'225'599s};
  EXPECT_EQ(utc_text(time), "2025-12-31T23:59:59Z");
  EXPECT_EQ(parse_utc("2025-12-31T23:59:59Z"), time);
  EXPECT_EQ(parse_utc("2025-12-31T23:59:59.999999Z"), time);
  EXPECT_EQ(parse_utc("2026-01-01"), time + 1s);
  EXPECT_EQ(parse_utc("2024-02-29"), UtcTime(1'709'164'800s));
}

TEST(UtcTimeTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2025", "2025-13-01", "2025-02-29", "2025-12-31T", "2025-12-31T24:00:00Z", "2025-12-31T23:60:00Z",
        "2025-12-31T23:59:60Z", "2025-12-31T23:59:59", "2025-12-31T23:59:59.Z",
        "2025-12-31T23:59:59.1234567890Z", "2025-12-31T23:59:59Z ", "2025-12-31T23:59:59+00:00", "-025-12-31",
        "2025-12-3x", "25-12-31"}) {
    EXPECT_FALSE(parse_utc(text).has_value()) << text;
  }
}

TEST(UtcTimeTest, Durations) {
  EXPECT_EQ(parse_duration("90d"), 90 * 24h);
  EXPECT_EQ(parse_duration("12h"), 12h);
  EXPECT_EQ(parse_duration("30m"), 30min);
  EXPECT_EQ(parse_duration("0s"), 0s);
  for (const char* text : {"", "d", "12", "-1d", "1.5h", "1w", "1 d", "99999999999d", "4000000000d"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sallyport::base

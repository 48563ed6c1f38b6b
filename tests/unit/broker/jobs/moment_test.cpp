#include "broker/jobs/moment.hpp"

#include <gtest/gtest.h>

namespace sallyport::broker {
namespace {

TEST(Moment, IsWrittenWithMilliseconds) {
  EXPECT_EQ(format_moment(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_moment(1'709'210'096'007), "2024-02-29T12:34:56.007Z");
}

TEST(Moment, IsReadWithAndWithoutFractionAndOffset) {
  const std::int64_t when = 1'709'210'096'000;
  EXPECT_EQ(parse_moment("2024-02-29T12:34:56Z"), when);
  EXPECT_EQ(parse_moment("2024-02-29t12:34:56z"), when);
  EXPECT_EQ(parse_moment("2024-02-29T12:34:56.5Z"), when + 500);
  EXPECT_EQ(parse_moment("2024-02-29T12:34:56.007999Z"), when + 7);
  EXPECT_EQ(parse_moment("2024-02-29T14:04:56+01:30"), when);
  EXPECT_EQ(parse_moment("2024-02-29T07:34:56-05:00"), when);
}

TEST(Moment, AnythingElseIsNone) {
  for (const char* text : {"", "2024", "2024-02-30T12:34:56Z", "2024-13-01T00:00:00Z", "2024-02-29 12:34:56Z",
                           "2024-02-29T24:00:00Z", "2024-02-29T12:60:00Z", "2024-02-29T12:34:61Z",
                           "2024-02-29T12:34:56", "2024-02-29T12:34:56.Z", "2024-02-29T12:34:56Zx",
                           "2024-02-29T12:34:56+1:00", "2024-02-29T12:34:56+24:00", "-024-02-29T12:34:56Z"}) {
    EXPECT_FALSE(parse_moment(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sallyport::broker

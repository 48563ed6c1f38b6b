#include "docker/api_version.hpp"

#include <gmock/gmock.h>

namespace sallyport::docker::detail {
namespace {

Result<std::string> choose(const char* newest, const char* oldest) {
  Version version;
  version.api_version = newest;
  version.min_api_version = oldest;
  return choose_api_version(version);
}

TEST(ApiVersionTest, TakesTheNewestThatBothSpeak) {
  EXPECT_EQ(choose("1.41", "1.12").value(), "1.41");
  EXPECT_EQ(choose("1.45", "1.24").value(), "1.45");
  EXPECT_EQ(choose("1.52", "1.44").value(), "1.47");
  EXPECT_EQ(choose("2.0", "1.47").value(), "1.47");
  EXPECT_EQ(choose("1.43", "").value(), "1.43");
}

TEST(ApiVersionTest, NamesBothRangesWhenThereIsNone) {
  const auto too_old = choose("1.40", "1.12");
  ASSERT_TRUE(too_old.has_error());
  EXPECT_EQ(too_old.error().kind, ErrorKind::engine);
  EXPECT_THAT(too_old.error().message, ::testing::HasSubstr("1.12 to 1.40"));
  EXPECT_THAT(too_old.error().message, ::testing::HasSubstr("1.41 to 1.47"));
  const auto too_new = choose("1.60", "1.48");
  ASSERT_TRUE(too_new.has_error());
  EXPECT_EQ(too_new.error().kind, ErrorKind::engine);
}

TEST(ApiVersionTest, WhatIsNoVersionIsMalformed) {
  for (const char* text : {"1", "1.", ".41", "1.41x", "x", "1.-4", "1.99999999999999999999", "1.41.2"}) {
    const auto chosen = choose(text, "1.12");
    ASSERT_TRUE(chosen.has_error()) << text;
    EXPECT_EQ(chosen.error().kind, ErrorKind::malformed) << text;
  }
}

}  // namespace
}  // namespace sallyport::docker::detail

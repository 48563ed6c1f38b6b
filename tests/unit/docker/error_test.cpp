#include "docker/error.hpp"

#include "docker/limits.hpp"

#include <gtest/gtest.h>

namespace sallyport::docker {
namespace {

TEST(ErrorTest, ReadsAsOneLine) {
  EXPECT_EQ(with_call(engine_error(404, "No such image: x\n"), "POST /containers/create").to_string(),
            "POST /containers/create: 404 No such image: x");
  EXPECT_EQ(with_call(engine_error(0, "disk\tfull"), "POST /build").to_string(),
            "POST /build: engine error: disk full");
  EXPECT_EQ(with_call(engine_error(500, ""), "GET /info").to_string(), "GET /info: 500");
  EXPECT_EQ(with_call(make_error(ErrorKind::timed_out, "too late"), "GET /info").to_string(),
            "GET /info: timed out: too late");
  EXPECT_EQ(make_error(ErrorKind::closed, "").to_string(), "connection closed");
}

TEST(ErrorTest, TellsWhatCallersAskFor) {
  EXPECT_TRUE(engine_error(404, "").is_not_found());
  EXPECT_TRUE(engine_error(409, "").is_conflict());
  EXPECT_FALSE(engine_error(0, "").is_not_found());
  EXPECT_FALSE(make_error(ErrorKind::closed, "").is_conflict());
}

TEST(ErrorTest, EveryKindHasAName) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::invalid_request); ++kind) {
    EXPECT_STRNE(to_string(static_cast<ErrorKind>(kind)), "unknown error");
  }
}

TEST(ErrorTest, OneLineIsBoundedAndHasNoControlCharacters) {
  EXPECT_EQ(one_line("  a \r\n\t b\x1b[31m\x7f c  "), "a b [31m c");
  EXPECT_EQ(one_line(""), "");
  const std::string cut = one_line(std::string(100'000, 'x'));
  EXPECT_LE(cut.size(), max_error_message_bytes + 10);
  EXPECT_TRUE(cut.ends_with(" [...]"));
}

TEST(ErrorTest, ValueOfAnErrorThrowsItsText) {
  const Result<int> failed = engine_error(500, "broken");
  try {
    (void)failed.value();
    FAIL() << "no exception";
  } catch (const std::runtime_error& thrown) {
    EXPECT_STREQ(thrown.what(), "500 broken");
  }
}

}  // namespace
}  // namespace sallyport::docker

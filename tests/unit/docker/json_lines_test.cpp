#include "docker/json_lines.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <vector>

namespace sallyport::docker::detail {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> drain(JsonLines& lines) {
  std::vector<std::string> found;
  for (;;) {
    auto line = lines.next();
    EXPECT_TRUE(line.has_value());
    if (line.has_error() || !*line) return found;
    found.push_back(std::move(**line));
  }
}

TEST(JsonLinesTest, EverySplitGivesTheSame) {
  const std::string input = "{\"a\":1}\n\r\n{\"b\":2}\r\n\n\n{\"c\":3}";
  for (std::size_t part = 1; part <= input.size(); ++part) {
    JsonLines lines(100);
    std::vector<std::string> found;
    for (std::size_t at = 0; at < input.size(); at += part) {
      lines.feed(std::string_view(input).substr(at, part));
      for (std::string& line : drain(lines)) found.push_back(std::move(line));
    }
    lines.finish();
    for (std::string& line : drain(lines)) found.push_back(std::move(line));
    EXPECT_THAT(found, ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}")) << part;
  }
}

TEST(JsonLinesTest, UnfinishedLineWaits) {
  JsonLines lines(100);
  lines.feed("{\"a\"");
  EXPECT_THAT(drain(lines), IsEmpty());
  lines.feed(":1}\n{");
  EXPECT_THAT(drain(lines), ElementsAre("{\"a\":1}"));
  lines.finish();
  EXPECT_THAT(drain(lines), ElementsAre("{"));
  EXPECT_THAT(drain(lines), IsEmpty());
}

TEST(JsonLinesTest, LineOverTheBoundIsAnErrorAndStaysOne) {
  JsonLines lines(4);
  lines.feed("abcd\n");
  EXPECT_THAT(drain(lines), ElementsAre("abcd"));
  lines.feed("abcde");
  for (int i = 0; i < 2; ++i) {
    auto line = lines.next();
    ASSERT_TRUE(line.has_error());
    EXPECT_EQ(line.error().kind, ErrorKind::too_large);
    lines.feed("\nab\n");
  }
}

TEST(JsonLinesTest, ByteByByteIsNotQuadratic) {
  constexpr std::size_t size = 1 << 20;
  JsonLines lines(size);
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < size; ++i) {
    lines.feed("x");
    ASSERT_FALSE(lines.next()->has_value());
  }
  lines.feed("\n");
  EXPECT_EQ(drain(lines).front().size(), size);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(JsonLinesTest, NothingIsNothing) {
  JsonLines lines(10);
  EXPECT_THAT(drain(lines), IsEmpty());
  lines.finish();
  EXPECT_THAT(drain(lines), IsEmpty());
}

}  // namespace
}  // namespace sallyport::docker::detail

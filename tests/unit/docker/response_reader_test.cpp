#include "docker/response_reader.hpp"

#include "docker/limits.hpp"
#include "tests/unit/docker/fake_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace sallyport::docker::detail {
namespace {

using test::chunk;
using test::chunked_head;
using test::http_answer;

// Feeds the input in parts of at most `part` bytes.
Result<void> feed(ResponseReader& reader, std::string_view input, std::size_t part = 1 << 20) {
  while (!input.empty()) {
    const auto room = reader.prepare();
    const std::size_t size = std::min({part, room.size(), input.size()});
    std::memcpy(room.data(), input.data(), size);
    input.remove_prefix(size);
    auto parsed = reader.commit(size);
    if (parsed.has_error()) return parsed;
  }
  return {};
}

TEST(ResponseReaderTest, EverySplitGivesTheSame) {
  const std::string plain = http_answer(201, "{\"Id\":\"abc\"}");
  const std::string chunked = chunked_head(201) + chunk("{\"Id\":") + chunk("\"abc\"}") + "0\r\n\r\n";
  for (const std::string& input : {plain, chunked}) {
    for (std::size_t part = 1; part <= input.size(); ++part) {
      ResponseReader reader(1000);
      EXPECT_FALSE(reader.started());
      ASSERT_TRUE(feed(reader, input, part).has_value()) << part;
      EXPECT_TRUE(reader.done());
      EXPECT_TRUE(reader.reusable());
      EXPECT_EQ(reader.status(), 201);
      EXPECT_EQ(reader.take_body(), "{\"Id\":\"abc\"}");
      EXPECT_TRUE(reader.end().has_value());
    }
  }
}

TEST(ResponseReaderTest, ChunksThatLookLikeTheLastOne) {
  const std::string empty = chunked_head() + "0\r\n\r\n";
  const std::string alike =
      chunked_head() + chunk("0\r\n") + chunk("0\r\n\r") + chunk("0\r\n\r\n") + "0\r\n\r\n";
  for (std::size_t part = 1; part <= alike.size(); ++part) {
    ResponseReader nothing(1000);
    ASSERT_TRUE(feed(nothing, empty, part).has_value()) << part;
    EXPECT_TRUE(nothing.done());
    EXPECT_TRUE(nothing.reusable());
    EXPECT_EQ(nothing.take_body(), "");
    ResponseReader reader(1000);
    ASSERT_TRUE(feed(reader, alike, part).has_value()) << part;
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(reader.take_body(), "0\r\n0\r\n\r0\r\n\r\n");
  }
}

TEST(ResponseReaderTest, BodyComesInPieces) {
  ResponseReader reader(std::nullopt);
  ASSERT_TRUE(feed(reader, chunked_head()).has_value());
  EXPECT_TRUE(reader.header_done());
  EXPECT_EQ(reader.body_size(), 0U);
  ASSERT_TRUE(feed(reader, chunk("one")).has_value());
  EXPECT_EQ(reader.take_body(), "one");
  EXPECT_EQ(reader.take_body(), "");
  ASSERT_TRUE(feed(reader, chunk("two") + "0\r\n\r\n").has_value());
  EXPECT_EQ(reader.take_body(), "two");
  EXPECT_TRUE(reader.done());
}

TEST(ResponseReaderTest, UpgradeStopsAtTheHeader) {
  const std::string head = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
  for (std::size_t part : {std::size_t{1}, std::size_t{1000}}) {
    ResponseReader reader(1000);
    reader.header_only();
    ASSERT_TRUE(feed(reader, head + "frames", part).has_value());
    EXPECT_EQ(reader.status(), 101);
    EXPECT_EQ(reader.take_unparsed(), "frames");
  }
  // The same for an engine that does not upgrade.
  ResponseReader reader(1000);
  reader.header_only();
  ASSERT_TRUE(feed(reader, "HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\nframes").has_value());
  EXPECT_TRUE(reader.header_done());
  EXPECT_EQ(reader.take_unparsed(), "frames");
}

TEST(ResponseReaderTest, RefusedUpgradeHasAnOrdinaryBody) {
  ResponseReader reader(1000);
  reader.header_only();
  ASSERT_TRUE(feed(reader, http_answer(404, "{}")).has_value());
  EXPECT_FALSE(reader.done());
  ASSERT_TRUE(reader.read_body().has_value());
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.take_body(), "{}");
}

TEST(ResponseReaderTest, EndBeforeTheAnswerIsCompleteIsClosed) {
  const std::string plain = http_answer(200, "{\"a\":1}");
  const std::string chunked = chunked_head() + chunk("{}") + "0\r\n\r\n";
  for (const std::string& input : {plain, chunked}) {
    for (std::size_t length = 0; length < input.size(); ++length) {
      ResponseReader reader(1000);
      ASSERT_TRUE(feed(reader, input.substr(0, length)).has_value());
      auto ended = reader.end();
      ASSERT_TRUE(ended.has_error()) << length;
      EXPECT_EQ(ended.error().kind, ErrorKind::closed);
      EXPECT_FALSE(reader.reusable());
    }
  }
}

TEST(ResponseReaderTest, BodyWithoutLengthEndsWithTheConnection) {
  ResponseReader reader(1000);
  ASSERT_TRUE(feed(reader, "HTTP/1.1 200 OK\r\n\r\nbody").has_value());
  EXPECT_FALSE(reader.done());
  ASSERT_TRUE(reader.end().has_value());
  EXPECT_TRUE(reader.done());
  EXPECT_FALSE(reader.reusable());
  EXPECT_EQ(reader.take_body(), "body");
}

TEST(ResponseReaderTest, AnswerWithoutBodyIsDoneAtItsHeader) {
  ResponseReader reader(1000);
  ASSERT_TRUE(feed(reader, "HTTP/1.1 204 No Content\r\n\r\n").has_value());
  EXPECT_TRUE(reader.done());
  EXPECT_TRUE(reader.reusable());
}

TEST(ResponseReaderTest, NotReusableWhenTheEngineSaysSoOrSaysMore) {
  ResponseReader closing(1000);
  ASSERT_TRUE(feed(closing, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").has_value());
  EXPECT_TRUE(closing.done());
  EXPECT_FALSE(closing.reusable());
  ResponseReader talkative(1000);
  ASSERT_TRUE(feed(talkative, http_answer(200, "{}") + "HTTP/1.1").has_value());
  EXPECT_TRUE(talkative.done());
  EXPECT_FALSE(talkative.reusable());
}

TEST(ResponseReaderTest, GarbageIsMalformedAndStaysSo) {
  for (const char* input : {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/9 200 OK\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"}) {
    ResponseReader reader(1000);
    auto parsed = feed(reader, input);
    ASSERT_TRUE(parsed.has_error()) << input;
    EXPECT_EQ(parsed.error().kind, ErrorKind::malformed) << input;
    EXPECT_TRUE(feed(reader, "\r\n\r\n").has_error());
    EXPECT_TRUE(reader.end().has_error());
    EXPECT_FALSE(reader.reusable());
  }
}

TEST(ResponseReaderTest, EverythingIsBounded) {
  const auto expect_too_large = [](const std::string& input, std::optional<std::size_t> max_body) {
    for (const std::size_t part : {std::size_t{100}, std::size_t{8192}}) {
      ResponseReader reader(max_body);
      auto parsed = feed(reader, input, part);
      ASSERT_TRUE(parsed.has_error());
      EXPECT_EQ(parsed.error().kind, ErrorKind::too_large) << parsed.error().to_string();
    }
  };
  expect_too_large("HTTP/1.1 200 " + std::string(max_header_bytes * 2, 'x'), 1000);
  expect_too_large("HTTP/1.1 200 OK\r\nA: " + std::string(max_header_bytes * 2, 'x'), 1000);
  std::string fields = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 10'000; ++i) fields += "Field-" + std::to_string(i) + ": value\r\n";
  expect_too_large(fields, 1000);
  expect_too_large(http_answer(200, std::string(1001, 'x')), 1000);
  expect_too_large("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", 1000);
  expect_too_large(chunked_head() + chunk(std::string(600, 'x')) + chunk(std::string(600, 'x')), 1000);
  expect_too_large("HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x'), 1000);
  // The parser does not bound the line of a chunk's size.
  expect_too_large(chunked_head() + "1;" + std::string(max_header_bytes * 2, 'x'), std::nullopt);
}

TEST(ResponseReaderTest, AClaimedLengthReservesNothing) {
  ResponseReader reader(std::nullopt);
  ASSERT_TRUE(feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nx").has_value());
  EXPECT_EQ(reader.take_body(), "x");
}

}  // namespace
}  // namespace sallyport::docker::detail

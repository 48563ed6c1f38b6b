#include "broker/http/request_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::http {
namespace {

using State = RequestReader::State;

/// Feeds `bytes` in pieces of `step`, as a session does; what is left over is the next request's.
std::string feed_all(RequestReader& reader, std::string_view bytes, std::size_t step) {
  std::string buffer;
  while (true) {
    State before = State::failed;
    while (!buffer.empty() && before != reader.state()) {
      before = reader.state();
      buffer.erase(0, reader.feed(buffer));
    }
    if (reader.state() == State::complete || reader.state() == State::failed || bytes.empty()) break;
    buffer.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return buffer + std::string(bytes);
}

constexpr std::string_view kPost =
    "POST /a/b?x=1&y HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello";

TEST(RequestReader, ReadsARequestInPiecesOfEverySize) {
  for (std::size_t step = 1; step <= kPost.size() + 5; ++step) {
    RequestReader reader{ReaderLimits()};
    EXPECT_EQ(feed_all(reader, std::string(kPost) + "GET /", step), "GET /") << step;
    ASSERT_EQ(reader.state(), State::complete) << step;
    const Request request = reader.take();
    EXPECT_EQ(request.head.method, "POST");
    EXPECT_EQ(request.head.path, "/a/b");
    EXPECT_EQ(request.head.query, "x=1&y");
    EXPECT_EQ(request.head.header("content-type"), "application/json");
    EXPECT_TRUE(request.head.keep_alive);
    EXPECT_TRUE(request.head.has_body);
    EXPECT_EQ(request.body, "hello");
  }
}

TEST(RequestReader, ReadsChunksInPiecesOfEverySize) {
  const std::string_view bytes =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\nA;ext=\"v\"\r\n, world!!!\r\n0\r\nHost: evil\r\n\r\n";
  for (std::size_t step = 1; step <= bytes.size() + 5; ++step) {
    RequestReader reader{ReaderLimits()};
    EXPECT_EQ(feed_all(reader, std::string(bytes) + "rest!", step), "rest!") << step;
    ASSERT_EQ(reader.state(), State::complete) << step << reader.failure().message;
    const Request request = reader.take();
    EXPECT_EQ(request.body, "hello, world!!!");
    EXPECT_EQ(request.head.header("host"), "h");
  }
}

TEST(RequestReader, StopsAfterTheHead) {
  RequestReader reader{ReaderLimits()};
  const std::size_t head = kPost.size() - 5;
  EXPECT_EQ(reader.feed(kPost), head);
  EXPECT_EQ(reader.state(), State::body);
  EXPECT_EQ(reader.head().path, "/a/b");
  EXPECT_EQ(reader.feed(kPost.substr(head)), 5U);
  EXPECT_EQ(reader.state(), State::complete);
  EXPECT_EQ(reader.feed("more"), 0U);
}

TEST(RequestReader, ARequestWithoutABodyIsCompleteAtOnce) {
  RequestReader reader{ReaderLimits()};
  feed_all(reader, "\r\nGET http://host:80/p?q HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 1);
  ASSERT_EQ(reader.state(), State::complete);
  EXPECT_FALSE(reader.head().has_body);
  EXPECT_FALSE(reader.head().keep_alive);
  EXPECT_EQ(reader.head().path, "/p");
  EXPECT_EQ(reader.head().query, "q");
}

TEST(RequestReader, KeepAliveFollowsTheVersion) {
  RequestReader old{ReaderLimits()};
  feed_all(old, "GET / HTTP/1.0\r\n\r\n", 100);
  EXPECT_FALSE(old.head().keep_alive);
  RequestReader kept{ReaderLimits()};
  feed_all(kept, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 100);
  EXPECT_TRUE(kept.head().keep_alive);
}

struct Refused {
  std::string bytes;
  int status;
};

TEST(RequestReader, RefusesWhatItCannotReadForSure) {
  ReaderLimits limits;
  limits.max_header_bytes = 200;
  limits.max_body_bytes = 10;
  const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::vector<Refused> table = {
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET nowhere HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"\r\n\r\n\r\nGET / HTTP/1.1\r\n", 400},
      {start + "Content-Length: 11\r\n\r\n", 413},
      {start + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {start + "Content-Length: +5\r\n\r\n", 400},
      {start + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
      {start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {start + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {start + "Transfer-Encoding: identity\r\n\r\n", 501},
      {start + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {start + "Expect: a-pony\r\n\r\n", 417},
      {start + "Transfer-Encoding: chunked\r\n\r\nzzz\r\n", 400},
      {start + "Transfer-Encoding: chunked\r\n\r\nB\r\nhello world\r\n", 413},
      {start + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\nhello!\r\n", 413},
      {start + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(300, 'x'), 400},
      {start + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(300, 'x'), 400},
      {start + "X: " + std::string(300, 'x') + "\r\n\r\n", 431},
      {std::string(300, 'G'), 431},
      {"GET /" + std::string(300, 'x'), 431},
  };
  for (const Refused& item : table) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{10'000}}) {
      RequestReader reader(limits);
      feed_all(reader, item.bytes, step);
      EXPECT_EQ(reader.state(), State::failed) << item.bytes << " in pieces of " << step;
      EXPECT_EQ(reader.failure().status, item.status) << item.bytes << " " << reader.failure().message;
      EXPECT_FALSE(reader.failure().message.empty());
    }
  }
}

TEST(RequestReader, TheBoundOfTheHeaderIsExactInPiecesOfEverySize) {
  const std::string head = "GET /12345678901234567890 HTTP/1.1\r\nHost: h\r\nX: 12345678901234567890\r\n\r\n";
  for (std::size_t step = 1; step <= head.size() + 6; ++step) {
    ReaderLimits limits;
    limits.max_header_bytes = head.size();
    RequestReader fits(limits);
    feed_all(fits, head + "GET /", step);
    EXPECT_EQ(fits.state(), State::complete) << step;
    limits.max_header_bytes = head.size() - 1;
    RequestReader too_long(limits);
    feed_all(too_long, head + "GET /", step);
    ASSERT_EQ(too_long.state(), State::failed) << step;
    EXPECT_EQ(too_long.failure().status, 431) << step;
  }
}

TEST(RequestReader, Expect100IsForHttp11Only) {
  RequestReader reader{ReaderLimits()};
  feed_all(reader, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n", 100);
  EXPECT_TRUE(reader.head().expects_continue);
  RequestReader old{ReaderLimits()};
  feed_all(old, "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 100);
  EXPECT_FALSE(old.head().expects_continue);
}

}  // namespace
}  // namespace sallyport::broker::http

#include "runners/output_collector.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::runners {
namespace {

constexpr Nonce kStreamNonce = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr auto kOut = OutputStream::stdout_stream;
constexpr auto kErr = OutputStream::stderr_stream;

class RecordingSink : public OutputSink {
 public:
  void on_output(OutputStream stream, std::string_view bytes) override {
    (stream == kOut ? out : err).append(bytes);
  }
  std::string out;
  std::string err;
};

Limits limits_of(std::uint64_t max_output_bytes) {
  Limits limits;
  limits.max_output_bytes = max_output_bytes;
  return limits;
}

std::string empty_trailer() {
  return std::string(kStreamNonce.begin(), kStreamNonce.end()) + std::string(4, '\0');
}

TEST(OutputCollector, KeepsBothStreamsApart) {
  RecordingSink sink;
  OutputCollector collector(kStreamNonce, limits_of(100), &sink);
  collector.feed(kOut, "one");
  collector.feed(kErr, "two");
  collector.feed(kOut, "three");
  collector.finish();
  EXPECT_FALSE(collector.over_limit());
  EXPECT_EQ(sink.out, "onethree");
  EXPECT_EQ(sink.err, "two");
  EXPECT_EQ(collector.take_stdout(), "onethree");
  EXPECT_EQ(collector.take_stderr(), "two");
}

TEST(OutputCollector, ExactlyTheLimitIsNotOverIt) {
  OutputCollector collector(kStreamNonce, limits_of(6), nullptr);
  collector.feed(kOut, "123");
  collector.feed(kErr, "456");
  collector.finish();
  EXPECT_FALSE(collector.over_limit());
}

TEST(OutputCollector, CountsBothStreamsTogetherAndMarksTheCut) {
  RecordingSink sink;
  OutputCollector collector(kStreamNonce, limits_of(6), &sink);
  collector.feed(kOut, "1234");
  collector.feed(kErr, "5678");
  collector.feed(kOut, "9");
  EXPECT_TRUE(collector.over_limit());
  EXPECT_EQ(collector.take_stdout(), "1234");
  EXPECT_EQ(collector.take_stderr(), "56\n[output cut: more than 6 bytes]\n");
  EXPECT_EQ(sink.err, "56\n[output cut: more than 6 bytes]\n");
}

TEST(OutputCollector, TrailersAreNotOutput) {
  OutputCollector collector(kStreamNonce, limits_of(2), nullptr);
  collector.feed(kOut, "ok" + empty_trailer());
  EXPECT_FALSE(collector.trailers_complete());
  collector.feed(kErr, empty_trailer());
  EXPECT_TRUE(collector.trailers_complete());
  EXPECT_FALSE(collector.over_limit());
  EXPECT_EQ(collector.take_stdout(), "ok");
}

TEST(OutputCollector, SeesTheTrailerBehindACut) {
  OutputCollector collector(kStreamNonce, limits_of(2), nullptr);
  collector.feed(kOut, "too long" + empty_trailer());
  collector.feed(kErr, empty_trailer());
  EXPECT_TRUE(collector.over_limit());
  EXPECT_TRUE(collector.trailers_complete());
}

}  // namespace
}  // namespace sallyport::runners

#include "docker/frame_demultiplexer.hpp"

#include "docker/limits.hpp"
#include "tests/unit/docker/fake_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport::docker::detail {
namespace {

using test::frame;

struct Outcome {
  std::string out;
  std::string err;
  std::optional<Error> error;
  std::size_t pieces = 0;
};

// Feeds the input in parts of `part` bytes, as reads from a socket would bring it.
Outcome demultiplex(std::string_view input, std::size_t part, std::size_t max_frame_bytes = 1 << 20) {
  FrameDemultiplexer frames(max_frame_bytes);
  Outcome outcome;
  while (!input.empty()) {
    std::string_view read = input.substr(0, part);
    input.remove_prefix(read.size());
    while (!read.empty()) {
      auto step = frames.step(read);
      if (step.has_error()) {
        outcome.error = step.error();
        return outcome;
      }
      EXPECT_GT(step->consumed, 0U);
      EXPECT_LE(step->consumed, read.size());
      read.remove_prefix(step->consumed);
      if (!step->piece) continue;
      EXPECT_FALSE(step->piece->data.empty());
      ++outcome.pieces;
      (step->piece->stream == StreamKind::stdout_stream ? outcome.out : outcome.err) += step->piece->data;
    }
  }
  if (auto finished = frames.finish(); finished.has_error()) outcome.error = finished.error();
  return outcome;
}

TEST(FrameDemultiplexerTest, EverySplitGivesTheSame) {
  std::string input = frame(1, "hello") + frame(2, "oops") + frame(1, "") + frame(0, "echo");
  input += frame(2, std::string(300, 'e')) + frame(1, "bye");
  for (std::size_t part = 1; part <= input.size(); ++part) {
    const Outcome outcome = demultiplex(input, part);
    EXPECT_FALSE(outcome.error) << part;
    EXPECT_EQ(outcome.out, "helloechobye") << part;
    EXPECT_EQ(outcome.err, "oops" + std::string(300, 'e')) << part;
  }
}

TEST(FrameDemultiplexerTest, HandsOutAFrameBeforeItIsComplete) {
  FrameDemultiplexer frames(1 << 20);
  const std::string input = frame(1, std::string(1000, 'x')).substr(0, 8 + 10);
  auto header = frames.step(input);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->consumed, 8U);
  auto piece = frames.step(std::string_view(input).substr(8));
  ASSERT_TRUE(piece.has_value());
  ASSERT_TRUE(piece->piece.has_value());
  EXPECT_EQ(piece->piece->data, std::string(10, 'x'));
  EXPECT_EQ(piece->piece->data.data(), input.data() + 8) << "a view, not a copy";
}

TEST(FrameDemultiplexerTest, EmptyInputIsNothing) {
  FrameDemultiplexer frames(1 << 20);
  auto step = frames.step("");
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->consumed, 0U);
  EXPECT_TRUE(frames.finish().has_value());
}

TEST(FrameDemultiplexerTest, EndInsideAFrameIsClosed) {
  const std::string whole = frame(1, "abc");
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const Outcome outcome = demultiplex(whole.substr(0, length), 64);
    ASSERT_TRUE(outcome.error) << length;
    EXPECT_EQ(outcome.error->kind, ErrorKind::closed);
  }
  EXPECT_FALSE(demultiplex(whole, 64).error);
}

TEST(FrameDemultiplexerTest, GarbageIsMalformedAndStaysSo) {
  for (unsigned type = 4; type < 256; ++type) {
    const Outcome outcome = demultiplex(frame(static_cast<unsigned char>(type), "abc"), 64);
    ASSERT_TRUE(outcome.error) << type;
    EXPECT_EQ(outcome.error->kind, ErrorKind::malformed);
  }
  for (const std::size_t reserved : {1U, 2U, 3U}) {
    std::string input = frame(1, "abc");
    input[reserved] = '\x01';
    const Outcome outcome = demultiplex(input, 1);
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->kind, ErrorKind::malformed);
  }
  FrameDemultiplexer frames(1 << 20);
  EXPECT_TRUE(frames.step("garbage!").has_error());
  EXPECT_TRUE(frames.step(frame(1, "abc")).has_error());
  EXPECT_EQ(frames.finish().error().kind, ErrorKind::malformed);
}

TEST(FrameDemultiplexerTest, FrameOverTheBoundIsTooLargeByItsHeaderAlone) {
  const std::string header("\x01\0\0\0\xff\xff\xff\xff", 8);
  const Outcome outcome = demultiplex(header, 64);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::too_large);
  EXPECT_FALSE(demultiplex(frame(1, std::string(100, 'x')), 64, 100).error);
  EXPECT_TRUE(demultiplex(frame(1, std::string(101, 'x')), 64, 100).error);
}

TEST(FrameDemultiplexerTest, SystemErrorFrameIsTheEnginesError) {
  const std::string input = frame(1, "out") + frame(3, "no space left\n");
  for (std::size_t part = 1; part <= input.size(); ++part) {
    const Outcome outcome = demultiplex(input, part);
    EXPECT_EQ(outcome.out, "out");
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->kind, ErrorKind::engine);
    EXPECT_EQ(outcome.error->message, "no space left");
  }
  const Outcome empty = demultiplex(frame(3, ""), 64);
  ASSERT_TRUE(empty.error);
  EXPECT_EQ(empty.error->kind, ErrorKind::engine);
  const Outcome long_one = demultiplex(frame(3, std::string(100'000, 'm')), 1000);
  ASSERT_TRUE(long_one.error);
  EXPECT_LE(long_one.error->message.size(), max_error_message_bytes + 10);
}

}  // namespace
}  // namespace sallyport::docker::detail

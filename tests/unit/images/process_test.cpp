#include "images/process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace sallyport::images {
namespace {

class ProcessTest : public testing::Test {
 protected:
  Result<void> run(std::vector<std::string> command, base::CallBounds bounds) {
    const auto sink = [this](std::string_view line) { lines_.emplace_back(line); };
    auto future =
        asio::co_spawn(context_, run_process(std::move(command), sink, std::move(bounds)), asio::use_future);
    context_.run();
    return future.get();
  }

  Result<void> shell(const std::string& script) {
    return run({"sh", "-c", script}, base::CallBounds(base::Deadline::after(std::chrono::seconds(30))));
  }

  asio::io_context context_;
  std::vector<std::string> lines_;
};

TEST_F(ProcessTest, GivesTheLinesOfBothStreams) {
  EXPECT_TRUE(shell("echo a; echo b >&2; printf 'c\\rd'"));
  EXPECT_EQ(lines_, (std::vector<std::string>{"a", "b", "c", "d"}));
}

TEST_F(ProcessTest, StdinIsEmpty) {
  EXPECT_TRUE(shell("! read x"));
}

TEST_F(ProcessTest, AFailureHoldsTheLastLines) {
  const auto result = shell("for i in 1 2 3 4 5 6 7; do echo line $i; done; exit 3");
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, ErrorKind::tool);
  EXPECT_EQ(result.error().message,
            "sh ended with status 3:\n  line 3\n  line 4\n  line 5\n  line 6\n  line 7");
}

TEST_F(ProcessTest, ASignalIsNamed) {
  const auto result = shell("kill -9 $$");
  ASSERT_TRUE(result.has_error());
  EXPECT_NE(result.error().message.find("killed by signal 9"), std::string::npos);
}

TEST_F(ProcessTest, AMissingProgramIsAnError) {
  const auto result = run({"no-such-program"}, base::CallBounds(base::Deadline::never()));
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, ErrorKind::tool);
}

TEST_F(ProcessTest, TheDeadlineEndsTheProgramAndItsChildren) {
  const auto begin = std::chrono::steady_clock::now();
  const auto result = run({"sh", "-c", "sleep 30 & sleep 30"},
                          base::CallBounds(base::Deadline::after(std::chrono::milliseconds(100))));
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, ErrorKind::stopped);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
}

TEST_F(ProcessTest, AStopEndsIt) {
  std::stop_source stop;
  asio::steady_timer timer(context_, std::chrono::milliseconds(50));
  timer.async_wait([&stop](boost::system::error_code) { stop.request_stop(); });
  const auto result = run({"sleep", "30"}, base::CallBounds(base::Deadline::never(), stop.get_token()));
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, ErrorKind::stopped);
}

TEST_F(ProcessTest, WhatIgnoresTheSignalIsKilled) {
  const auto begin = std::chrono::steady_clock::now();
  const auto result = run({"sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"},
                          base::CallBounds(base::Deadline::after(std::chrono::milliseconds(50))));
  ASSERT_TRUE(result.has_error());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
}

TEST(IsInstalledTest, LooksInThePath) {
  EXPECT_TRUE(is_installed("sh"));
  EXPECT_FALSE(is_installed("no-such-program"));
}

}  // namespace
}  // namespace sallyport::images

#include "broker/stream/event_sender.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// Takes what is written, or blocks until the test opens it.
struct FakeWriter : http::BodyWriter {
  explicit FakeWriter(boost::asio::any_io_executor executor) : gate(executor) {}
  base::Event gate;
  bool blocks = false;
  bool gone = false;
  std::string text;
  std::size_t largest = 0;

  boost::asio::awaitable<bool> write(std::string_view piece) override {
    if (blocks) {
      base::CallBounds bounds(base::Deadline::after(10s));
      co_await gate.wait(std::move(bounds));
    }
    if (gone) co_return false;
    text += piece;
    largest = std::max(largest, piece.size());
    co_return true;
  }
};

class EventSenderTest : public ::testing::Test {
 protected:
  std::future<http::BodyEnd> begin(std::uint64_t after = 0, std::chrono::milliseconds heartbeat = 10s) {
    EventReader reader(events_, json_lines(), heartbeat);
    reader.after = after;
    auto end = boost::asio::co_spawn(context_, send_events(std::move(reader), writer_, stop_.get_token()),
                                     boost::asio::use_future);
    turn();
    return end;
  }
  void turn() {
    context_.restart();
    context_.poll();
  }
  std::vector<json> lines() const {
    std::vector<json> all;
    std::istringstream text(writer_.text);
    for (std::string line; std::getline(text, line);) all.push_back(json::parse(line));
    return all;
  }
  static bool is_ready(const std::future<http::BodyEnd>& future) {
    return future.wait_for(0s) == std::future_status::ready;
  }

  boost::asio::io_context context_{1};
  std::shared_ptr<ExecutionEvents> events_ =
      std::make_shared<ExecutionEvents>(context_.get_executor(), 100'000);
  FakeWriter writer_{context_.get_executor()};
  std::stop_source stop_;
};

TEST_F(EventSenderTest, SendsWhatThereIsAndWhatComes) {
  events_->append(EventKind::queued, "{}");
  auto end = begin();
  EXPECT_EQ(lines().size(), 1U);
  events_->append(EventKind::stdout_text, "now");
  turn();
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_EQ(lines()[1]["data"]["text"], "now");
  EXPECT_FALSE(is_ready(end));
  events_->end("{}", "ValueError");
  turn();
  const http::BodyEnd how = end.get();
  EXPECT_TRUE(how.complete);
  EXPECT_EQ(how.error_type, "ValueError");
  EXPECT_EQ(lines().back()["event"], "result");
}

TEST_F(EventSenderTest, ResumesBehindTheLastEventThatTheReaderHas) {
  for (const char* kind : {"a", "b", "c"}) events_->append(EventKind::violation, json(kind).dump());
  events_->end("{}", "");
  EXPECT_TRUE(begin(2).get().complete);
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_EQ(lines()[0]["id"], 3);
  writer_.text.clear();
  EXPECT_TRUE(begin(4).get().complete);
  EXPECT_EQ(writer_.text, "");
}

TEST_F(EventSenderTest, ASlowReaderIsCutAndSlowsNobody) {
  writer_.blocks = true;
  events_->append(EventKind::queued, "{}");
  auto slow = begin();
  FakeWriter quick(context_.get_executor());
  EventReader reader(events_, json_lines(), 10s);
  auto other =
      boost::asio::co_spawn(context_, send_events(std::move(reader), quick, {}), boost::asio::use_future);
  for (int i = 0; i < 500; ++i) {
    events_->append(EventKind::stdout_text, std::string(1000, 'x'));
    turn();
  }
  events_->end("{}", "");
  turn();
  EXPECT_TRUE(is_ready(other));
  EXPECT_GT(quick.text.size(), 500'000U);
  EXPECT_FALSE(is_ready(slow));
  writer_.blocks = false;
  writer_.gate.set();
  turn();
  EXPECT_TRUE(slow.get().complete);
  ASSERT_EQ(lines().size(), 2U);
  const json cut = lines()[1];
  EXPECT_EQ(cut["event"], "cut");
  EXPECT_FALSE(cut.contains("id"));
  EXPECT_EQ(cut["data"]["reason"], "fell_behind");
  EXPECT_EQ(cut["data"]["last_id"], events_->last_id());
}

TEST_F(EventSenderTest, WhatIsWrittenAtOnceIsBounded) {
  events_ = std::make_shared<ExecutionEvents>(context_.get_executor(), 10'000'000);
  for (int i = 0; i < 2000; ++i) events_->append(EventKind::violation, json(std::string(1000, 'x')).dump());
  events_->end("{}", "");
  begin().get();
  EXPECT_EQ(lines().size(), 2001U);
  EXPECT_LT(writer_.largest, 100'000U);
}

TEST_F(EventSenderTest, SilenceIsBrokenByHeartbeats) {
  auto end = begin(0, 20ms);
  context_.restart();
  context_.run_for(110ms);
  EXPECT_GE(lines().size(), 2U);
  for (const json& line : lines()) EXPECT_EQ(line["event"], "heartbeat");
  EXPECT_FALSE(is_ready(end));
  events_->end("{}", "");
  turn();
  EXPECT_TRUE(end.get().complete);
}

TEST_F(EventSenderTest, AStopEndsTheStreamWithAWord) {
  events_->append(EventKind::queued, "{}");
  auto end = begin();
  stop_.request_stop();
  turn();
  EXPECT_TRUE(end.get().complete);
  EXPECT_EQ(lines().back()["event"], "cut");
  EXPECT_EQ(lines().back()["data"]["reason"], "shutting_down");
}

TEST_F(EventSenderTest, AReaderThatIsGoneEndsIt) {
  events_->append(EventKind::queued, "{}");
  writer_.gone = true;
  const http::BodyEnd end = begin().get();
  EXPECT_FALSE(end.complete);
  EXPECT_EQ(end.error_type, "CancelledError");
}

}  // namespace
}  // namespace sallyport::broker

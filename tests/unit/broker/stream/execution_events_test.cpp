#include "broker/stream/execution_events.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <vector>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;
using base::CallBounds;
using base::Deadline;
using base::WaitStatus;

class ExecutionEventsTest : public ::testing::Test {
 protected:
  std::vector<std::string> read(std::uint64_t after, std::size_t max_bytes = 1 << 20) {
    std::vector<std::string> all;
    const auto batch = events_.read(after, max_bytes);
    for (const auto& event : batch.events) {
      all.push_back(std::to_string(event->id) + " " + to_string(event->kind) + " " + event->data);
    }
    if (batch.fell_behind) all.emplace_back("fell behind");
    if (batch.at_end) all.emplace_back("end");
    return all;
  }

  std::future<WaitStatus> wait(std::uint64_t after, std::chrono::milliseconds limit = 10s) {
    CallBounds bounds(Deadline::after(limit));
    auto result =
        boost::asio::co_spawn(context_, events_.wait(after, std::move(bounds)), boost::asio::use_future);
    turn();
    return result;
  }
  void turn() {
    context_.restart();
    context_.poll();
  }
  static bool is_ready(const std::future<WaitStatus>& future) {
    return future.wait_for(0s) == std::future_status::ready;
  }

  using Lines = std::vector<std::string>;
  boost::asio::io_context context_{1};
  ExecutionEvents events_{context_.get_executor(), 10'000};
};

TEST_F(ExecutionEventsTest, EventsAreNumberedFromOne) {
  EXPECT_EQ(read(0), Lines());
  events_.append(EventKind::queued, "{}");
  events_.append(EventKind::stdout_text, "a");
  events_.end("{}", "");
  EXPECT_EQ(read(0), Lines({"1 queued {}", "2 stdout a", "3 result {}", "end"}));
  EXPECT_EQ(read(2), Lines({"3 result {}", "end"}));
  EXPECT_EQ(read(3), Lines({"end"}));
}

TEST_F(ExecutionEventsTest, NothingFollowsTheEnd) {
  ApiError error;
  error.status = 503;
  error.error_type = "TimeoutError";
  events_.fail(error);
  events_.append(EventKind::stdout_text, "late");
  events_.end("{}", "");
  EXPECT_EQ(read(0), Lines({"1 error " + error.to_json(), "end"}));
  EXPECT_EQ(events_.error_type(), "TimeoutError");
  ASSERT_TRUE(events_.error());
  EXPECT_EQ(events_.error()->status, 503);
}

TEST_F(ExecutionEventsTest, OutputThatNobodyHasReadGrows) {
  events_.append(EventKind::stdout_text, "a");
  events_.append(EventKind::stdout_text, "b");
  events_.append(EventKind::stderr_text, "c");
  events_.append(EventKind::stdout_text, "d");
  EXPECT_EQ(read(0), Lines({"1 stdout ab", "2 stderr c", "3 stdout d"}));
  events_.append(EventKind::stdout_text, "e");
  EXPECT_EQ(read(3), Lines({"4 stdout e"}));
  EXPECT_EQ(read(0), Lines({"1 stdout ab", "2 stderr c", "3 stdout d", "4 stdout e"}));
}

TEST_F(ExecutionEventsTest, ABatchIsBoundedButNeverEmpty) {
  events_.append(EventKind::violation, std::string(600, 'x'));
  events_.append(EventKind::violation, std::string(600, 'y'));
  events_.append(EventKind::violation, std::string(600, 'z'));
  EXPECT_EQ(events_.read(0, 1).events.size(), 1U);
  EXPECT_EQ(events_.read(0, 1000).events.size(), 2U);
  EXPECT_EQ(events_.read(2, 1000).events.size(), 1U);
}

TEST_F(ExecutionEventsTest, TheOldestAreForgottenAndWhoWantedThemFellBehind) {
  for (int i = 0; i < 100; ++i) events_.append(EventKind::violation, std::string(1000, 'x'));
  EXPECT_GT(events_.first_id(), 85U);
  EXPECT_EQ(events_.last_id(), 100U);
  EXPECT_EQ(read(0), Lines({"fell behind"}));
  EXPECT_EQ(read(events_.first_id() - 2), Lines({"fell behind"}));
  EXPECT_EQ(events_.read(events_.first_id() - 1, 1 << 20).events.front()->id, events_.first_id());
  EXPECT_EQ(read(101), Lines({"fell behind"}));  // Of another list.
}

TEST_F(ExecutionEventsTest, TheEndIsKeptHoweverLargeAndForgetsNothing) {
  events_.append(EventKind::queued, "{}");
  events_.append(EventKind::stdout_text, std::string(5000, 'x'));
  events_.end(std::string(100'000, 'r'), "");
  EXPECT_EQ(events_.first_id(), 1U);
  EXPECT_EQ(events_.read(0, 1 << 20).events.size(), 3U);
}

TEST_F(ExecutionEventsTest, ReadersWaitForWhatTheyDoNotHave) {
  auto first = wait(0);
  auto second = wait(0);
  EXPECT_FALSE(is_ready(first));
  events_.append(EventKind::queued, "{}");
  turn();
  EXPECT_EQ(first.get(), WaitStatus::ready);
  EXPECT_EQ(second.get(), WaitStatus::ready);
  auto third = wait(1);
  EXPECT_FALSE(is_ready(third));
  events_.end("{}", "");
  turn();
  EXPECT_EQ(third.get(), WaitStatus::ready);
  EXPECT_EQ(wait(2).get(), WaitStatus::ready);
}

TEST_F(ExecutionEventsTest, WaitingHasADeadline) {
  auto waiting = wait(0, 1ms);
  context_.restart();
  context_.run_for(1s);
  EXPECT_EQ(waiting.get(), WaitStatus::timed_out);
}

}  // namespace
}  // namespace sallyport::broker

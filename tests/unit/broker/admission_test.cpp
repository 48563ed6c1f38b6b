#include "broker/admission.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;
using base::CallBounds;
using base::Deadline;

class AdmissionTest : public ::testing::Test {
 protected:
  void make(std::uint64_t concurrent, std::uint64_t queued, double timeout = 30) {
    config::Admission config;
    config.max_concurrent = concurrent;
    config.max_queued = queued;
    config.queue_timeout_seconds = timeout;
    admission_.emplace(context_.get_executor(), config);
  }

  /// One submission that keeps its permit until the test drops it.
  void enter(const std::string& name, CallBounds bounds = CallBounds(Deadline::after(10s))) {
    boost::asio::co_spawn(context_, visit(name, std::move(bounds)), boost::asio::detached);
    turn();
  }

  boost::asio::awaitable<void> visit(std::string name, CallBounds bounds) {
    Admission::Result result = co_await admission_->enter(std::move(bounds));
    if (auto* permit = std::get_if<Admission::Permit>(&result)) {
      permits_.emplace(name, std::move(*permit));
      events_.push_back(name + " in");
    } else {
      const auto& refusal = std::get<AdmissionRefusal>(result);
      retry_after_ = refusal.retry_after_seconds;
      const char* const reasons[] = {"full", "timed out", "stopped"};
      events_.push_back(name + " " + reasons[static_cast<int>(refusal.reason)]);
    }
  }

  void leave(const std::string& name) {
    permits_.erase(name);
    turn();
  }

  /// Lets everything run that can.
  void turn() {
    context_.restart();
    context_.poll();
  }

  void wait(std::chrono::milliseconds time) {
    context_.restart();
    context_.run_for(time);
  }

  using Events = std::vector<std::string>;

  boost::asio::io_context context_{1};
  std::optional<Admission> admission_;
  std::map<std::string, Admission::Permit> permits_;
  Events events_;
  int retry_after_ = 0;
};

TEST_F(AdmissionTest, LetsInUpToTheNumberOfPlaces) {
  make(2, 5);
  enter("a");
  enter("b");
  enter("c");
  EXPECT_EQ(events_, (Events{"a in", "b in"}));
  EXPECT_EQ(admission_->running(), 2U);
  EXPECT_EQ(admission_->queued(), 1U);
  leave("a");
  EXPECT_EQ(events_, (Events{"a in", "b in", "c in"}));
  EXPECT_EQ(admission_->running(), 2U);
  EXPECT_EQ(admission_->queued(), 0U);
  leave("b");
  leave("c");
  EXPECT_EQ(admission_->running(), 0U);
}

TEST_F(AdmissionTest, TheQueueIsFirstComeFirstServed) {
  make(1, 5);
  for (const std::string name : {"a", "b", "c", "d"}) enter(name);
  leave("a");
  leave("b");
  leave("c");
  EXPECT_EQ(events_, (Events{"a in", "b in", "c in", "d in"}));
}

TEST_F(AdmissionTest, RefusesAtOnceWhenTheQueueIsFull) {
  make(1, 1);
  enter("a");
  enter("b");
  enter("c");
  EXPECT_EQ(events_, (Events{"a in", "c full"}));
  EXPECT_GE(retry_after_, 1);
  leave("a");
  enter("d");
  EXPECT_EQ(events_, (Events{"a in", "c full", "b in"}));
  EXPECT_EQ(admission_->queued(), 1U);
}

TEST_F(AdmissionTest, WithoutAQueueABusyBrokerRefuses) {
  make(1, 0);
  enter("a");
  enter("b");
  EXPECT_EQ(events_, (Events{"a in", "b full"}));
}

TEST_F(AdmissionTest, AWaitEndsAtItsDeadline) {
  make(1, 5, 0.02);
  enter("a");
  enter("b");
  wait(60ms);
  EXPECT_EQ(events_, (Events{"a in", "b timed out"}));
  EXPECT_EQ(admission_->queued(), 0U);
  leave("a");
  EXPECT_EQ(admission_->running(), 0U);
}

TEST_F(AdmissionTest, TheCallersDeadlineCountsToo) {
  make(1, 5);
  enter("a");
  enter("b", CallBounds(Deadline::after(20ms)));
  wait(60ms);
  EXPECT_EQ(events_, (Events{"a in", "b timed out"}));
}

TEST_F(AdmissionTest, AStoppedWaiterFreesItsPlaceInTheQueue) {
  make(1, 2);
  std::stop_source stop;
  enter("a");
  enter("b", CallBounds(Deadline::after(10s), stop.get_token()));
  enter("c");
  stop.request_stop();
  turn();
  EXPECT_EQ(events_, (Events{"a in", "b stopped"}));
  EXPECT_EQ(admission_->queued(), 1U);
  enter("d");
  EXPECT_EQ(admission_->queued(), 2U);
  leave("a");
  leave("c");
  EXPECT_EQ(events_, (Events{"a in", "b stopped", "c in", "d in"}));
}

TEST_F(AdmissionTest, WhoIsStoppedAlreadyIsNotLetIn) {
  make(1, 2);
  std::stop_source stop;
  stop.request_stop();
  enter("a", CallBounds(Deadline::after(10s), stop.get_token()));
  EXPECT_EQ(events_, Events{"a stopped"});
  EXPECT_EQ(admission_->running(), 0U);
}

/// The order of a stop and a free place, both before the waiter runs again.
TEST_F(AdmissionTest, APlaceThatFellFreeBeforeTheStopIsGranted) {
  make(1, 2);
  std::stop_source stop;
  enter("a");
  enter("b", CallBounds(Deadline::after(10s), stop.get_token()));
  permits_.erase("a");
  stop.request_stop();
  turn();
  EXPECT_EQ(events_, (Events{"a in", "b in"}));
  leave("b");
  EXPECT_EQ(admission_->running(), 0U);
}

TEST_F(AdmissionTest, AStopBeforeThePlaceFallsFreeLosesNothing) {
  make(1, 2);
  std::stop_source stop;
  enter("a");
  enter("b", CallBounds(Deadline::after(10s), stop.get_token()));
  enter("c");
  stop.request_stop();
  permits_.erase("a");
  turn();
  // Whichever of both counted for b, nobody is forgotten and no place is lost.
  if (permits_.contains("b")) leave("b");
  EXPECT_TRUE(permits_.contains("c"));
  leave("c");
  EXPECT_EQ(admission_->running(), 0U);
  EXPECT_EQ(admission_->queued(), 0U);
}

TEST_F(AdmissionTest, APermitCanBeMovedAndOutlivesTheAdmission) {
  make(2, 2);
  enter("a");
  enter("b");
  permits_.at("a") = std::move(permits_.at("b"));
  EXPECT_EQ(admission_->running(), 1U);
  permits_.erase("b");
  EXPECT_EQ(admission_->running(), 1U);
  admission_.reset();
  permits_.clear();
}

TEST(RetryAfter, FollowsFromServiceTimeAndQueue) {
  EXPECT_EQ(retry_after_seconds(2s, 0, 1), 2);
  EXPECT_EQ(retry_after_seconds(2s, 9, 1), 20);
  EXPECT_EQ(retry_after_seconds(2s, 9, 4), 5);
  EXPECT_EQ(retry_after_seconds(5ms, 9, 4), 1);
  EXPECT_EQ(retry_after_seconds(0s, 0, 0), 1);
  EXPECT_EQ(retry_after_seconds(1000s, 1000, 1), 3600);
}

}  // namespace
}  // namespace sallyport::broker

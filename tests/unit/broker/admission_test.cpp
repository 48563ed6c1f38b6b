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
  void make(std::uint64_t concurrent, std::uint64_t queued, double timeout = 30, config::Limits limits = {}) {
    config::Admission config;
    config.max_concurrent = concurrent;
    config.max_queued = queued;
    config.queue_timeout_seconds = timeout;
    admission_.emplace(context_.get_executor(), config, limits, [this] { return now_; });
  }

  /// One submission that keeps its permit until the test drops it.
  void enter(const std::string& name, CallBounds bounds = CallBounds(Deadline::after(10s))) {
    boost::asio::co_spawn(context_, visit(name, Owner(), std::move(bounds)), boost::asio::detached);
    turn();
  }
  void enter_as(const std::string& user, const std::string& name) {
    boost::asio::co_spawn(context_, visit(name, Owner(UserId(user)), CallBounds(Deadline::after(10s))),
                          boost::asio::detached);
    turn();
  }

  boost::asio::awaitable<void> visit(std::string name, Owner owner, CallBounds bounds) {
    Admission::Result result =
        co_await admission_->enter(std::move(owner), Priority::normal, std::move(bounds));
    if (auto* permit = std::get_if<Admission::Permit>(&result)) {
      permits_.emplace(name, std::move(*permit));
      events_.push_back(name + " in");
    } else {
      const auto& refusal = std::get<AdmissionRefusal>(result);
      retry_after_ = refusal.retry_after_seconds;
      events_.push_back(name + " " + std::string(to_string(refusal.reason)));
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
  base::Clock::time_point now_{1h};
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
  EXPECT_EQ(events_, (Events{"a in", "b timed_out"}));
  EXPECT_EQ(admission_->queued(), 0U);
  leave("a");
  EXPECT_EQ(admission_->running(), 0U);
}

TEST_F(AdmissionTest, TheCallersDeadlineCountsToo) {
  make(1, 5);
  enter("a");
  enter("b", CallBounds(Deadline::after(20ms)));
  wait(60ms);
  EXPECT_EQ(events_, (Events{"a in", "b timed_out"}));
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

TEST_F(AdmissionTest, AQuietUserGetsItsTurnBeforeTheRestOfANoisyOnes) {
  make(1, 100);
  for (int i = 0; i < 50; ++i) enter_as("noisy", "noisy" + std::to_string(i));
  enter_as("quiet", "quiet");
  leave("noisy0");
  leave("noisy1");
  EXPECT_EQ(events_, (Events{"noisy0 in", "noisy1 in", "quiet in"}));
}

TEST_F(AdmissionTest, AFullQueueHasRoomForWhoHasLessOfIt) {
  make(1, 3);
  for (int i = 0; i < 5; ++i) enter_as("noisy", "noisy" + std::to_string(i));
  EXPECT_EQ(events_, (Events{"noisy0 in", "noisy4 full"}));
  enter_as("quiet", "quiet0");
  EXPECT_EQ(events_.back(), "noisy3 displaced");
  EXPECT_GE(retry_after_, 1);
  enter_as("quiet", "quiet1");
  EXPECT_EQ(events_.back(), "quiet1 full");
  EXPECT_EQ(admission_->queued(), 3U);
  EXPECT_EQ(admission_->counts().refused.at(static_cast<std::size_t>(AdmissionRefusal::Reason::displaced)),
            1U);
  leave("noisy0");
  leave("noisy1");
  leave("quiet0");
  EXPECT_EQ(events_.back(), "noisy2 in");
}

TEST_F(AdmissionTest, AUserRunsNoMoreThanItMayAndOthersPassBy) {
  config::Limits limits;
  limits.max_concurrent_per_user = 2;
  make(4, 10, 30, limits);
  for (int i = 0; i < 4; ++i) enter_as("noisy", "noisy" + std::to_string(i));
  EXPECT_EQ(admission_->running(), 2U);
  enter_as("quiet", "quiet");
  EXPECT_EQ(events_, (Events{"noisy0 in", "noisy1 in", "quiet in"}));
  leave("quiet");
  EXPECT_EQ(admission_->running(), 2U);
  leave("noisy0");
  EXPECT_EQ(events_.back(), "noisy2 in");
}

TEST_F(AdmissionTest, AUserHasNoMoreWaitingThanItMay) {
  config::Limits limits;
  limits.max_queued_per_user = 2;
  make(1, 10, 30, limits);
  for (int i = 0; i < 4; ++i) enter_as("noisy", "noisy" + std::to_string(i));
  EXPECT_EQ(events_, (Events{"noisy0 in", "noisy3 user_queue"}));
  EXPECT_GE(retry_after_, 1);
  enter_as("quiet", "quiet");
  EXPECT_EQ(admission_->queued(), 3U);
}

TEST_F(AdmissionTest, WithoutAQueueTheUsersLimitIsItsOwnReason) {
  config::Limits limits;
  limits.max_concurrent_per_user = 1;
  make(2, 0, 30, limits);
  enter_as("a", "a0");
  enter_as("a", "a1");
  enter_as("b", "b0");
  enter_as("c", "c0");
  EXPECT_EQ(events_, (Events{"a0 in", "a1 user_concurrency", "b0 in", "c0 full"}));
}

TEST_F(AdmissionTest, RatesOfUserAndKeyAreBothKept) {
  config::Limits limits;
  limits.rate_per_minute = 6;
  limits.burst = 2;
  limits.key_rate_per_minute = 60;
  limits.key_burst = 3;
  make(1, 1, 30, limits);
  const Owner a(UserId(std::string("a")));
  const Owner b(UserId(std::string("b")));
  EXPECT_FALSE(admission_->check_rate(a));
  EXPECT_FALSE(admission_->check_rate(a));
  const auto user = admission_->check_rate(a);
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->reason, AdmissionRefusal::Reason::user_rate);
  EXPECT_TRUE(user->over_quota());
  EXPECT_EQ(user->retry_after_seconds, 10);
  EXPECT_FALSE(admission_->check_rate(b));
  const auto key = admission_->check_rate(b);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->reason, AdmissionRefusal::Reason::key_rate);
  EXPECT_EQ(key->retry_after_seconds, 1);
  now_ += 1s;
  EXPECT_FALSE(admission_->check_rate(b));
  now_ += 9s;
  EXPECT_FALSE(admission_->check_rate(a));
}

TEST_F(AdmissionTest, RetryAfterGrowsWithTheQueueAndWithSilence) {
  make(1, 10);
  enter("a");
  now_ += 2s;
  leave("a");  // Two seconds a turn.
  enter("b");
  for (int i = 0; i < 10; ++i) enter("c" + std::to_string(i));
  enter("late");
  EXPECT_EQ(retry_after_, 22);
  now_ += 20s;  // And nothing has ended since.
  enter("later");
  EXPECT_EQ(retry_after_, 220);
}

}  // namespace
}  // namespace sallyport::broker

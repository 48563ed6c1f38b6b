#include "broker/readiness.hpp"

#include "tests/unit/broker/fakes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stop_token>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;
using base::CallBounds;
using base::Deadline;

class ReadinessTest : public ::testing::Test {
 protected:
  std::future<runners::Health> ask(CallBounds bounds = CallBounds(Deadline::after(10s))) {
    auto answer = boost::asio::co_spawn(context_, readiness_.get(std::move(bounds)), boost::asio::use_future);
    turn();
    return answer;
  }
  void turn(std::chrono::milliseconds time = 0ms) {
    context_.restart();
    context_.poll();
    if (time > 0ms) context_.run_for(time);
  }

  boost::asio::io_context context_{1};
  test::FakeRunner runner_;
  Readiness readiness_{context_.get_executor(), runner_, "python", 100ms, 50ms};
};

TEST_F(ReadinessTest, KeepsAnAnswerForAWhile) {
  EXPECT_TRUE(ask().get().ok);
  runner_.health.ok = false;
  EXPECT_TRUE(ask().get().ok);
  EXPECT_EQ(runner_.checks, 1U);
  std::this_thread::sleep_for(60ms);
  EXPECT_FALSE(ask().get().ok);
  EXPECT_EQ(runner_.checks, 2U);
}

TEST_F(ReadinessTest, ManyWhoAskAtOnceShareOneQuestion) {
  runner_.hold = true;
  auto first = ask();
  auto second = ask();
  EXPECT_EQ(runner_.checks, 1U);
  runner_.release();
  turn();
  EXPECT_TRUE(first.get().ok);
  EXPECT_TRUE(second.get().ok);
}

TEST_F(ReadinessTest, AnImpatientOneDoesNotSpoilItForTheOthers) {
  runner_.hold = true;
  std::stop_source stop;
  auto impatient = ask(CallBounds(Deadline::after(10s), stop.get_token()));
  auto patient = ask();
  stop.request_stop();
  turn();
  EXPECT_FALSE(impatient.get().ok);
  runner_.release();
  turn();
  EXPECT_TRUE(patient.get().ok);
}

TEST_F(ReadinessTest, AQuestionHasADeadline) {
  runner_.hold = true;
  runner_.health.ok = false;
  auto answer = ask();
  turn(300ms);
  EXPECT_FALSE(answer.get().ok);
}

TEST_F(ReadinessTest, FinishEndsTheQuestion) {
  runner_.hold = true;
  auto answer = ask();
  auto finished = boost::asio::co_spawn(context_, readiness_.finish(CallBounds(Deadline::after(1s))),
                                        boost::asio::use_future);
  turn();
  EXPECT_EQ(finished.wait_for(0s), std::future_status::ready);
  EXPECT_EQ(answer.wait_for(0s), std::future_status::ready);
  EXPECT_FALSE(ask().get().ok);
  EXPECT_EQ(runner_.checks, 1U);
}

}  // namespace
}  // namespace sallyport::broker

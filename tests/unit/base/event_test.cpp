#include "base/event.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <thread>
#include <vector>

namespace sallyport::base {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class EventTest : public testing::Test {
 protected:
  /// Begins a wait whose result lands in `results`.
  void begin_wait(CallBounds bounds) {
    auto wait = [](Event& event, CallBounds own_bounds,
                   std::vector<WaitStatus>& results) -> asio::awaitable<void> {
      const WaitStatus status = co_await event.wait(std::move(own_bounds));
      results.push_back(status);
    };
    asio::co_spawn(context_, wait(event_, std::move(bounds), results_), asio::use_future);
  }

  asio::io_context context_;
  Event event_{context_.get_executor()};
  std::vector<WaitStatus> results_;
};

TEST_F(EventTest, WakesAllWaiters) {
  begin_wait(CallBounds(Deadline::never()));
  begin_wait(CallBounds(Deadline::after(1h)));
  asio::post(context_, [this] { event_.set(); });
  context_.run();
  EXPECT_EQ(results_, std::vector<WaitStatus>(2, WaitStatus::ready));
}

TEST_F(EventTest, IsReadyAtOnceWhenSetBefore) {
  event_.set();
  begin_wait(CallBounds(Deadline::after(-1s)));
  context_.run();
  EXPECT_EQ(results_, std::vector<WaitStatus>{WaitStatus::ready});
}

TEST_F(EventTest, TimesOut) {
  begin_wait(CallBounds(Deadline::after(5ms)));
  context_.run();
  EXPECT_EQ(results_, std::vector<WaitStatus>{WaitStatus::timed_out});
}

TEST_F(EventTest, StopsBeforeTheWait) {
  std::stop_source source;
  source.request_stop();
  begin_wait(CallBounds(Deadline::never(), source.get_token()));
  context_.run();
  EXPECT_EQ(results_, std::vector<WaitStatus>{WaitStatus::stopped});
}

TEST_F(EventTest, StopsFromTheSameThread) {
  std::stop_source source;
  begin_wait(CallBounds(Deadline::never(), source.get_token()));
  asio::post(context_, [&] { source.request_stop(); });
  context_.run();
  EXPECT_EQ(results_, std::vector<WaitStatus>{WaitStatus::stopped});
}

TEST_F(EventTest, StopsFromAnotherThread) {
  for (int round = 0; round < 200; ++round) {
    results_.clear();
    context_.restart();
    std::stop_source source;
    begin_wait(CallBounds(Deadline::never(), source.get_token()));
    std::jthread stopper([&] { source.request_stop(); });
    context_.run();
    ASSERT_EQ(results_, std::vector<WaitStatus>{WaitStatus::stopped});
  }
}

TEST_F(EventTest, MayDieBeforeItsWaitIsResumed) {
  std::optional<Event> mortal(context_.get_executor());
  WaitStatus status = WaitStatus::timed_out;
  auto wait = [&]() -> asio::awaitable<void> {
    status = co_await mortal->wait(CallBounds(Deadline::never()));
  };
  asio::co_spawn(context_, wait(), asio::use_future);
  asio::post(context_, [&] {
    mortal->set();
    mortal.reset();
  });
  context_.run();
  EXPECT_EQ(status, WaitStatus::ready);
}

}  // namespace
}  // namespace sallyport::base

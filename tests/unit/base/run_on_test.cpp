#include "base/run_on.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace sallyport::base {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class RunOnTest : public testing::Test {
 protected:
  /// What `function` gives when a coroutine of the event loop has it run on a worker; runs the loop until it
  /// is out of work.
  template <class F>
  auto run(F function) {
    auto wait = [this](F own) -> asio::awaitable<std::invoke_result_t<F&>> {
      auto result = co_await run_on(workers_.get_executor(), std::move(own));
      resumed_on_ = std::this_thread::get_id();
      co_return result;
    };
    auto result = asio::co_spawn(context_, wait(std::move(function)), asio::use_future);
    context_.run();
    return result;
  }

  asio::io_context context_;
  asio::thread_pool workers_{1};
  std::thread::id resumed_on_;
};

TEST_F(RunOnTest, RunsElsewhereAndResumesHere) {
  // Longer than the loop takes to find that it has nothing else to do.
  auto ran_on = run([] {
    std::this_thread::sleep_for(50ms);
    return std::this_thread::get_id();
  });
  ASSERT_EQ(ran_on.wait_for(0s), std::future_status::ready);
  EXPECT_NE(ran_on.get(), std::this_thread::get_id());
  EXPECT_EQ(resumed_on_, std::this_thread::get_id());
}

TEST_F(RunOnTest, GivesWhatCanOnlyBeMoved) {
  EXPECT_EQ(*run([] { return std::make_unique<std::string>("value"); }).get(), "value");
}

TEST_F(RunOnTest, LetsExceptionsThrough) {
  auto result = run([]() -> int { throw std::runtime_error("not today"); });
  EXPECT_THROW(result.get(), std::runtime_error);
}

TEST_F(RunOnTest, WorkersThatAreStoppedLeaveNothingBehind) {
  const auto kept = std::make_shared<int>(1);
  workers_.stop();
  workers_.join();
  auto wait = [](asio::any_io_executor workers, std::shared_ptr<int> own) -> asio::awaitable<int> {
    auto read = [own] { return *own; };
    co_return co_await run_on(std::move(workers), std::move(read));
  };
  {
    asio::io_context context;
    asio::thread_pool stopped(1);
    stopped.stop();
    asio::co_spawn(context, wait(stopped.get_executor(), kept), [](std::exception_ptr, int) {});
    context.run_one();
  }
  EXPECT_EQ(kept.use_count(), 1);
}

}  // namespace
}  // namespace sallyport::base

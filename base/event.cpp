#include "base/event.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <list>
#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::base {

struct Event::State : std::enable_shared_from_this<Event::State> {
  explicit State(asio::any_io_executor executor_in) : executor(std::move(executor_in)) {}

  asio::any_io_executor executor;
  bool set = false;
  // One timer a waiter: each has a deadline of its own. A list, since waiters hold iterators into it.
  std::list<asio::steady_timer> waiters;
};

Event::Event(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

void Event::set() {
  if (state_->set) return;
  state_->set = true;
  for (auto& timer : state_->waiters) timer.cancel();
}

bool Event::is_set() const {
  return state_->set;
}

asio::awaitable<WaitStatus> Event::wait(CallBounds bounds) {
  auto state = state_;  // Keeps the timers alive whatever becomes of the event.
  if (state->set) co_return WaitStatus::ready;
  if (bounds.stop.stop_requested()) co_return WaitStatus::stopped;

  const auto timer = state->waiters.emplace(state->waiters.end(), state->executor, bounds.deadline.when());
  {
    // The callback may run on another thread, or after this wait has ended: it looks the waiter up again on
    // the executor by way of a token that dies with the wait.
    auto alive = std::make_shared<asio::steady_timer*>(&*timer);
    std::weak_ptr<asio::steady_timer*> weak = alive;
    auto on_stop = [executor = state->executor, weak] {
      auto cancel = [weak] {
        if (auto target = weak.lock()) (*target)->cancel();
      };
      asio::dispatch(executor, std::move(cancel));
    };
    std::stop_callback<std::function<void()>> registration(bounds.stop, std::move(on_stop));
    // A stop that came before the registration ran its callback while no wait was pending.
    if (!bounds.stop.stop_requested()) co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
  }
  state->waiters.erase(timer);

  if (state->set) co_return WaitStatus::ready;
  if (bounds.stop.stop_requested()) co_return WaitStatus::stopped;
  co_return WaitStatus::timed_out;
}

asio::awaitable<WaitStatus> sleep(CallBounds bounds) {
  const auto executor = co_await asio::this_coro::executor;
  Event never_set(executor);
  co_return co_await never_set.wait(std::move(bounds));
}

}  // namespace sallyport::base

#include "broker/readiness.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <exception>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Clock;
using base::Deadline;

struct Readiness::State {
  State(asio::any_io_executor executor_in, runners::Runner& runner_in, std::string image_in,
        Clock::duration timeout_in, Clock::duration keep_in)
      : executor(std::move(executor_in)),
        runner(runner_in),
        image(std::move(image_in)),
        timeout(timeout_in),
        keep(keep_in) {}

  asio::any_io_executor executor;
  runners::Runner& runner;
  std::string image;
  Clock::duration timeout;
  Clock::duration keep;
  std::stop_source stop;
  std::optional<base::Event> asking;  // Set and cleared when the question under way is answered.
  runners::Health answer;
  std::optional<Clock::time_point> answered_at;
};

Readiness::Readiness(asio::any_io_executor executor, runners::Runner& runner, std::string image,
                     Clock::duration timeout, Clock::duration keep)
    : state_(std::make_shared<State>(std::move(executor), runner, std::move(image), timeout, keep)) {}

asio::awaitable<void> Readiness::ask(std::shared_ptr<State> state) {
  runners::Health health;
  try {
    CallBounds bounds(Deadline::after(state->timeout), state->stop.get_token());
    health = co_await state->runner.check(state->image, std::move(bounds));
  } catch (const std::exception& error) {
    health.ok = false;
    health.message = error.what();
  }
  state->answer = std::move(health);
  state->answered_at = Clock::now();
  base::Event asked = std::move(*state->asking);
  state->asking.reset();
  asked.set();
}

asio::awaitable<runners::Health> Readiness::get(CallBounds bounds) {
  const auto state = state_;
  if (state->stop.stop_requested()) {
    runners::Health health;
    health.message = "the broker is shutting down";
    co_return health;
  }
  if (state->answered_at && Clock::now() - *state->answered_at < state->keep) co_return state->answer;
  if (!state->asking) {
    state->asking.emplace(state->executor);
    asio::co_spawn(state->executor, ask(state), asio::detached);
  }
  if (state->asking) {
    base::Event asking = *state->asking;
    const base::WaitStatus status = co_await asking.wait(std::move(bounds));
    if (status != base::WaitStatus::ready) {
      runners::Health health;
      health.message = "the runner has not answered in time whether it is ready";
      co_return health;
    }
  }
  co_return state->answer;
}

void Readiness::stop() {
  state_->stop.request_stop();
}

asio::awaitable<void> Readiness::finish(CallBounds bounds) {
  const auto state = state_;
  stop();
  if (!state->asking) co_return;
  base::Event asking = *state->asking;
  co_await asking.wait(std::move(bounds));
}

}  // namespace sallyport::broker

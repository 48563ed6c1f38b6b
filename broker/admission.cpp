#include "broker/admission.hpp"

#include "base/event.hpp"
#include "broker/seconds.hpp"

#include <algorithm>
#include <cmath>
#include <list>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;

namespace {

/// Weight of the newest service time in the mean: the last twenty or so count.
constexpr double kWeight = 0.1;

}  // namespace

int retry_after_seconds(std::chrono::duration<double> mean, std::uint64_t ahead, std::uint64_t places) {
  const double turns =
      static_cast<double>(ahead + 1) / static_cast<double>(std::max<std::uint64_t>(places, 1));
  return static_cast<int>(std::clamp(std::ceil(mean.count() * turns), 1.0, 3600.0));
}

struct Admission::State {
  State(asio::any_io_executor executor_in, config::Admission config_in)
      : executor(std::move(executor_in)), config(config_in) {}

  struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : turn(executor) {}
    base::Event turn;
    bool granted = false;
  };

  asio::any_io_executor executor;
  config::Admission config;
  std::uint64_t running = 0;
  std::list<std::shared_ptr<Waiter>> queue;
  std::chrono::duration<double> mean_service{1.0};  // A guess, until the first submission has been served.
  bool measured = false;

  void record(std::chrono::duration<double> service) {
    mean_service = measured ? mean_service * (1 - kWeight) + service * kWeight : service;
    measured = true;
  }

  /// Gives free places to those who wait. A granted waiter counts as running from here on.
  void grant() {
    while (running < config.max_concurrent && !queue.empty()) {
      const auto waiter = std::move(queue.front());
      queue.pop_front();
      ++running;
      waiter->granted = true;
      waiter->turn.set();
    }
  }

  [[nodiscard]] AdmissionRefusal refusal(AdmissionRefusal::Reason reason) const {
    AdmissionRefusal refusal;
    refusal.reason = reason;
    refusal.retry_after_seconds = retry_after_seconds(mean_service, queue.size(), config.max_concurrent);
    return refusal;
  }
};

Admission::Permit::Permit(std::shared_ptr<State> state)
    : state_(std::move(state)), since_(base::Clock::now()) {}

Admission::Permit& Admission::Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    release();
    state_ = std::move(other.state_);
    since_ = other.since_;
  }
  return *this;
}

Admission::Permit::~Permit() {
  release();
}

void Admission::Permit::release() {
  if (!state_) return;
  const auto state = std::move(state_);
  state->record(base::Clock::now() - since_);
  --state->running;
  state->grant();
}

Admission::Admission(asio::any_io_executor executor, config::Admission config)
    : state_(std::make_shared<State>(std::move(executor), config)) {}

std::uint64_t Admission::running() const {
  return state_->running;
}
std::uint64_t Admission::queued() const {
  return state_->queue.size();
}

asio::awaitable<Admission::Result> Admission::enter(base::CallBounds bounds) {
  const auto state = state_;
  if (bounds.stop.stop_requested()) co_return state->refusal(AdmissionRefusal::Reason::stopped);
  if (state->running < state->config.max_concurrent && state->queue.empty()) {
    ++state->running;
    co_return Permit(state);
  }
  if (state->queue.size() >= state->config.max_queued)
    co_return state->refusal(AdmissionRefusal::Reason::full);

  const auto waiter = std::make_shared<State::Waiter>(state->executor);
  state->queue.push_back(waiter);
  base::CallBounds waiting(bounds.deadline.at_most(seconds(state->config.queue_timeout_seconds)),
                           bounds.stop);
  const base::WaitStatus status = co_await waiter->turn.wait(std::move(waiting));
  if (waiter->granted) co_return Permit(state);

  state->queue.remove(waiter);
  co_return state->refusal(status == base::WaitStatus::stopped ? AdmissionRefusal::Reason::stopped
                                                               : AdmissionRefusal::Reason::timed_out);
}

}  // namespace sallyport::broker

#include "broker/admission.hpp"

#include "base/event.hpp"
#include "broker/admission/rate_limiter.hpp"
#include "broker/admission/service_rate.hpp"
#include "broker/seconds.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using Reason = AdmissionRefusal::Reason;

namespace {

RateLimits user_rate(const config::Limits& limits) {
  RateLimits rate;
  rate.per_minute = limits.rate_per_minute;
  rate.burst = limits.burst;
  rate.max_tracked = limits.max_tracked_users;
  return rate;
}

RateLimits key_rate(const config::Limits& limits) {
  RateLimits rate;
  rate.per_minute = limits.key_rate_per_minute;
  rate.burst = limits.key_burst;
  rate.max_tracked = limits.max_tracked_users;
  return rate;
}

/// Rounded up, so that who comes back then is let in.
int whole_seconds(base::Clock::duration wait, double longest = 3600) {
  return static_cast<int>(std::clamp(std::ceil(std::chrono::duration<double>(wait).count()), 1.0, longest));
}

constexpr double kLongestQuotaWait = 86'400;

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::full:
      return "full";
    case Reason::timed_out:
      return "timed_out";
    case Reason::stopped:
      return "stopped";
    case Reason::user_rate:
      return "user_rate";
    case Reason::key_rate:
      return "key_rate";
    case Reason::user_queue:
      return "user_queue";
    case Reason::user_concurrency:
      return "user_concurrency";
    case Reason::key_quota:
      return "key_quota";
    case Reason::displaced:
      return "displaced";
  }
  return "";
}

struct Admission::State {
  State(asio::any_io_executor executor_in, config::Admission config_in, config::Limits limits_in, Now now_in)
      : executor(std::move(executor_in)),
        config(std::move(config_in)),
        limits(limits_in),
        now(std::move(now_in)),
        queue(limits.max_concurrent_per_user),
        users(user_rate(limits)),
        keys(key_rate(limits)),
        rate(config.max_concurrent) {}

  /// One that waits: in its coroutine's frame, and out of the queue before that goes.
  struct Waiter : FairQueue::Entry {
    explicit Waiter(State& state_in) : state(state_in), turn(state_in.executor) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { state.queue.remove(*this); }

    State& state;
    base::Event turn;
    bool granted = false;
    bool displaced = false;
  };

  asio::any_io_executor executor;
  config::Admission config;
  config::Limits limits;
  Now now;
  FairQueue queue;
  RateLimiter users;
  RateLimiter keys;
  KeyQuotas quotas;
  ServiceRate rate;
  std::uint64_t running = 0;
  std::array<std::uint64_t, AdmissionRefusal::kReasons> refused{};

  void note_saturation() { rate.saturated(running >= config.max_concurrent, now()); }

  /// Gives free places to those whose turn it is. A granted waiter counts as running from here on.
  void grant() {
    while (running < config.max_concurrent) {
      FairQueue::Entry* const entry = queue.next();
      if (entry == nullptr) break;
      auto& waiter = static_cast<Waiter&>(*entry);
      ++running;
      waiter.granted = true;
      waiter.turn.set();
    }
    note_saturation();
  }

  void release(FairQueue::Account& account, base::Clock::duration service) {
    rate.ended(service, now());
    --running;
    queue.end(account);
    grant();
  }

  AdmissionRefusal refuse(Reason reason, int retry_after) {
    ++refused.at(static_cast<std::size_t>(reason));
    AdmissionRefusal refusal;
    refusal.reason = reason;
    refusal.retry_after_seconds = retry_after;
    return refusal;
  }

  /// Behind all who wait.
  [[nodiscard]] int until_last() const { return retry_after_seconds(rate.interval(now()), queue.size()); }

  /// Until one of the owner's own gets its turn, of those who wait in `rounds` of all; and, where the owner
  /// has as many running as it may, until one of these has ended.
  [[nodiscard]] int until_own_turn(const FairQueue::Account& account) const {
    const auto owners = std::max<std::uint64_t>(queue.waiting_owners(), 1);
    int wait = retry_after_seconds(rate.interval(now()), owners - 1);
    if (!queue.may_run(account)) {
      wait = std::max(
          wait, retry_after_seconds(rate.mean_service() /
                                        std::max<double>(1, static_cast<double>(FairQueue::running(account))),
                                    0));
    }
    return wait;
  }

  /// Why the owner gets no place in the queue; none if it gets one, which may be another's until now.
  std::optional<AdmissionRefusal> make_room(FairQueue::Account& account) {
    const bool may_run = queue.may_run(account);
    const std::uint64_t waiting = FairQueue::waiting(account);
    if (limits.max_queued_per_user > 0 && waiting >= limits.max_queued_per_user) {
      return refuse(Reason::user_queue, until_own_turn(account));
    }
    if (queue.size() < config.max_queued) return std::nullopt;
    if (config.max_queued == 0 && !may_run) return refuse(Reason::user_concurrency, until_own_turn(account));
    FairQueue::Entry* const other = queue.displaceable(account);
    if (other == nullptr) return refuse(Reason::full, until_last());
    auto& waiter = static_cast<Waiter&>(*other);
    queue.remove(waiter);
    waiter.displaced = true;
    waiter.turn.set();
    return std::nullopt;
  }
};

Admission::Permit::Permit(std::shared_ptr<State> state, FairQueue::Account& account)
    : state_(std::move(state)), account_(&account), since_(state_->now()) {}

Admission::Permit::Permit(Permit&& other) noexcept
    : state_(std::move(other.state_)), account_(other.account_), since_(other.since_) {}

Admission::Permit& Admission::Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    release();
    state_ = std::move(other.state_);
    account_ = other.account_;
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
  state->release(*account_, state->now() - since_);
}

Admission::Admission(asio::any_io_executor executor, config::Admission config, config::Limits limits, Now now)
    : state_(std::make_shared<State>(std::move(executor), std::move(config), limits, std::move(now))) {}

std::uint64_t Admission::running() const {
  return state_->running;
}
std::uint64_t Admission::queued() const {
  return state_->queue.size();
}
std::uint64_t Admission::queued(Priority priority) const {
  return state_->queue.size(priority);
}

Admission::Counts Admission::counts() const {
  Counts counts;
  counts.refused = state_->refused;
  counts.owners = state_->queue.owners();
  counts.rate_buckets = state_->users.tracked() + state_->keys.tracked();
  counts.shared_bucket = state_->users.shared() + state_->keys.shared();
  counts.seconds_between_turns = state_->rate.interval(state_->now()).count();
  return counts;
}

std::optional<AdmissionRefusal> Admission::check_rate(const Owner& owner) {
  State& state = *state_;
  const auto now = state.now();
  const KeyQuotas::Wait own = state.quotas.wait(owner.key, owner.key_limits, now);
  if (own.quota > base::Clock::duration::zero()) {
    return state.refuse(Reason::key_quota, whole_seconds(own.quota, kLongestQuotaWait));
  }
  // A rate of its own takes the place of the one that all keys have.
  const bool has_own_rate = owner.key_limits.rate_per_minute > 0;
  const auto of_key = has_own_rate ? own.rate : state.keys.wait({}, owner.key, now);
  const auto of_user = state.users.wait(owner.key, owner.user, now);
  const auto longest = std::max(of_key, of_user);
  if (longest > base::Clock::duration::zero()) {
    return state.refuse(of_key >= of_user ? Reason::key_rate : Reason::user_rate, whole_seconds(longest));
  }
  state.quotas.take(owner.key, owner.key_limits, now);
  if (!has_own_rate) state.keys.take({}, owner.key, now);
  state.users.take(owner.key, owner.user, now);
  return std::nullopt;
}

std::vector<QuotaCount> Admission::take_untold() {
  return state_->quotas.take_untold(state_->now());
}
void Admission::give_back(const std::vector<QuotaCount>& untold) {
  state_->quotas.give_back(untold);
}
void Admission::adopt(const QuotaCount& total) {
  state_->quotas.adopt(total, state_->now());
}

asio::awaitable<Admission::Result> Admission::enter(Owner owner, Priority priority, base::CallBounds bounds) {
  const auto state = state_;
  if (bounds.stop.stop_requested()) co_return state->refuse(Reason::stopped, 0);
  FairQueue::Account& account = state->queue.open(owner);
  // Whoever waits while a place is free may not run yet, so nobody is passed by.
  if (state->running < state->config.max_concurrent && state->queue.may_run(account)) {
    ++state->running;
    state->queue.begin(account);
    state->note_saturation();
    co_return Permit(state, account);
  }
  if (auto refusal = state->make_room(account)) {
    state->queue.forget_if_idle(account);
    co_return *refusal;
  }

  State::Waiter waiter(*state);
  state->queue.push(waiter, account, priority);
  base::CallBounds waiting(bounds.deadline.at_most(seconds(state->config.queue_timeout_seconds)),
                           bounds.stop);
  const base::WaitStatus status = co_await waiter.turn.wait(std::move(waiting));
  if (waiter.granted) co_return Permit(state, FairQueue::account_of(waiter));
  if (waiter.displaced) co_return state->refuse(Reason::displaced, state->until_last());

  state->queue.remove(waiter);
  const bool stopped = status == base::WaitStatus::stopped;
  co_return state->refuse(stopped ? Reason::stopped : Reason::timed_out, stopped ? 0 : state->until_last());
}

}  // namespace sallyport::broker

#include "runners/sandbox_pool.hpp"

#include "base/event.hpp"
#include "runners/seconds.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>
#include <random>
#include <stop_token>
#include <unordered_map>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

PoolPolicyOptions policy_options(const config::Pool& pool) {
  PoolPolicyOptions options;
  options.range.floor = pool.floor;
  options.range.ceiling = pool.ceiling;
  for (const config::ImagePool& each : config::image_pools(pool.images)) {
    PoolRange range;
    range.floor = each.floor;
    range.ceiling = each.ceiling;
    options.image_ranges[each.image] = range;
  }
  options.max_slots = pool.max_slots;
  options.max_age = milliseconds_of(pool.max_age_seconds);
  options.demand_half_life = milliseconds_of(pool.demand_memory_seconds);
  options.busy_starts = pool.busy_starts;
  options.idle_starts = pool.idle_starts;
  return options;
}

std::function<double()> random_numbers() {
  // For jitter only; nobody gains by guessing it.
  return [engine = std::minstd_rand(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

/// Whether every class suffers from what this one's start failed of.
bool is_of_the_engine(SandboxFailure failure) {
  switch (failure) {
    case SandboxFailure::engine_unreachable:
    case SandboxFailure::engine_refused:
    case SandboxFailure::engine_timed_out:
    case SandboxFailure::runtime_missing:
      return true;
    case SandboxFailure::none:
    case SandboxFailure::start_failed:
    case SandboxFailure::image_missing:
    case SandboxFailure::sandbox_crashed:
    case SandboxFailure::unsupported:
      break;
  }
  return false;
}

}  // namespace

/// A sandbox that waits, and the task that watches it.
struct SandboxPool::Slot {
  Slot(std::unique_ptr<GVisorSandbox> sandbox_in, const asio::any_io_executor& executor)
      : sandbox(std::move(sandbox_in)), watched(executor) {}

  std::unique_ptr<GVisorSandbox> sandbox;
  SlotId id = 0;
  std::stop_source stop;
  base::Event watched;   ///< The watch has ended.
  bool unspoilt = true;  ///< What it found.
};

// Shared with the tasks, which may be under way when the pool's owner has given up waiting for them.
struct SandboxPool::State {
  explicit State(GVisorContext& context_in)
      : context(context_in),
        executor(context_in.dependencies.executor),
        policy(policy_options(context_in.runner.pool), random_numbers()) {}

  GVisorContext& context;
  asio::any_io_executor executor;
  PoolPolicy policy;
  PoolCounts totals;  ///< The totals in it.
  PoolLoad load;
  std::string kept_image;
  Limits kept_limits;
  bool started = false;
  PoolObserver* observer = nullptr;
  std::unordered_map<SlotId, std::shared_ptr<Slot>> slots;
  std::stop_source stop;
  std::size_t tasks = 0;
  std::unique_ptr<base::Event> changed;  ///< For `tend`, replaced each time.
  std::unique_ptr<base::Event> idle;     ///< Set when the last task has ended.

  void note_change() const {
    if (changed) changed->set();
  }

  void spawn(asio::awaitable<void> task) {
    ++tasks;
    asio::co_spawn(executor, std::move(task), asio::detached);
  }
  void task_ended() {
    if (--tasks == 0 && idle) idle->set();
  }

  /// Takes the slot out; its sandbox goes to the reaper with it, once its watch has ended.
  void discard(SlotId id) {
    const auto found = slots.find(id);
    if (found == slots.end()) return;
    found->second->stop.request_stop();
    slots.erase(found);
  }

  void follow_images();
  void carry_out(PoolPlan plan, const std::shared_ptr<State>& self);
};

/// A class whose image has another digest now, or none, is retired: what waits of it is removed, what comes
/// gets the new one.
void SandboxPool::State::follow_images() {
  for (const SandboxClass& each : policy.classes()) {
    const auto resolved = context.dependencies.images.resolve(each.image);
    if (resolved && resolved->digest == each.digest) continue;
    if (resolved) {
      SandboxClass successor = each;
      successor.digest = resolved->digest;
      policy.retire(each, &successor);
    } else {
      policy.retire(each, nullptr);
    }
  }
  if (const auto resolved = context.dependencies.images.resolve(kept_image)) {
    policy.keep(shared_class(kept_image, resolved->digest, kept_limits, context.runner));
  }
}

void SandboxPool::State::carry_out(PoolPlan plan, const std::shared_ptr<State>& self) {
  totals.recycled_total += plan.recycle.size();
  totals.surplus_total += plan.surplus.size();
  for (const SlotId id : plan.recycle) discard(id);
  for (const SlotId id : plan.surplus) discard(id);
  for (SandboxClass& each : plan.start) spawn(warm(self, std::move(each)));
}

SandboxPool::ColdStart::ColdStart(SandboxPool& pool) : pool_(pool) {
  ++pool_.state_->load.cold_starting;
  ++pool_.state_->totals.cold_total;
}

SandboxPool::ColdStart::~ColdStart() {
  --pool_.state_->load.cold_starting;
  pool_.state_->note_change();
}

SandboxPool::Running::Running(SandboxPool& pool) : pool_(pool) {
  ++pool_.state_->load.running;
}

SandboxPool::Running::~Running() {
  --pool_.state_->load.running;
  pool_.state_->note_change();
}

SandboxPool::SandboxPool(GVisorContext& context) : state_(std::make_shared<State>(context)) {}

SandboxPool::~SandboxPool() {
  state_->stop.request_stop();
}

void SandboxPool::start(std::string image, const Limits& limits, PoolObserver* observer) {
  if (state_->started || !state_->context.runner.pool.enabled) return;
  state_->started = true;
  state_->kept_image = std::move(image);
  state_->kept_limits = limits;
  state_->observer = observer;
  state_->spawn(tend(state_));
}

asio::awaitable<void> SandboxPool::tend(std::shared_ptr<State> state) {
  while (!state->stop.stop_requested()) {
    state->follow_images();
    state->changed = std::make_unique<base::Event>(state->executor);
    PoolPlan plan = state->policy.plan(base::Clock::now(), state->load);
    const base::CallBounds nap(base::Deadline::at(plan.wake), state->stop.get_token());
    state->carry_out(std::move(plan), state);
    co_await state->changed->wait(nap);
  }
  state->task_ended();
}

asio::awaitable<void> SandboxPool::warm(std::shared_ptr<State> state, SandboxClass sandbox_class) {
  const base::Clock::time_point begin = base::Clock::now();
  ++state->totals.refills_total;
  auto sandbox = std::make_unique<GVisorSandbox>(state->context, sandbox_class, std::string());
  // Every step of it has the deadline that the engine's configuration sets.
  const base::CallBounds bounds(base::Deadline::never(), state->stop.get_token());
  const auto failed = co_await sandbox->prepare(bounds);

  const base::Clock::time_point now = base::Clock::now();
  const bool given_up = state->stop.stop_requested() || (failed && failed->stopped);
  if (given_up) {
    state->policy.start_abandoned(sandbox_class);
  } else if (failed) {
    ++state->totals.refill_failures_total;
    state->policy.start_failed(sandbox_class, is_of_the_engine(failed->failure), now);
    state->context.dependencies.reaper.log("the pool could not start a sandbox: " + failed->message);
  } else {
    auto slot = std::make_shared<Slot>(std::move(sandbox), state->executor);
    slot->id = state->policy.started(sandbox_class, now);
    state->slots.emplace(slot->id, slot);
    state->spawn(watch(state, slot));
  }
  if (state->observer != nullptr && !given_up) {
    state->observer->on_refill(sandbox_class.image, now - begin, !failed);
  }
  state->note_change();
  sandbox.reset();
  state->task_ended();
}

asio::awaitable<void> SandboxPool::watch(std::shared_ptr<State> state, std::shared_ptr<Slot> slot) {
  const base::CallBounds bounds(base::Deadline::never(), slot->stop.get_token());
  slot->unspoilt = co_await slot->sandbox->watch(bounds);
  slot->watched.set();
  // Still in its place: nobody has taken it or sent it away, it is lost.
  if (!slot->unspoilt && state->slots.erase(slot->id) > 0) {
    ++state->totals.lost_total;
    state->policy.lost(slot->id, base::Clock::now());
    if (state->observer != nullptr) state->observer->on_lost(slot->sandbox->sandbox_class().image);
    state->note_change();
  }
  slot.reset();
  state->task_ended();
}

asio::awaitable<std::unique_ptr<GVisorSandbox>> SandboxPool::take(std::string image, std::string digest,
                                                                  const Limits& limits) {
  const auto state = state_;
  if (!state->started) co_return nullptr;
  const SandboxClass wanted = shared_class(image, digest, limits, state->context.runner);
  if (!holds(wanted, limits)) co_return nullptr;
  while (const auto id = state->policy.take(wanted, base::Clock::now())) {
    const auto found = state->slots.find(*id);
    const std::shared_ptr<Slot> slot = found->second;
    state->slots.erase(found);
    state->note_change();
    slot->stop.request_stop();
    const base::CallBounds stopping(base::Deadline::never());  // What was asked to stop does so at once.
    co_await slot->watched.wait(stopping);
    if (slot->unspoilt) {
      ++state->totals.warm_total;
      co_return std::move(slot->sandbox);
    }
    ++state->totals.lost_total;
    state->policy.lost_taken(wanted, base::Clock::now());
    if (state->observer != nullptr) state->observer->on_lost(image);
  }
  state->note_change();
  co_return nullptr;
}

void SandboxPool::note_cold_success(const SandboxClass& sandbox_class) {
  state_->policy.start_seen(sandbox_class);
}

void SandboxPool::note_lost(const SandboxClass& sandbox_class) {
  --state_->totals.warm_total;
  ++state_->totals.lost_total;
  state_->policy.lost_taken(sandbox_class, base::Clock::now());
  if (state_->observer != nullptr) state_->observer->on_lost(sandbox_class.image);
}

asio::awaitable<void> SandboxPool::shut_down(base::CallBounds bounds) {
  const auto state = state_;
  state->started = false;
  state->stop.request_stop();
  for (const auto& [id, slot] : state->slots) slot->stop.request_stop();
  state->slots.clear();
  if (state->tasks == 0) co_return;
  state->idle = std::make_unique<base::Event>(state->executor);
  co_await state->idle->wait(bounds);
}

PoolCounts SandboxPool::counts() const {
  PoolCounts counts = state_->totals;
  counts.ready = state_->policy.ready();
  counts.warming = state_->policy.warming();
  counts.target = state_->policy.target();
  counts.classes = state_->policy.classes().size();
  counts.running = state_->load.running;
  counts.breaker = state_->policy.breaker(base::Clock::now());
  counts.created_total = state_->context.created;
  return counts;
}

}  // namespace sallyport::runners

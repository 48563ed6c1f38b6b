#include "runners/kept_sandboxes.hpp"

#include "base/event.hpp"
#include "runners/seconds.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <chrono>
#include <list>
#include <stop_token>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

/// For the agent to end what a submission left, and to empty its folders.
constexpr std::chrono::seconds kCleanTime{5};
/// A submission waits no longer for that than a cold start would take.
constexpr std::chrono::milliseconds kPatience{300};

}  // namespace

struct KeptSandboxes::Entry {
  Entry(std::string owner_in, std::unique_ptr<GVisorSandbox> sandbox_in,
        const asio::any_io_executor& executor)
      : owner(std::move(owner_in)), sandbox(std::move(sandbox_in)), settled(executor), watched(executor) {}

  std::string owner;
  std::unique_ptr<GVisorSandbox> sandbox;
  base::Event settled;  ///< The cleaning has ended, well or not.
  base::Event watched;  ///< The watch has ended: nobody reads the stream any more.
  bool usable = false;
  std::stop_source stop;
};

// Shared with the tasks, which may be under way when the owner has given up waiting for them.
struct KeptSandboxes::State {
  explicit State(GVisorContext& context_in)
      : context(context_in), executor(context_in.dependencies.executor) {}

  GVisorContext& context;
  asio::any_io_executor executor;
  std::list<std::shared_ptr<Entry>> entries;  ///< Longest unused first; at most `reuse_max_sandboxes`.
  std::uint64_t reused = 0;
  bool stopped = false;
  std::size_t tasks = 0;
  std::unique_ptr<base::Event> idle;  ///< Set when the last task has ended.

  /// Whether it was still there.
  bool drop(const std::shared_ptr<Entry>& entry) {
    const auto found = std::find(entries.begin(), entries.end(), entry);
    if (found == entries.end()) return false;
    entries.erase(found);
    return true;
  }
};

KeptSandboxes::KeptSandboxes(GVisorContext& context) : state_(std::make_shared<State>(context)) {}

KeptSandboxes::~KeptSandboxes() {
  for (const auto& entry : state_->entries) entry->stop.request_stop();
}

bool KeptSandboxes::permits(const Job& job) const {
  return state_->context.runner.reuse == "user" && !job.owner.empty() && !job.limits.enable_network;
}

asio::awaitable<std::unique_ptr<GVisorSandbox>> KeptSandboxes::take(std::string owner,
                                                                    SandboxClass sandbox_class) {
  const auto state = state_;
  const base::CallBounds patience(base::Deadline::after(kPatience));
  while (true) {
    const auto fits = [&](const std::shared_ptr<Entry>& each) {
      return each->owner == owner && each->sandbox->sandbox_class() == sandbox_class;
    };
    const auto found = std::find_if(state->entries.begin(), state->entries.end(), fits);
    if (found == state->entries.end()) co_return nullptr;
    const std::shared_ptr<Entry> entry = *found;
    state->entries.erase(found);  // Nobody else gets it.
    const base::WaitStatus waited = co_await entry->settled.wait(patience);
    entry->stop.request_stop();
    const base::CallBounds stopping(base::Deadline::never());  // What was asked to stop does so at once.
    co_await entry->watched.wait(stopping);
    if (waited == base::WaitStatus::ready && entry->usable) {
      ++state->reused;
      co_return std::move(entry->sandbox);
    }
  }
}

void KeptSandboxes::give_back(std::string owner, std::unique_ptr<GVisorSandbox> sandbox, std::string early) {
  const config::Runner& runner = state_->context.runner;
  if (state_->stopped || sandbox->jobs >= runner.reuse_max_jobs) return;
  if (base::Clock::now() - sandbox->born() >= milliseconds_of(runner.reuse_max_age_seconds)) return;
  while (!state_->entries.empty() && state_->entries.size() >= runner.reuse_max_sandboxes) {
    state_->entries.front()->stop.request_stop();
    state_->entries.pop_front();
  }
  auto entry = std::make_shared<Entry>(std::move(owner), std::move(sandbox), state_->executor);
  state_->entries.push_back(entry);
  ++state_->tasks;
  asio::co_spawn(state_->executor, tend(state_, std::move(entry), std::move(early)), asio::detached);
}

asio::awaitable<void> KeptSandboxes::tend(std::shared_ptr<State> state, std::shared_ptr<Entry> entry,
                                          std::string early) {
  const config::Runner& runner = state->context.runner;
  const base::CallBounds cleaning(base::Deadline::after(kCleanTime), entry->stop.get_token());
  entry->usable = co_await entry->sandbox->await_next(std::move(early), cleaning);
  entry->settled.set();
  if (entry->usable && !entry->stop.stop_requested()) {
    const auto of_age = entry->sandbox->born() + milliseconds_of(runner.reuse_max_age_seconds);
    const auto unused = base::Clock::now() + milliseconds_of(runner.reuse_idle_seconds);
    const base::CallBounds waiting(base::Deadline::at(std::min(of_age, unused)), entry->stop.get_token());
    entry->usable = co_await entry->sandbox->watch(waiting);
  }
  // Still in its place: not taken, so its time is over, or it is spoilt.
  state->drop(entry);
  entry->watched.set();
  entry.reset();
  if (--state->tasks == 0 && state->idle) state->idle->set();
}

asio::awaitable<void> KeptSandboxes::shut_down(base::CallBounds bounds) {
  const auto state = state_;
  state->stopped = true;
  for (const auto& entry : state->entries) entry->stop.request_stop();
  state->entries.clear();
  if (state->tasks == 0) co_return;
  state->idle = std::make_unique<base::Event>(state->executor);
  co_await state->idle->wait(bounds);
}

std::size_t KeptSandboxes::count() const {
  return state_->entries.size();
}

std::uint64_t KeptSandboxes::reused_total() const {
  return state_->reused;
}

}  // namespace sallyport::runners

#include "runners/container_reaper.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace sallyport::runners {

// Shared with the tasks, which may be under way when the reaper's owner has given up waiting for them.
struct ContainerReaper::State {
  State(asio::any_io_executor executor_in, docker::Client& client_in, InstanceIdentity identity_in,
        ReaperOptions options_in, ReaperLog log_in)
      : executor(std::move(executor_in)),
        client(client_in),
        identity(std::move(identity_in)),
        options(options_in),
        log(std::move(log_in)) {}

  asio::any_io_executor executor;
  docker::Client& client;
  InstanceIdentity identity;
  ReaperOptions options;
  ReaperLog log;
  ReaperCounts counts;
  std::unordered_set<std::string>
      claimed;  // By name, from before the create until the removal succeeded or failed.
  std::stop_source stop;
  std::stop_source hurry;  // Removals begin at once, and no further sweep begins.
  std::size_t tasks = 0;
  // Set when there is no removal under way, and no task at all; replaced when work begins again.
  std::unique_ptr<base::Event> drained;
  std::unique_ptr<base::Event> idle;

  [[nodiscard]] bool is_claimed(const docker::ContainerSummary& container) const {
    if (claimed.contains(container.id)) return true;
    return std::any_of(container.names.begin(), container.names.end(), [this](const std::string& name) {
      // The engine writes names with a leading slash.
      return claimed.contains(name.starts_with('/') ? name.substr(1) : name);
    });
  }
  void removal_began() {
    ++tasks;
    if (counts.pending++ == 0) drained = std::make_unique<base::Event>(executor);
  }
  void removal_ended() {
    if (--counts.pending == 0) drained->set();
    task_ended();
  }
  void task_ended() {
    if (--tasks == 0 && idle) idle->set();
  }
};

ContainerReaper::ContainerReaper(asio::any_io_executor executor, docker::Client& client,
                                 InstanceIdentity identity, ReaperOptions options, ReaperLog log)
    : state_(std::make_shared<State>(std::move(executor), client, std::move(identity), options,
                                     std::move(log))) {}

ContainerReaper::~ContainerReaper() {
  state_->stop.request_stop();
}

void ContainerReaper::claim(const std::string& name) {
  state_->claimed.insert(name);
}

void ContainerReaper::remove(std::string name, std::optional<docker::AttachedStream> stream) {
  state_->claimed.insert(name);
  state_->removal_began();
  asio::co_spawn(state_->executor, remove_one(state_, std::move(name), std::move(stream)), asio::detached);
}

base::Event ContainerReaper::kill(std::string id, base::Deadline deadline) {
  ++state_->tasks;
  base::Event answered(state_->executor);
  asio::co_spawn(state_->executor, kill_one(state_, std::move(id), deadline, answered), asio::detached);
  return answered;
}

asio::awaitable<void> ContainerReaper::kill_one(std::shared_ptr<State> state, std::string id,
                                                base::Deadline deadline, base::Event answered) {
  const base::CallBounds bounds(deadline, state->stop.get_token());
  // An error is no matter: what has ended already cannot be killed, and what cannot be killed is noticed by
  // the streams that do not end.
  static_cast<void>(co_await state->client.kill(id, "SIGKILL", bounds));
  answered.set();
  state->task_ended();
}

asio::awaitable<void> ContainerReaper::remove_one(std::shared_ptr<State> state, std::string name,
                                                  std::optional<docker::AttachedStream> stream) {
  if (stream) {
    const base::CallBounds burst(base::Deadline::after(state->options.settle), state->hurry.get_token());
    co_await base::sleep(burst);
    stream.reset();
  }
  const base::CallBounds nap(base::Deadline::after(state->options.settle), state->hurry.get_token());
  co_await base::sleep(nap);
  const base::CallBounds bounds(base::Deadline::after(state->options.remove_timeout),
                                state->stop.get_token());
  const auto removed = co_await state->client.remove(name, bounds);
  if (removed) {
    ++state->counts.removed;
  } else {
    ++state->counts.failed;
    state->log("container " + name +
               " could not be removed; a sweep will try again: " + removed.error().to_string());
  }
  // Unclaimed either way: what is still there is the sweep's.
  state->claimed.erase(name);
  state->removal_ended();
}

asio::awaitable<docker::Result<std::size_t>> ContainerReaper::remove_orphans(base::CallBounds bounds) {
  const auto state = state_;
  docker::Labels labels{{kInstanceLabel, state->identity.instance}};
  const auto listed = co_await state->client.list_containers(std::move(labels), bounds);
  if (!listed) co_return listed.error();
  std::vector<std::string> orphans;
  for (const docker::ContainerSummary& container : *listed) {
    const auto run = container.labels.find(kRunLabel);
    if (run == container.labels.end() || run->second != state->identity.run) orphans.push_back(container.id);
  }
  for (const std::string& id : orphans) remove(id);

  // A wedged removal must not hold up the start for longer than the caller allows; the sweep tries it again.
  if (!orphans.empty()) co_await state->drained->wait(bounds);
  co_return orphans.size();
}

void ContainerReaper::start_sweeping() {
  ++state_->tasks;
  asio::co_spawn(state_->executor, sweep_forever(state_), asio::detached);
}

asio::awaitable<void> ContainerReaper::sweep_forever(std::shared_ptr<State> state) {
  while (!state->hurry.stop_requested()) {
    const base::CallBounds nap(base::Deadline::after(state->options.sweep_interval),
                               state->hurry.get_token());
    if (co_await base::sleep(nap) == base::WaitStatus::stopped) break;
    co_await sweep_once(state, std::nullopt);
  }
  state->task_ended();
}

asio::awaitable<void> ContainerReaper::sweep_once(std::shared_ptr<State> state,
                                                  std::optional<base::Deadline> until) {
  const auto bounds_of = [&](std::chrono::milliseconds timeout) {
    return base::CallBounds(until.value_or(base::Deadline::after(timeout)), state->stop.get_token());
  };
  const base::CallBounds bounds = bounds_of(state->options.list_timeout);
  docker::Labels labels{{kInstanceLabel, state->identity.instance}};
  const auto listed = co_await state->client.list_containers(std::move(labels), bounds);
  if (!listed) {
    state->log("sweep: " + listed.error().to_string());
    co_return;
  }
  for (const docker::ContainerSummary& container : *listed) {
    if (state->is_claimed(container)) continue;
    // One after the other: what a sweep finds is what was slow or stuck before.
    const base::CallBounds removal = bounds_of(state->options.remove_timeout);
    const auto removed = co_await state->client.remove(container.id, removal);
    if (removed) {
      ++state->counts.swept;
      state->log("sweep: removed container " + container.id);
    } else {
      state->log("sweep: container " + container.id + ": " + removed.error().to_string());
    }
  }
}

asio::awaitable<void> ContainerReaper::shut_down(base::CallBounds bounds) {
  const auto state = state_;
  state->hurry.request_stop();
  // Removals get what time there is; only then are they, and the sweep, cut.
  if (state->counts.pending > 0) co_await state->drained->wait(bounds);
  if (state->counts.failed > 0 && !bounds.deadline.expired()) co_await sweep_once(state, bounds.deadline);
  state->stop.request_stop();
  if (state->tasks > 0) {
    state->idle = std::make_unique<base::Event>(state->executor);
    // What was cut returns at once; the bound is against a fault of our own.
    const base::CallBounds last(base::Deadline::after(std::chrono::seconds(5)));
    co_await state->idle->wait(last);
  }
}

void ContainerReaper::log(const std::string& message) const {
  state_->log(message);
}

ReaperCounts ContainerReaper::counts() const {
  return state_->counts;
}

}  // namespace sallyport::runners

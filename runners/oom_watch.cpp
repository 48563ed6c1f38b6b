#include "runners/oom_watch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>
#include <stop_token>
#include <unordered_map>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

/// Between a subscription that ended and the next: an engine that restarts needs about this long.
constexpr std::chrono::seconds kPause{1};
constexpr std::chrono::seconds kSubscribeTime{20};

}  // namespace

// Shared with the task, which may be under way when the watch's owner has given up waiting for it.
struct OomWatch::State {
  State(asio::any_io_executor executor_in, docker::Client& client_in, InstanceIdentity identity_in)
      : executor(std::move(executor_in)),
        client(client_in),
        identity(std::move(identity_in)),
        ended(executor) {}

  asio::any_io_executor executor;
  docker::Client& client;
  InstanceIdentity identity;
  // By container id; set when its kill is reported. Shared with who waits, since `forget` may come first.
  std::unordered_map<std::string, std::shared_ptr<base::Event>> expected;
  std::stop_source stop;
  bool listening = false;
  base::Event ended;
};

OomWatch::OomWatch(asio::any_io_executor executor, docker::Client& client, InstanceIdentity identity)
    : state_(std::make_shared<State>(std::move(executor), client, std::move(identity))) {}

OomWatch::~OomWatch() {
  state_->stop.request_stop();
}

void OomWatch::expect(const std::string& container_id) {
  state_->expected.emplace(container_id, std::make_shared<base::Event>(state_->executor));
  if (state_->listening || state_->stop.stop_requested()) return;
  state_->listening = true;
  asio::co_spawn(state_->executor, listen_forever(state_), asio::detached);
}

void OomWatch::forget(const std::string& container_id) {
  state_->expected.erase(container_id);
}

bool OomWatch::has_reported(const std::string& container_id) const {
  const auto found = state_->expected.find(container_id);
  return found != state_->expected.end() && found->second->is_set();
}

asio::awaitable<bool> OomWatch::reported(std::string container_id, base::CallBounds bounds) {
  const auto found = state_->expected.find(container_id);
  if (found == state_->expected.end()) co_return false;
  const std::shared_ptr<base::Event> killed = found->second;
  co_return co_await killed->wait(std::move(bounds)) == base::WaitStatus::ready;
}

asio::awaitable<void> OomWatch::listen_forever(std::shared_ptr<State> state) {
  while (!state->stop.stop_requested()) {
    co_await listen(state);
    const base::CallBounds pause(base::Deadline::after(kPause), state->stop.get_token());
    co_await base::sleep(pause);
  }
  state->ended.set();
}

asio::awaitable<void> OomWatch::listen(std::shared_ptr<State> state) {
  docker::EventFilter filter({{kRunLabel, state->identity.run}}, {"oom"});
  const base::CallBounds subscribe(base::Deadline::after(kSubscribeTime), state->stop.get_token());
  auto events = co_await state->client.events(std::move(filter), subscribe);
  if (!events) co_return;  // The engine's absence is told by the runs themselves.
  while (true) {
    const base::CallBounds forever(base::Deadline::never(), state->stop.get_token());
    const auto event = co_await events->next(forever);
    if (!event || !*event) co_return;
    const auto found = state->expected.find((*event)->actor_id);
    if (found != state->expected.end()) found->second->set();
  }
}

asio::awaitable<void> OomWatch::shut_down(base::CallBounds bounds) {
  const auto state = state_;
  state->stop.request_stop();
  if (state->listening) co_await state->ended.wait(std::move(bounds));
}

}  // namespace sallyport::runners

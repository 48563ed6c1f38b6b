#include "broker/cli/assembly.hpp"

#include "broker/execution_id.hpp"

#include <cmath>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::broker::cli {
namespace {

docker::ClientOptions client_options(const config::Engine& engine, docker::CallObserver on_call) {
  docker::ClientOptions options;
  options.socket_path = engine.socket;
  options.max_connections = engine.max_connections;
  options.on_call = std::move(on_call);
  return options;
}

runners::ReaperOptions reaper_options(const config::Engine& engine) {
  runners::ReaperOptions options;
  options.remove_timeout = milliseconds_of(engine.remove_timeout_seconds);
  options.list_timeout = milliseconds_of(engine.call_timeout_seconds);
  return options;
}

}  // namespace

std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000.0));
}

Assembly::Assembly(const config::Config& config, runners::ReaperLog log, docker::CallObserver on_call)
    : config_(config),
      client_(context_.get_executor(), client_options(config.engine, std::move(on_call))),
      images_(config.images.record),
      identity_{config.instance.name, new_execution_id()},
      reaper_(context_.get_executor(), client_, identity_, reaper_options(config.engine), std::move(log)),
      runner_(runners::GVisorRunnerDependencies{context_.get_executor(), client_, images_, reaper_,
                                                runners::random_nonce, workers_.get_executor()},
              config.runner, config.engine, identity_),
      policies_(config.policies.folder),
      first_door_(policies_) {}

base::CallBounds Assembly::call_bounds() const {
  return base::CallBounds(base::Deadline::after(milliseconds_of(config_.engine.call_timeout_seconds)));
}

void Assembly::warm_up(runners::PoolObserver& observer) {
  const config::SandboxLimits& normal = config_.sandbox.defaults;
  // What a sandbox has from its start on; the rest comes with each submission.
  runners::Limits limits;
  limits.max_memory_mb = normal.max_memory_mb;
  limits.cpus = normal.cpus;
  limits.max_file_mb = normal.max_file_mb;
  limits.max_processes = normal.max_processes;
  limits.enable_network = normal.enable_network;
  runner_.warm_up(config_.images.default_image, limits, &observer);
}

void Assembly::clean_up() {
  auto shut_down = [this]() -> asio::awaitable<bool> {
    const base::CallBounds bounds(
        base::Deadline::after(milliseconds_of(config_.engine.remove_timeout_seconds)));
    co_await runner_.shut_down(bounds);
    co_return true;
  };
  await(shut_down());
}

}  // namespace sallyport::broker::cli

// The composition root: everything between a configuration and a runner.
#pragma once

#include "base/run_to_end.hpp"
#include "broker/cli/image_index.hpp"
#include "broker/first_door.hpp"
#include "broker/policies.hpp"
#include "config/config.hpp"
#include "docker/client.hpp"
#include "runners/container_reaper.hpp"
#include "runners/gvisor_runner.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <utility>

namespace sallyport::broker::cli {

/// The engine's client and the runner over it, on an io_context of one thread. `serve`, `run`, `images` and
/// `doctor` all work on one of these.
class Assembly {
 public:
  /// `on_call` hears of the calls to the engine; may be empty.
  Assembly(const config::Config& config, runners::ReaperLog log, docker::CallObserver on_call = {});

  boost::asio::io_context& context() { return context_; }
  docker::Client& client() { return client_; }
  ImageIndex& images() { return images_; }
  runners::ContainerReaper& reaper() { return reaper_; }
  runners::Runner& runner() { return runner_; }
  runners::SessionOpener& sessions() { return runner_; }
  /// Those that are shipped; `load` adds the configured folder's.
  Policies& policies() { return policies_; }
  /// The layers that this broker has. `output_door` has rules that the logs are filtered by too, so it is
  /// made before them.
  [[nodiscard]] Doors doors(const OutputDoor& output_door) const {
    Doors doors;
    doors.first = &first_door_;
    doors.output = &output_door;
    return doors;
  }
  /// For work that would hold up the io_context; and for what is short, but much.
  boost::asio::any_io_executor workers() { return workers_.get_executor(); }
  boost::asio::any_io_executor short_workers() { return short_workers_.get_executor(); }

  /// Runs `task` to its end on this thread. For commands that do one thing after another.
  template <class T>
  T await(boost::asio::awaitable<T> task) {
    return base::run_to_end(context_, std::move(task));
  }

  /// Keeps sandboxes warm for submissions that ask for nothing special, as configured. For `serve`.
  /// `observer` must outlive the runner.
  void warm_up(runners::PoolObserver& observer);
  [[nodiscard]] runners::PoolCounts pool_counts() const { return runner_.pool_counts(); }

  /// Waits until every container that was used is removed.
  void clean_up();

  /// Bounds of one call, as configured.
  [[nodiscard]] base::CallBounds call_bounds() const;

 private:
  config::Config config_;
  boost::asio::io_context context_{1};
  boost::asio::thread_pool workers_{1};
  boost::asio::thread_pool short_workers_{1};
  docker::Client client_;
  ImageIndex images_;
  runners::InstanceIdentity identity_;
  runners::ContainerReaper reaper_;
  runners::GVisorRunner runner_;
  Policies policies_;
  PythonFirstDoor first_door_;
};

/// Milliseconds of a configured number of seconds.
[[nodiscard]] std::chrono::milliseconds milliseconds_of(double seconds);

}  // namespace sallyport::broker::cli

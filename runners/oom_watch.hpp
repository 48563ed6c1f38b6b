// Hears from the engine which containers the kernel's memory limit killed.
#pragma once

#include "base/deadline.hpp"
#include "base/event.hpp"
#include "docker/client.hpp"
#include "runners/container_spec.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace sallyport::runners {

/// One subscription to the engine's "oom" events for all containers of this run. It is further evidence
/// beside the container's own state: Docker 20.10 fixes "OOMKilled" when the exit arrives, and under load the
/// kernel's report of the kill arrives after it (moby: daemon/monitor.go), so that the state never tells.
///
/// It subscribes when the first container is expected, and again after a failure.
///
/// Thread-safety: the executor's one thread. Destroy it only after `shut_down`.
class OomWatch {
 public:
  OomWatch(boost::asio::any_io_executor executor, docker::Client& client, InstanceIdentity identity);
  ~OomWatch();
  OomWatch(const OomWatch&) = delete;
  OomWatch& operator=(const OomWatch&) = delete;

  /// From now on reports about this container are kept, until `forget`.
  void expect(const std::string& container_id);
  void forget(const std::string& container_id);

  /// Waits until a kill of this container is reported, at most within `bounds`; whether it was. The container
  /// must be expected.
  boost::asio::awaitable<bool> reported(std::string container_id, base::CallBounds bounds);

  /// Whether it has been reported so far.
  [[nodiscard]] bool has_reported(const std::string& container_id) const;

  /// Ends the subscription.
  boost::asio::awaitable<void> shut_down(base::CallBounds bounds);

 private:
  struct State;

  static boost::asio::awaitable<void> listen_forever(std::shared_ptr<State> state);
  static boost::asio::awaitable<void> listen(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace sallyport::runners

// Runs each submission in a gVisor container of its own.
#pragma once

#include "config/config.hpp"
#include "docker/client.hpp"
#include "runners/container_reaper.hpp"
#include "runners/container_spec.hpp"
#include "runners/guest_protocol.hpp"
#include "runners/image_resolver.hpp"
#include "runners/pool_observer.hpp"
#include "runners/runner.hpp"
#include "runners/session.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sallyport::runners {

/// What a GVisorRunner is made from. Everything referred to must outlive it.
struct GVisorRunnerDependencies {
  boost::asio::any_io_executor executor;
  docker::Client& client;
  const ImageResolver& images;
  ContainerReaper& reaper;
  std::function<Nonce()> make_nonce;  ///< From the system's random source; tests own theirs.
  /// Where large jobs are written and large reports read, which must not hold others up; empty: on the
  /// executor's thread.
  boost::asio::any_io_executor workers = {};
};

/// The Runner over the Docker Engine and runsc. One container a submission, from the warm pool or started for
/// it; the removal happens behind it, in the reaper.
class GVisorRunner final : public Runner, public SessionOpener {
 public:
  GVisorRunner(GVisorRunnerDependencies dependencies, config::Runner runner, config::Engine engine,
               InstanceIdentity identity);
  ~GVisorRunner() override;
  GVisorRunner(const GVisorRunner&) = delete;
  GVisorRunner& operator=(const GVisorRunner&) = delete;

  /// Begins to keep warm sandboxes, from now on some for submissions in `image` with `limits`. Without it
  /// every run is cold. `observer` may be null; it must outlive the runner.
  void warm_up(std::string image, const Limits& limits, PoolObserver* observer);

  /// Cheap; for metrics.
  [[nodiscard]] PoolCounts pool_counts() const;

  boost::asio::awaitable<Outcome> run(Job job, OutputSink* sink, base::CallBounds bounds) override;
  /// The session must end before the runner is shut down.
  boost::asio::awaitable<OpenedSession> open_session(SessionSpec spec, base::CallBounds bounds) override;
  boost::asio::awaitable<Health> check(std::string image, base::CallBounds bounds) override;
  boost::asio::awaitable<void> shut_down(base::CallBounds bounds) override;

 private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

/// `kNonceStart`, and 15 bytes from the system's random source.
[[nodiscard]] Nonce random_nonce();

}  // namespace sallyport::runners

// The sandboxes that wait for submissions. Private to GVisorRunner.
#pragma once

#include "base/deadline.hpp"
#include "runners/gvisor_sandbox.hpp"
#include "runners/pool_observer.hpp"
#include "runners/pool_policy.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace sallyport::runners {

/// Does what PoolPolicy plans: starts sandboxes, watches those that wait, gives each to one submission.
///
/// Nothing is started before `start`. The sandboxes are claimed from the reaper like any other, so no sweep
/// takes them for orphans.
///
/// Thread-safety: the executor's one thread. Destroy it only after `shut_down`.
class SandboxPool {
 public:
  /// A submission that waits for the start of a sandbox of its own: refills step back.
  class ColdStart {
   public:
    explicit ColdStart(SandboxPool& pool);
    ~ColdStart();
    ColdStart(const ColdStart&) = delete;
    ColdStart& operator=(const ColdStart&) = delete;

   private:
    SandboxPool& pool_;
  };

  /// A submission that is in a sandbox or waits for one: refills go slowly.
  class Running {
   public:
    explicit Running(SandboxPool& pool);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    SandboxPool& pool_;
  };

  /// `context` must outlive it.
  explicit SandboxPool(GVisorContext& context);
  ~SandboxPool();
  SandboxPool(const SandboxPool&) = delete;
  SandboxPool& operator=(const SandboxPool&) = delete;

  /// Begins to keep sandboxes for submissions in `image` with `limits`, whether there are any or not. Does
  /// nothing where the configuration has no pool. `observer` may be null; it must outlive the pool.
  void start(std::string image, const Limits& limits, PoolObserver* observer);

  /// A sandbox for exactly these limits, prepared and unused, or null. O(1); it costs no engine call.
  boost::asio::awaitable<std::unique_ptr<GVisorSandbox>> take(std::string image, std::string digest,
                                                              const Limits& limits);

  /// A submission's own start, of a sandbox that could have been `sandbox_class`, has ended well.
  void note_cold_success(const SandboxClass& sandbox_class);

  /// A sandbox that `take` gave was dead before it got its job.
  void note_lost(const SandboxClass& sandbox_class);

  /// Gives up what is being started and hands all that waits to the reaper, at most within `bounds`.
  boost::asio::awaitable<void> shut_down(base::CallBounds bounds);

  [[nodiscard]] PoolCounts counts() const;

 private:
  struct State;
  struct Slot;

  static boost::asio::awaitable<void> tend(std::shared_ptr<State> state);
  static boost::asio::awaitable<void> warm(std::shared_ptr<State> state, SandboxClass sandbox_class);
  static boost::asio::awaitable<void> watch(std::shared_ptr<State> state, std::shared_ptr<Slot> slot);

  std::shared_ptr<State> state_;
};

}  // namespace sallyport::runners

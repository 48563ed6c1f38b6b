// Sandboxes that are kept for further submissions of the same owner. Private to GVisorRunner.
#pragma once

#include "base/deadline.hpp"
#include "runners/gvisor_sandbox.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace sallyport::runners {

/// Off unless `runner.reuse` says otherwise. A sandbox that ran a submission of one owner waits for the next
/// one of that owner and of the same class, and of nobody else, within bounds of number, age, jobs and idle
/// time. When there are too many, the one that has waited longest goes.
///
/// Thread-safety: the executor's one thread. Destroy it only after `shut_down`.
class KeptSandboxes {
 public:
  /// `context` must outlive it.
  explicit KeptSandboxes(GVisorContext& context);
  ~KeptSandboxes();
  KeptSandboxes(const KeptSandboxes&) = delete;
  KeptSandboxes& operator=(const KeptSandboxes&) = delete;

  /// Whether this job's sandbox may serve others after it. Never with network: what a job leaves running
  /// could reach somebody.
  [[nodiscard]] bool permits(const Job& job) const;

  /// A sandbox of this owner and class that is clean, or null. One that is being cleaned is waited for,
  /// shortly.
  boost::asio::awaitable<std::unique_ptr<GVisorSandbox>> take(std::string owner, SandboxClass sandbox_class);

  /// Keeps a sandbox whose job has just reported, or hands it to the reaper. `early` is what its stdout has
  /// had behind the report.
  void give_back(std::string owner, std::unique_ptr<GVisorSandbox> sandbox, std::string early);

  /// Hands all of them to the reaper, at most within `bounds`.
  boost::asio::awaitable<void> shut_down(base::CallBounds bounds);

  [[nodiscard]] std::size_t count() const;
  /// Submissions that a kept sandbox has served.
  [[nodiscard]] std::uint64_t reused_total() const;

 private:
  struct State;
  struct Entry;

  static boost::asio::awaitable<void> tend(std::shared_ptr<State> state, std::shared_ptr<Entry> entry,
                                           std::string early);

  std::shared_ptr<State> state_;
};

}  // namespace sallyport::runners

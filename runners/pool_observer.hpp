// What the warm pool tells of itself, for metrics.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sallyport::runners {

/// Whether refills are tried. `open`: the engine has failed several times in a row, and nothing is tried
/// before the back-off has passed. `half_open`: it has passed, and one start decides.
enum class Breaker { closed, open, half_open };

[[nodiscard]] const char* to_string(Breaker breaker);

/// A snapshot. The totals only ever grow; the others are of this moment.
struct PoolCounts {
  std::size_t ready = 0;    ///< Sandboxes that wait for a job.
  std::size_t warming = 0;  ///< Sandboxes that are being started for the pool.
  std::size_t target = 0;   ///< What `ready` and `warming` together are led to.
  std::size_t classes = 0;  ///< Classes (image, size) that the pool keeps account of.
  std::size_t running = 0;  ///< Submissions that are in a sandbox, or wait for its start.
  std::size_t kept = 0;     ///< Sandboxes that wait for another job of their owner (`runner.reuse`).
  Breaker breaker = Breaker::closed;

  std::uint64_t created_total = 0;          ///< Sandboxes, cold and warm; `ReaperCounts` has the removed.
  std::uint64_t warm_total = 0;             ///< Submissions that a waiting sandbox served.
  std::uint64_t reused_total = 0;           ///< Submissions that a sandbox of their owner served again.
  std::uint64_t cold_total = 0;             ///< Submissions for which one was started.
  std::uint64_t refills_total = 0;          ///< Sandboxes started for the pool.
  std::uint64_t refill_failures_total = 0;  ///< Those that did not come up.
  std::uint64_t lost_total = 0;             ///< Died or spoke while they waited.
  std::uint64_t recycled_total = 0;         ///< Removed for their age.
  std::uint64_t surplus_total = 0;          ///< Removed because nobody asked any more, or the image changed.
};

/// Hears of events that counters cannot tell. Called on the executor's thread; must not block or throw.
class PoolObserver {
 public:
  virtual ~PoolObserver() = default;

  /// A start for the pool has ended, after `duration`, with a sandbox that waits or (`ok` false) without.
  virtual void on_refill(const std::string& image, std::chrono::nanoseconds duration, bool ok) = 0;
  /// A sandbox was lost while it waited; it is replaced.
  virtual void on_lost(const std::string& image) = 0;
};

}  // namespace sallyport::runners

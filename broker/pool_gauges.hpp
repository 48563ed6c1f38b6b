// The state of the warm pool, as far as the metrics show it.
#pragma once

#include <cstdint>

namespace sallyport::broker {

struct PoolSnapshot {
  // Sandboxes now.
  std::uint64_t warming = 0;  ///< Being made.
  std::uint64_t ready = 0;    ///< Waiting for a submission.
  std::uint64_t busy = 0;     ///< Running one.
  std::uint64_t target = 0;   ///< How many shall be ready.
  // Since the start.
  std::uint64_t taken_warm = 0;  ///< Submissions that found a sandbox ready.
  std::uint64_t taken_cold = 0;  ///< Those that did not.
  std::uint64_t refills = 0;     ///< Sandboxes that became ready.
  std::uint64_t refill_failures = 0;
  double refill_seconds = 0;         ///< What those that became ready took, together.
  std::uint64_t died_idle = 0;       ///< Ended by themselves while they waited.
  std::uint64_t recycled = 0;        ///< Removed for their age or their image.
  std::uint64_t breaker_opened = 0;  ///< Times that refilling was suspended because the engine failed.
};

/// Declared by the broker, which shows it; implemented by whoever keeps the pool. Called on the executor's
/// one thread; must not block.
class PoolGauges {
 public:
  virtual ~PoolGauges() = default;
  [[nodiscard]] virtual PoolSnapshot snapshot() const = 0;
};

}  // namespace sallyport::broker

// When a webhook that was not taken is sent again.
#pragma once

#include <chrono>
#include <cstdint>

namespace sallyport::broker::webhooks {

/// Exponential back-off with jitter: the wait doubles up to a bound, and a random half of it is taken off, so
/// that what failed together does not come back together.
struct RetrySchedule {
  std::chrono::milliseconds first{5'000};
  std::chrono::milliseconds longest{3'600'000};

  /// After `attempts` (from 1) have failed. `random`: any number, evenly distributed.
  [[nodiscard]] std::chrono::milliseconds wait_after(unsigned attempts, std::uint64_t random) const;
};

}  // namespace sallyport::broker::webhooks

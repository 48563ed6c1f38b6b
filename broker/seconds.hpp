// Seconds of the configuration as durations.
#pragma once

#include "base/deadline.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport::broker {

/// Bounded to a day, so that no configured number overflows a deadline.
[[nodiscard]] inline base::Clock::duration seconds(double value) {
  const std::chrono::duration<double> bounded(std::clamp(value, 0.0, 86'400.0));
  return std::chrono::duration_cast<base::Clock::duration>(bounded);
}

}  // namespace sallyport::broker

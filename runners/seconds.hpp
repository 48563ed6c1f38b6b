// Configured seconds as durations.
#pragma once

#include <chrono>
#include <cmath>

namespace sallyport::runners {

[[nodiscard]] inline std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000.0));
}

}  // namespace sallyport::runners

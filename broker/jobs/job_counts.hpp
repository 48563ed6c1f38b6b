// What jobs tell the metrics.
#pragma once

#include "broker/store/values.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace sallyport::broker {

/// Of this broker, but for `queued`, which is of all that share the store, as of a few seconds ago.
struct JobCounts {
  std::uint64_t queued = 0;
  std::uint64_t running = 0;
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, store::kJobStates>
      ended{};                  ///< By how; of those that ended, or were ended, here.
  std::uint64_t put_back = 0;   ///< Not served, and queued again.
  std::uint64_t reclaimed = 0;  ///< Of brokers that fell silent.
  std::uint64_t store_errors = 0;
};

}  // namespace sallyport::broker

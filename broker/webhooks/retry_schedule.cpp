#include "broker/webhooks/retry_schedule.hpp"

#include <algorithm>

namespace sallyport::broker::webhooks {

std::chrono::milliseconds RetrySchedule::wait_after(unsigned attempts, std::uint64_t random) const {
  std::int64_t wait = std::min(first, longest).count();
  for (unsigned i = 1; i < attempts && wait < longest.count(); ++i)
    wait = std::min(wait * 2, longest.count());
  const std::int64_t half = wait / 2;
  return std::chrono::milliseconds(wait -
                                   static_cast<std::int64_t>(random % static_cast<std::uint64_t>(half + 1)));
}

}  // namespace sallyport::broker::webhooks

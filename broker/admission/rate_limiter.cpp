#include "broker/admission/rate_limiter.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport::broker {
namespace {

/// Full buckets that a call clears away, so that after a burst of names the memory goes back bit by bit.
constexpr std::size_t kDroppedPerCall = 2;

}  // namespace

RateLimiter::RateLimiter(RateLimits limits) : limits_(limits) {
  limits_.burst = std::max<std::uint64_t>(limits_.burst, 1);
  if (unlimited()) return;
  const std::chrono::duration<double> interval(60 / limits_.per_minute);
  interval_ = std::chrono::duration_cast<base::Clock::duration>(interval);
}

/// The name's own bucket where it has one or can get one, else its group's. A name has a separator in front,
/// so that none is a group.
std::string RateLimiter::bucket_of(std::string_view group, std::string_view name) const {
  std::string own(group);
  own += '\0';
  own += name;
  if (buckets_.contains(own)) return own;
  if (buckets_.size() < limits_.max_tracked) return own;
  own.resize(group.size());
  return own;
}

void RateLimiter::drop_full(Time now, std::size_t most) {
  for (; most > 0 && !by_time_.empty() && by_time_.begin()->first <= now; --most) {
    const std::string* const name = by_time_.begin()->second;
    by_time_.erase(by_time_.begin());
    buckets_.erase(buckets_.find(*name));
  }
}

base::Clock::duration RateLimiter::wait(std::string_view group, std::string_view name, Time now) {
  if (unlimited()) return {};
  drop_full(now, kDroppedPerCall);
  const auto found = buckets_.find(bucket_of(group, name));
  const Time full = found == buckets_.end() ? now : std::max(found->second, now);
  return full - now - interval_ * static_cast<std::int64_t>(limits_.burst - 1);
}

void RateLimiter::take(std::string_view group, std::string_view name, Time now) {
  if (unlimited()) return;
  std::string bucket = bucket_of(group, name);
  if (bucket.size() == group.size()) ++shared_;
  const auto [found, is_new] = buckets_.try_emplace(std::move(bucket), now);
  if (!is_new) by_time_.erase({found->second, &found->first});
  found->second = std::max(found->second, now) + interval_;
  by_time_.emplace(found->second, &found->first);
}

}  // namespace sallyport::broker

// Token buckets for many names in bounded memory. No clock in here: the time is passed in.
#pragma once

#include "base/deadline.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace sallyport::broker {

struct RateLimits {
  double per_minute = 0;             ///< Tokens that a bucket gets; 0: no limit.
  std::uint64_t burst = 1;           ///< Tokens that a bucket holds, at least 1.
  std::size_t max_tracked = 10'000;  ///< Buckets at a time.
};

/// A bucket is one point in time: when it will be full again. One that is full is as good as none, so only
/// buckets that are not full are kept. When `max_tracked` of them are, names that have none share one bucket,
/// by their group: a flood of names cannot take memory, wins no tokens, and takes none from those who have a
/// bucket of their own.
///
/// O(log n). Not safe from several threads.
class RateLimiter {
 public:
  using Time = base::Clock::time_point;

  explicit RateLimiter(RateLimits limits);

  /// How long until this name has a token; zero or less: now. Takes none.
  [[nodiscard]] base::Clock::duration wait(std::string_view group, std::string_view name, Time now);

  /// Takes one, whether or not `wait` said that there is one.
  void take(std::string_view group, std::string_view name, Time now);

  [[nodiscard]] bool unlimited() const { return limits_.per_minute <= 0; }
  [[nodiscard]] std::size_t tracked() const { return buckets_.size(); }
  /// Tokens taken from a shared bucket for want of room.
  [[nodiscard]] std::uint64_t shared() const { return shared_; }

 private:
  using Order = std::set<std::pair<Time, const std::string*>>;

  [[nodiscard]] std::string bucket_of(std::string_view group, std::string_view name) const;
  void drop_full(Time now, std::size_t most);

  RateLimits limits_;
  base::Clock::duration interval_{};  // Between two tokens.
  std::unordered_map<std::string, Time> buckets_;
  Order by_time_;
  std::uint64_t shared_ = 0;
};

}  // namespace sallyport::broker

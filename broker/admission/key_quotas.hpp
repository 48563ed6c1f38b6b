// The rates and quotas that single API keys have of their own. No clock in here: the time is passed in.
#pragma once

#include "base/deadline.hpp"
#include "broker/admission/rate_limiter.hpp"
#include "broker/caller.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace sallyport::broker {

/// What a key has used of its quota, for whoever keeps it elsewhere too.
struct QuotaCount {
  std::string key_id;
  base::Clock::duration age{};  ///< Since the period began.
  std::uint64_t requests = 0;
};

/// Keeps nothing of keys without limits of their own. Of others it keeps an entry a key, so that the number
/// of keys bounds it; a client cannot add to it.
///
/// Not safe from several threads.
class KeyQuotas {
 public:
  using Time = base::Clock::time_point;

  /// How long until this key may send again, by its rate and by its quota; zero or less: now. Takes nothing.
  struct Wait {
    base::Clock::duration rate{};
    base::Clock::duration quota{};
  };
  [[nodiscard]] Wait wait(const std::string& key, const KeyLimits& limits, Time now);

  /// Counts a request that was let in.
  void take(const std::string& key, const KeyLimits& limits, Time now);

  /// What was used of quotas since this was asked last.
  [[nodiscard]] std::vector<QuotaCount> take_untold(Time now);
  /// It could not be told after all.
  void give_back(const std::vector<QuotaCount>& untold);
  /// The total of a period that is not over, but for what has not been told.
  void adopt(const QuotaCount& total, Time now);

  [[nodiscard]] std::size_t tracked() const { return keys_.size(); }

 private:
  struct Used {
    explicit Used(const KeyLimits& limits_in);
    KeyLimits limits;
    RateLimiter rate;
    Time day_began{};
    std::uint64_t requests = 0;
    std::uint64_t untold = 0;  // Of these, and of the current period.
  };
  Used& used_by(const std::string& key, const KeyLimits& limits, Time now);

  std::unordered_map<std::string, Used> keys_;
};

}  // namespace sallyport::broker

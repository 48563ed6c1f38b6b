// The rates and quotas that single API keys have of their own. No clock in here: the time is passed in.
#pragma once

#include "base/deadline.hpp"
#include "broker/admission/rate_limiter.hpp"
#include "broker/caller.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace sallyport::broker {

/// Keeps nothing of keys without limits of their own. Of others it keeps an entry a key, so that the number
/// of keys bounds it; a client cannot add to it. What was used is not kept across a restart.
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

  [[nodiscard]] std::size_t tracked() const { return keys_.size(); }

 private:
  struct Used {
    explicit Used(const KeyLimits& limits_in);
    KeyLimits limits;
    RateLimiter rate;
    Time day_began{};
    std::uint64_t requests = 0;
  };
  Used& used_by(const std::string& key, const KeyLimits& limits, Time now);

  std::unordered_map<std::string, Used> keys_;
};

}  // namespace sallyport::broker

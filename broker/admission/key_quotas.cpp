#include "broker/admission/key_quotas.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sallyport::broker {
namespace {

constexpr std::chrono::hours kDay{24};

/// Beyond, entries of keys that sent nothing within a day are dropped; they are of keys that are gone.
constexpr std::size_t kTidyAbove = 1000;

bool has_none(const KeyLimits& limits) {
  return limits.rate_per_minute <= 0 && limits.requests_per_day == 0;
}

RateLimits rate_of(const KeyLimits& limits) {
  RateLimits rate;
  rate.per_minute = limits.rate_per_minute;
  rate.burst = limits.burst;
  rate.max_tracked = 1;
  return rate;
}

}  // namespace

KeyQuotas::Used::Used(const KeyLimits& limits_in) : limits(limits_in), rate(rate_of(limits_in)) {}

KeyQuotas::Used& KeyQuotas::used_by(const std::string& key, const KeyLimits& limits, Time now) {
  if (keys_.size() > kTidyAbove) {
    std::erase_if(keys_, [&](const auto& entry) { return now - entry.second.day_began >= kDay; });
  }
  Used& used = keys_.try_emplace(key, limits).first->second;
  if (used.limits != limits) {
    // The operator has changed them: the rate begins anew, what was used of the day stays used.
    used.limits = limits;
    used.rate = RateLimiter(rate_of(limits));
  }
  if (now - used.day_began >= kDay) {
    used.day_began = now;
    used.requests = 0;
    used.untold = 0;
  }
  return used;
}

KeyQuotas::Wait KeyQuotas::wait(const std::string& key, const KeyLimits& limits, Time now) {
  Wait wait;
  if (has_none(limits)) return wait;
  Used& used = used_by(key, limits, now);
  wait.rate = used.rate.wait({}, {}, now);
  if (limits.requests_per_day > 0 && used.requests >= limits.requests_per_day) {
    wait.quota = used.day_began + kDay - now;
  }
  return wait;
}

void KeyQuotas::take(const std::string& key, const KeyLimits& limits, Time now) {
  if (has_none(limits)) return;
  Used& used = used_by(key, limits, now);
  used.rate.take({}, {}, now);
  ++used.requests;
  if (limits.requests_per_day > 0) ++used.untold;
}

std::vector<QuotaCount> KeyQuotas::take_untold(Time now) {
  std::vector<QuotaCount> all;
  for (auto& [key, used] : keys_) {
    if (used.untold == 0 || now - used.day_began >= kDay) continue;
    QuotaCount count;
    count.key_id = key;
    count.age = now - used.day_began;
    count.requests = std::exchange(used.untold, 0);
    all.push_back(std::move(count));
  }
  return all;
}

void KeyQuotas::give_back(const std::vector<QuotaCount>& untold) {
  for (const QuotaCount& count : untold) {
    if (const auto found = keys_.find(count.key_id); found != keys_.end())
      found->second.untold += count.requests;
  }
}

void KeyQuotas::adopt(const QuotaCount& total, Time now) {
  if (total.age >= kDay) return;
  Used& used = keys_.try_emplace(total.key_id, KeyLimits()).first->second;
  used.day_began = now - std::max(total.age, base::Clock::duration::zero());
  used.requests = total.requests + used.untold;
}

}  // namespace sallyport::broker

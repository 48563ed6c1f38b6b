#include "runners/pool_policy.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sallyport::runners {
namespace {

using Duration = base::Clock::duration;
using Time = base::Clock::time_point;

/// A peak below this is nobody's demand; a single submission fades to it in less than two half-lives.
constexpr double kNoDemand = 0.3;
/// Shares and ages change by themselves.
constexpr Duration kLongestNap = std::chrono::seconds(1);

double quotient(Duration part, Duration whole) {
  return std::chrono::duration<double>(part).count() / std::chrono::duration<double>(whole).count();
}

}  // namespace

const char* to_string(Breaker breaker) {
  switch (breaker) {
    case Breaker::closed:
      return "closed";
    case Breaker::open:
      return "open";
    case Breaker::half_open:
      return "half_open";
  }
  return "unknown";
}

PoolPolicy::PoolPolicy(PoolPolicyOptions options, std::function<double()> random)
    : options_(std::move(options)), random_(std::move(random)) {}

PoolPolicy::Class* PoolPolicy::find(const SandboxClass& sandbox_class) {
  const auto found = classes_.find(sandbox_class);
  return found == classes_.end() ? nullptr : &found->second;
}

PoolPolicy::Class* PoolPolicy::find_or_add(const SandboxClass& sandbox_class, Time now) {
  if (Class* const found = find(sandbox_class)) return found;
  if (classes_.size() >= options_.max_classes) {
    // The one that is asked for least makes place, if it holds nothing.
    auto least = classes_.end();
    for (auto each = classes_.begin(); each != classes_.end(); ++each) {
      const Class& entry = each->second;
      if (entry.kept || !entry.ready.empty() || entry.warming > 0) continue;
      fade(each->second, now);
      if (least == classes_.end() || entry.peak < least->second.peak) least = each;
    }
    if (least == classes_.end()) return nullptr;
    classes_.erase(least);
  }
  Class& added = classes_[sandbox_class];
  added.counted = now;
  return &added;
}

void PoolPolicy::keep(const SandboxClass& sandbox_class) {
  Class* const entry = find_or_add(sandbox_class, Time());
  if (entry == nullptr) return;
  entry->kept = true;
  entry->retired = false;  // An image that has come back.
}

void PoolPolicy::retire(const SandboxClass& sandbox_class, const SandboxClass* successor) {
  Class* const entry = find(sandbox_class);
  if (entry == nullptr || entry->retired) return;
  entry->retired = true;
  if (successor != nullptr) {
    if (Class* const heir = find_or_add(*successor, entry->counted)) {
      heir->kept = heir->kept || entry->kept;
      heir->peak = std::max(heir->peak, entry->peak);
      heir->level = std::max(heir->level, entry->level);
    }
  }
  entry->kept = false;
  entry->peak = entry->level = 0;
}

void PoolPolicy::fade(Class& entry, Time now) const {
  if (now <= entry.counted) return;
  const Duration passed = now - entry.counted;
  entry.level *= std::exp(-quotient(passed, options_.demand_window));
  entry.peak *= std::exp2(-quotient(passed, options_.demand_half_life));
  entry.counted = now;
}

std::optional<SlotId> PoolPolicy::take(const SandboxClass& sandbox_class, Time now) {
  Class* const entry = find_or_add(sandbox_class, now);
  if (entry == nullptr) return std::nullopt;
  entry->retired = false;
  fade(*entry, now);
  entry->level += 1;
  entry->peak = std::max(entry->peak, entry->level);
  if (entry->ready.empty()) return std::nullopt;
  last_served_ = now;
  const SlotId id = entry->ready.front().id;
  entry->ready.pop_front();
  slots_.erase(id);
  return id;
}

SlotId PoolPolicy::started(const SandboxClass& sandbox_class, Time now) {
  Class& entry = classes_[sandbox_class];
  --entry.warming;
  --warming_;
  entry.failures = 0;
  engine_failures_ = 0;
  const SlotId id = next_slot_++;
  entry.ready.push_back(Slot{id, now});
  slots_.emplace(id, Place{&entry, std::prev(entry.ready.end())});
  return id;
}

void PoolPolicy::start_failed(const SandboxClass& sandbox_class, bool engine, Time now) {
  start_abandoned(sandbox_class);
  Class& entry = classes_[sandbox_class];
  ++entry.failures;
  entry.retry_at = now + back_off(std::max(entry.failures, entry.losses));
  if (!engine) return;
  ++engine_failures_;
  engine_retry_at_ = now + back_off(engine_failures_);
}

void PoolPolicy::start_abandoned(const SandboxClass& sandbox_class) {
  --classes_[sandbox_class].warming;
  --warming_;
}

void PoolPolicy::start_seen(const SandboxClass& sandbox_class) {
  engine_failures_ = 0;
  Class* const entry = find(sandbox_class);
  if (entry == nullptr || entry->failures == 0) return;
  entry->failures = 0;
  entry->retry_at = Time();
}

void PoolPolicy::lost(SlotId slot, Time now) {
  const auto found = slots_.find(slot);
  if (found == slots_.end()) return;
  Class& entry = *found->second.owner;
  // One that lived long is an accident, not a sign of what the next one will do.
  entry.losses = now - found->second.slot->born > options_.retry_most ? 0 : entry.losses + 1;
  if (entry.losses > 0) entry.retry_at = now + back_off(std::max(entry.failures, entry.losses));
  drop(slot);
}

void PoolPolicy::lost_taken(const SandboxClass& sandbox_class, Time now) {
  Class* const entry = find(sandbox_class);
  if (entry == nullptr) return;
  ++entry->losses;
  entry->retry_at = now + back_off(std::max(entry->failures, entry->losses));
}

void PoolPolicy::drop(SlotId slot) {
  const auto found = slots_.find(slot);
  if (found == slots_.end()) return;
  found->second.owner->ready.erase(found->second.slot);
  slots_.erase(found);
}

Duration PoolPolicy::back_off(unsigned failures) {
  const unsigned doublings = std::min(failures == 0 ? 0 : failures - 1, 16U);
  const Duration full = std::min<Duration>(options_.retry_first * (1LL << doublings), options_.retry_most);
  // Between half and all of it, so that brokers that failed together do not try together.
  return std::chrono::duration_cast<Duration>(full * (0.5 + random_() / 2));
}

Breaker PoolPolicy::breaker(Time now) const {
  if (engine_failures_ < options_.failures_to_open) return Breaker::closed;
  return now < engine_retry_at_ ? Breaker::open : Breaker::half_open;
}

std::vector<SandboxClass> PoolPolicy::classes() const {
  std::vector<SandboxClass> all;
  for (const auto& [sandbox_class, entry] : classes_) {
    if (!entry.retired) all.push_back(sandbox_class);
  }
  return all;
}

std::size_t PoolPolicy::wanted(const std::string& image, const Class& entry) const {
  if (entry.retired) return 0;
  const auto own = options_.image_ranges.find(image);
  const PoolRange& range = own == options_.image_ranges.end() ? options_.range : own->second;
  if (entry.peak < kNoDemand) return entry.kept ? std::min(range.floor, range.ceiling) : 0;
  const auto peak = static_cast<std::size_t>(std::ceil(entry.peak - kNoDemand));
  return std::min(std::max(peak, range.floor), range.ceiling);
}

/// Gives each class its share of `max_slots`: one each in turn, those in demand first, until all have what
/// they want or nothing is left.
void PoolPolicy::share_out(Time now) {
  struct Claim {
    Class* entry;
    std::size_t wanted;
  };
  std::vector<Claim> claims;
  for (auto& [sandbox_class, entry] : classes_) {
    fade(entry, now);
    entry.share = 0;
    const std::size_t count = wanted(sandbox_class.image, entry);
    if (count > 0) claims.push_back(Claim{&entry, count});
  }
  const auto more_in_demand = [](const Claim& a, const Claim& b) {
    if (a.entry->peak != b.entry->peak) return a.entry->peak > b.entry->peak;
    return a.entry->kept && !b.entry->kept;
  };
  std::stable_sort(claims.begin(), claims.end(), more_in_demand);
  std::size_t left = options_.max_slots;
  bool gave = true;
  while (left > 0 && gave) {
    gave = false;
    for (const Claim& claim : claims) {
      if (left == 0) break;
      if (claim.entry->share == claim.wanted) continue;
      ++claim.entry->share;
      --left;
      gave = true;
    }
  }
  target_ = options_.max_slots - left;
}

void PoolPolicy::plan_removals(Class& entry, Time now, PoolPlan& plan) {
  while (entry.ready.size() > entry.share) {
    plan.surplus.push_back(entry.ready.front().id);
    drop(entry.ready.front().id);
  }
  if (entry.ready.empty()) return;
  // One at a time, so that sandboxes that were started together do not leave together.
  const Slot oldest = entry.ready.front();
  if (now - oldest.born < options_.max_age || entry.warming > 0 || entry.ready.size() < entry.share) return;
  plan.recycle.push_back(oldest.id);
  drop(oldest.id);
}

void PoolPolicy::plan_starts(Time now, PoolLoad load, PoolPlan& plan) {
  if (engine_failures_ > 0) {
    if (now < engine_retry_at_) {
      plan.wake = std::min(plan.wake, engine_retry_at_);
      return;
    }
    if (warming_ > 0) return;  // This one decides.
  }
  std::size_t most = load.running > 0 ? options_.busy_starts : options_.idle_starts;
  if (engine_failures_ > 0) most = 1;
  const std::size_t under_way = warming_ + load.cold_starting;

  for (std::size_t number = under_way; number < most; ++number) {
    // The class that has least of its share.
    Classes::value_type* neediest = nullptr;
    double least = 1;
    for (auto& each : classes_) {
      const Class& entry = each.second;
      const std::size_t have = entry.ready.size() + entry.warming;
      if (have >= entry.share) continue;
      if (now < entry.retry_at) {
        plan.wake = std::min(plan.wake, entry.retry_at);
        continue;
      }
      // A start would be a burden for a burst: for what is being served, and what may be just about to come.
      const bool burst = !entry.ready.empty() || load.running > load.cold_starting;
      if (burst && now < last_served_ + options_.settle) {
        plan.wake = std::min(plan.wake, last_served_ + options_.settle);
        continue;
      }
      const double filled = static_cast<double>(have) / static_cast<double>(entry.share);
      if (filled < least) {
        least = filled;
        neediest = &each;
      }
    }
    if (neediest == nullptr) return;
    ++neediest->second.warming;
    ++warming_;
    plan.start.push_back(neediest->first);
  }
}

PoolPlan PoolPolicy::plan(Time now, PoolLoad load) {
  PoolPlan plan;
  plan.wake = now + kLongestNap;
  share_out(now);
  for (auto& [sandbox_class, entry] : classes_) plan_removals(entry, now, plan);
  plan_starts(now, load, plan);
  forget_unused();
  return plan;
}

void PoolPolicy::forget_unused() {
  std::erase_if(classes_, [](const Classes::value_type& each) {
    const Class& entry = each.second;
    return !entry.kept && entry.peak < kNoDemand && entry.ready.empty() && entry.warming == 0;
  });
}

}  // namespace sallyport::runners

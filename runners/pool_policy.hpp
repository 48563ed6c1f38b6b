// What the warm pool should do next: a state machine without I/O, clock or randomness of its own.
#pragma once

#include "base/deadline.hpp"
#include "runners/pool_observer.hpp"
#include "runners/sandbox_class.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace sallyport::runners {

/// How many sandboxes of one class wait: at least, while the class is in use, and at most.
struct PoolRange {
  std::size_t floor = 0;
  std::size_t ceiling = 0;
};

struct PoolPolicyOptions {
  PoolRange range{2, 4};
  std::map<std::string, PoolRange> image_ranges;  ///< By name of the image, in place of `range`.
  std::size_t max_slots = 4;                      ///< Of all classes together.
  std::size_t max_classes = 64;                   ///< That account is kept of.
  base::Clock::duration max_age = std::chrono::minutes(30);
  base::Clock::duration demand_window = std::chrono::seconds(2);
  base::Clock::duration demand_half_life = std::chrono::minutes(2);
  base::Clock::duration settle = std::chrono::milliseconds(50);
  base::Clock::duration retry_first = std::chrono::milliseconds(500);
  base::Clock::duration retry_most = std::chrono::seconds(60);
  unsigned failures_to_open = 3;
  std::size_t busy_starts = 1;  ///< Starts at one time while submissions run, their own cold ones included.
  std::size_t idle_starts = 2;  ///< Starts at one time while none runs.
};

/// What else keeps the machine busy.
struct PoolLoad {
  std::size_t running = 0;        ///< Submissions in a sandbox, or waiting for its start.
  std::size_t cold_starting = 0;  ///< Those of them that wait for a start.
};

/// A waiting sandbox.
using SlotId = std::uint64_t;

struct PoolPlan {
  std::vector<SandboxClass> start;                           ///< Begin to warm one of each.
  std::vector<SlotId> recycle;                               ///< Too old.
  std::vector<SlotId> surplus;                               ///< More than are wanted.
  base::Clock::time_point wake = base::Clock::time_point();  ///< Plan again then, if nothing happens before.
};

/// Keeps account of demand, waiting sandboxes, starts and failures, class by class.
///
/// Demand is how many submissions came within about `demand_window`, which is what one start and a little
/// more takes: the number that the pool has to serve before a refill helps. Its peak is remembered and fades
/// with `demand_half_life`, so that both a steady rate and a burst lead the target. A class that was never
/// asked for, or whose peak has faded, has the target zero, unless it is kept.
///
/// Failures back off, doubling with jitter, by class; those of the engine itself by a breaker for all.
class PoolPolicy {
 public:
  using Time = base::Clock::time_point;

  /// `random` gives numbers in [0, 1).
  PoolPolicy(PoolPolicyOptions options, std::function<double()> random);

  /// The class has its floor also when nobody asks for it.
  void keep(const SandboxClass& sandbox_class);

  /// The class is not what anybody gets any more; what waits is in the next plan's surplus. `successor`, if
  /// any, inherits demand and `keep`.
  void retire(const SandboxClass& sandbox_class, const SandboxClass* successor);

  /// A submission of this class has come. Gives a waiting sandbox that it may have, or none.
  std::optional<SlotId> take(const SandboxClass& sandbox_class, Time now);

  /// A planned start has ended well. Gives the new slot's number.
  SlotId started(const SandboxClass& sandbox_class, Time now);
  /// A planned start has failed. `engine`: not for anything that is of this class alone.
  void start_failed(const SandboxClass& sandbox_class, bool engine, Time now);
  /// A start that was not planned, a submission's own, has ended well: there is no reason to hold back any
  /// more.
  void start_seen(const SandboxClass& sandbox_class);
  /// A planned start was given up without a verdict.
  void start_abandoned(const SandboxClass& sandbox_class);

  /// A waiting sandbox is gone.
  void lost(SlotId slot, Time now);
  /// One that was taken turned out to have been dead.
  void lost_taken(const SandboxClass& sandbox_class, Time now);

  /// What is to be done now. Planned starts count as warming, planned removals as gone, from here on.
  PoolPlan plan(Time now, PoolLoad load);

  [[nodiscard]] std::size_t ready() const { return slots_.size(); }
  [[nodiscard]] std::size_t warming() const { return warming_; }
  [[nodiscard]] std::size_t target() const { return target_; }
  [[nodiscard]] Breaker breaker(Time now) const;
  [[nodiscard]] std::vector<SandboxClass> classes() const;

 private:
  struct Slot {
    SlotId id;
    Time born;
  };
  struct Class {
    std::list<Slot> ready;  ///< Oldest first.
    std::size_t warming = 0;
    bool kept = false;
    bool retired = false;
    double level = 0;  ///< Submissions within about the demand window.
    double peak = 0;   ///< The highest level of late.
    Time counted{};    ///< When `level` and `peak` were of.
    unsigned failures = 0;
    unsigned losses = 0;
    Time retry_at{};
    std::size_t share = 0;  ///< Of the slots that there may be.
  };
  struct Place {
    Class* owner;
    std::list<Slot>::iterator slot;
  };
  using Classes = std::map<SandboxClass, Class>;

  Class* find(const SandboxClass& sandbox_class);
  Class* find_or_add(const SandboxClass& sandbox_class, Time now);
  void fade(Class& entry, Time now) const;
  void drop(SlotId slot);
  void share_out(Time now);
  [[nodiscard]] std::size_t wanted(const std::string& image, const Class& entry) const;
  void plan_removals(Class& entry, Time now, PoolPlan& plan);
  void plan_starts(Time now, PoolLoad load, PoolPlan& plan);
  void forget_unused();
  [[nodiscard]] base::Clock::duration back_off(unsigned failures);

  PoolPolicyOptions options_;
  std::function<double()> random_;
  Classes classes_;
  std::unordered_map<SlotId, Place> slots_;
  SlotId next_slot_ = 1;
  std::size_t warming_ = 0;
  std::size_t target_ = 0;
  Time last_served_{};  ///< When a waiting sandbox was taken.
  unsigned engine_failures_ = 0;
  Time engine_retry_at_{};
};

}  // namespace sallyport::runners

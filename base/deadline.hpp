// Absolute deadlines and the bounds that every wait carries.
#pragma once

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <utility>

namespace sallyport::base {

using Clock = std::chrono::steady_clock;

/// A point in monotonic time by which something has to be done. Deadlines are absolute and passed down, so
/// that a chain of calls shares one budget and no function invents its own timeout. A value type.
class Deadline {
 public:
  /// No deadline. Only for waits that another bound ends for certain.
  static Deadline never() { return Deadline(Clock::time_point::max()); }

  /// `duration` from now. A negative duration is a deadline that has passed.
  static Deadline after(Clock::duration duration) { return Deadline(Clock::now() + duration); }

  static Deadline at(Clock::time_point when) { return Deadline(when); }

  [[nodiscard]] Clock::time_point when() const { return when_; }
  [[nodiscard]] bool expired() const { return Clock::now() >= when_; }

  /// The earlier of this deadline and `duration` from now.
  [[nodiscard]] Deadline at_most(Clock::duration duration) const {
    return Deadline(std::min(when_, Clock::now() + duration));
  }

 private:
  explicit Deadline(Clock::time_point when) : when_(when) {}
  Clock::time_point when_;
};

/// What ends a wait early: the time, or somebody's wish. Every asynchronous call that can block takes one.
struct CallBounds {
  explicit CallBounds(Deadline deadline_in, std::stop_token stop_in = {})
      : deadline(deadline_in), stop(std::move(stop_in)) {}

  Deadline deadline;
  std::stop_token stop;
};

}  // namespace sallyport::base

// How fast submissions are served, measured. No clock in here: the time is passed in.
#pragma once

#include "base/deadline.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace sallyport::broker {

/// The time between two ends of submissions while all places are taken: by that a queue moves. Until it has
/// been seen, the mean time in a place divided by the number of places. While nothing ends, the estimate
/// grows with the silence.
class ServiceRate {
 public:
  using Time = base::Clock::time_point;
  using Seconds = std::chrono::duration<double>;

  explicit ServiceRate(std::uint64_t places) : places_(places) {}

  /// Whether all places are taken, from now on.
  void saturated(bool is, Time now);
  /// One has ended that held its place for `service`.
  void ended(Seconds service, Time now);

  /// Between two turns of the queue.
  [[nodiscard]] Seconds interval(Time now) const;
  /// Of one submission in its place.
  [[nodiscard]] Seconds mean_service() const { return mean_service_.value_or(Seconds(1)); }

 private:
  std::uint64_t places_;
  std::optional<Seconds> mean_service_;
  std::optional<Seconds> mean_interval_;
  std::optional<Time> since_;  // Of the silence: the last end, or the moment when all places were taken.
};

/// Seconds until `ahead` others and one more have had their turn. Between 1 and 3600.
[[nodiscard]] int retry_after_seconds(std::chrono::duration<double> interval, std::uint64_t ahead);

}  // namespace sallyport::broker

#include "broker/admission/service_rate.hpp"

#include <algorithm>
#include <cmath>

namespace sallyport::broker {
namespace {

/// Weight of the newest in a mean: the last twenty or so count.
constexpr double kWeight = 0.1;

void add(std::optional<ServiceRate::Seconds>& mean, ServiceRate::Seconds value) {
  mean = mean ? *mean * (1 - kWeight) + value * kWeight : value;
}

}  // namespace

void ServiceRate::saturated(bool is, Time now) {
  if (!is) {
    since_.reset();
  } else if (!since_) {
    since_ = now;
  }
}

void ServiceRate::ended(Seconds service, Time now) {
  add(mean_service_, service);
  if (!since_) return;
  add(mean_interval_, now - *since_);
  since_ = now;
}

ServiceRate::Seconds ServiceRate::interval(Time now) const {
  const auto places = static_cast<double>(std::max<std::uint64_t>(places_, 1));
  const Seconds usual = mean_interval_.value_or(mean_service() / places);
  return since_ ? std::max<Seconds>(usual, now - *since_) : usual;
}

int retry_after_seconds(std::chrono::duration<double> interval, std::uint64_t ahead) {
  const double turns = static_cast<double>(ahead) + 1;
  return static_cast<int>(std::clamp(std::ceil(interval.count() * turns), 1.0, 3600.0));
}

}  // namespace sallyport::broker

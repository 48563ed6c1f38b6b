// Values that the replies share.
#pragma once

#include <nlohmann/json.hpp>

#include <cmath>
#include <optional>
#include <utility>

namespace sallyport::broker {

template <class T>
nlohmann::ordered_json or_null(std::optional<T> value) {
  return value ? nlohmann::ordered_json(std::move(*value)) : nlohmann::ordered_json(nullptr);
}

/// Microseconds are what the clock is worth; more digits are noise.
inline double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

}  // namespace sallyport::broker

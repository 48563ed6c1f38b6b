// How urgent a submission is, in its caller's word.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace sallyport::broker {

enum class Priority { low, normal, high };

inline constexpr std::size_t kPriorities = 3;
inline constexpr std::array<std::string_view, kPriorities> kPriorityNames = {"low", "normal", "high"};

[[nodiscard]] constexpr std::string_view to_string(Priority priority) {
  return kPriorityNames[static_cast<std::size_t>(priority)];
}

/// None for any other word.
[[nodiscard]] constexpr std::optional<Priority> priority_from(std::string_view name) {
  for (std::size_t i = 0; i < kPriorities; ++i) {
    if (kPriorityNames[i] == name) return static_cast<Priority>(i);
  }
  return std::nullopt;
}

}  // namespace sallyport::broker

// What the first door found, as the replies show it.
#pragma once

#include "broker/doors.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace sallyport::broker {

/// A list of `{type, rule, severity, message, line, column, end_line, end_column, hint}`; null for a place or
/// a hint that there is none of.
[[nodiscard]] nlohmann::ordered_json to_json(std::vector<ValidationViolation> violations);

}  // namespace sallyport::broker

// What the doors found, as the replies show it.
#pragma once

#include "broker/doors.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace sallyport::broker {

/// A list of `{type, rule, severity, message, line, column, end_line, end_column, hint}`; null for a place or
/// a hint that there is none of.
[[nodiscard]] nlohmann::ordered_json to_json(std::vector<ValidationViolation> violations);

/// A list of `{type, rule, category, severity, stream, message, count, line}`; null for a line that is not
/// known.
[[nodiscard]] nlohmann::ordered_json to_json(std::vector<OutputViolation> violations);

}  // namespace sallyport::broker

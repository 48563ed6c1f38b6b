// What the doors found, as the replies show it.
#pragma once

#include "base/json_text.hpp"
#include "broker/doors.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

/// Whether findings in output say where it was printed; a text on its own has no streams.
enum class Streams { named, left_out };

/// `{type, rule, severity, message, line, column, end_line, end_column, hint}`; null for a place or a hint
/// that there is none of.
[[nodiscard]] std::string to_json(const ValidationViolation& violation);

/// `{type, rule, category, severity, stream, message, count, line}`; null for a line that is not known.
[[nodiscard]] std::string to_json(const OutputViolation& violation);

void add_violations(base::JsonText& json, std::string_view key,
                    const std::vector<ValidationViolation>& violations);
void add_violations(base::JsonText& json, std::string_view key,
                    const std::vector<OutputViolation>& violations, Streams streams = Streams::named);

}  // namespace sallyport::broker

// What the first door said about a program, as a compiler would say it.
#pragma once

#include "broker/doors.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

/// The door's message, with lines, carets and hints, and the hints that are not in it.
[[nodiscard]] std::string diagnostics(std::string_view error_message,
                                      const std::vector<ValidationViolation>& violations);

}  // namespace sallyport::broker

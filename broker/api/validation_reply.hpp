// The body of a 200 answer to `POST /v1/validate`.
#pragma once

#include "broker/doors.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker {

/// The word of the first door alone. The fields mean what they mean in a reply to an execution.
struct ValidationReply {
  bool is_valid = false;  ///< Warnings do not count.
  std::optional<std::string> error_type;
  std::optional<std::string> error_message;
  std::optional<int> error_line;
  std::vector<ValidationViolation> validation_violations;
  double validation_ms = 0;
};

[[nodiscard]] std::string to_json(const ValidationReply& reply);

}  // namespace sallyport::broker

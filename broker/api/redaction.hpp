// `POST /v1/redact`: the second door for a text that somebody else made.
#pragma once

#include "broker/api/execution_request.hpp"
#include "broker/api_error.hpp"
#include "broker/doors.hpp"

#include <string>
#include <string_view>

namespace sallyport::broker {

struct RedactionRequest {
  std::string text;
  bool redact = true;  ///< False: report, and change nothing.
  UserId user_id;      ///< Whose rate it counts against.
};

/// Reads `{"text", "redact", "user_id"}`; unknown fields are refused with the nearest known name.
[[nodiscard]] ApiResult<RedactionRequest> parse_redaction_request(std::string_view body);

/// `{"is_valid", "sanitized_output", "violations", "was_redacted"}` of a verdict on a text that was handed in
/// as stdout.
[[nodiscard]] std::string redaction_json(const OutputVerdict& verdict);

}  // namespace sallyport::broker

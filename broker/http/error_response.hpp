// Errors as HTTP answers.
#pragma once

#include "broker/api_error.hpp"
#include "broker/http/message.hpp"

#include <string>

namespace sallyport::broker::http {

[[nodiscard]] Response to_response(const ApiError& error);

/// An answer whose `error_type` follows from the status.
[[nodiscard]] Response error_response(int status, std::string message, std::string details_json = "{}");

}  // namespace sallyport::broker::http

// How a submission fared, in words for a language model to act on.
#pragma once

#include "broker/api/execution_reply.hpp"
#include "broker/api/validation_reply.hpp"
#include "broker/api_error.hpp"

#include <string>

namespace sallyport::broker::mcp {

/// The end, stdout, stderr, what was redacted, warnings and notes. The artifacts are not in it.
[[nodiscard]] std::string text_for_model(const ExecutionReply& reply);
[[nodiscard]] std::string text_for_model(const ValidationReply& reply);

/// Why the request was not served, and when to try again.
[[nodiscard]] std::string text_for_model(const ApiError& error);

}  // namespace sallyport::broker::mcp

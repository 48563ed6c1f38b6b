// How a submission fared, in words for a language model to act on.
#pragma once

#include "broker/api/execution_reply.hpp"
#include "broker/api/validation_reply.hpp"
#include "broker/api_error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

/// What the first door said: its message with lines, carets and hints, then the hints that are not in it.
/// For the compatible endpoints too, as what a compiler would have said.
[[nodiscard]] std::string diagnostics(std::string_view error_message,
                                      const std::vector<ValidationViolation>& violations);

namespace mcp {

/// The end, stdout, stderr, what was redacted, warnings and notes. The artifacts are not in it.
[[nodiscard]] std::string text_for_model(const ExecutionReply& reply);
[[nodiscard]] std::string text_for_model(const ValidationReply& reply);

/// Why the request was not served, and when to try again.
[[nodiscard]] std::string text_for_model(const ApiError& error);

}  // namespace mcp
}  // namespace sallyport::broker

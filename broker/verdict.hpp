// What a runner's verdict means for the client.
#pragma once

#include "broker/api/execution_reply.hpp"
#include "broker/api_error.hpp"
#include "runners/runner.hpp"

#include <optional>

namespace sallyport::broker {

/// The one place where a verdict becomes `error_type`, `error_message` and the flags of a reply. Fills in
/// everything that the outcome tells; gives an error in place of that when the submission was not served at
/// all: 503 when the engine, the runtime or the image is not there, 422 for a limit that the runner cannot
/// honour, 499 when it was stopped on the client's behalf.
[[nodiscard]] std::optional<ApiError> apply_outcome(runners::Outcome outcome, const runners::Limits& limits,
                                                    ExecutionReply& reply);

}  // namespace sallyport::broker

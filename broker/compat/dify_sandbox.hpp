// Requests and replies of dify-sandbox.
#pragma once

#include "broker/api/execution_reply.hpp"
#include "broker/api_error.hpp"

#include <string>
#include <string_view>

namespace sallyport::broker::compat {

/// The body for parse_execution_request. `network_permitted` says whether a program may have a network here:
/// the peer's clients always ask for one, so it is given where the operator permits it and else not.
[[nodiscard]] ApiResult<std::string> read_dify_sandbox(std::string_view body, bool network_permitted);

/// `{"code": 0, "message": "success", "data": {"stdout", "error"}}`; `error` is stderr, or the diagnostics of
/// a program that was refused.
[[nodiscard]] std::string dify_sandbox_reply(ExecutionReply reply);

/// `{"code": -400, "message", "data": null}`
[[nodiscard]] std::string dify_sandbox_error(const ApiError& error);

}  // namespace sallyport::broker::compat

// Requests and replies of Piston's API, version 2.
#pragma once

#include "broker/api/execution_reply.hpp"
#include "broker/api_error.hpp"
#include "broker/compat/runtimes.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::compat {

struct PistonJob {
  std::string body;  ///< For parse_execution_request.
  std::string language;
  std::string version;
};

/// The first file is the program, the others are placed beside it.
[[nodiscard]] ApiResult<PistonJob> read_piston(std::string_view body, const std::vector<Runtime>& known);

/// `{"language", "version", "run"}`, and `compile` for a program that was refused: with the diagnostics,
/// which `run` repeats for clients that look nowhere else.
[[nodiscard]] std::string piston_reply(const PistonJob& job, ExecutionReply reply);

/// The list of `GET /api/v2/runtimes`.
[[nodiscard]] std::string piston_runtimes(const std::vector<Runtime>& known);

/// `{"message"}`, with 400 for what is 422 elsewhere.
[[nodiscard]] ApiError piston_error(ApiError error);
[[nodiscard]] std::string piston_error_body(const ApiError& error);

}  // namespace sallyport::broker::compat

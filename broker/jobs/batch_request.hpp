// The body of `POST /v1/executions/batch`.
#pragma once

#include "broker/api/execution_request.hpp"
#include "broker/api_error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

struct BatchRequest {
  std::vector<std::string> bodies;  ///< Of each execution, as JSON text; not checked yet.
  ReplyMode mode = ReplyMode::unsaid;
};

/// `{"executions": [...], "mode"}`. 400: not JSON. 422: not of that form, empty, or more than `most`.
[[nodiscard]] ApiResult<BatchRequest> parse_batch_request(std::string_view body, std::size_t most,
                                                          std::size_t max_context_depth);

}  // namespace sallyport::broker

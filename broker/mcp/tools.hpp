// The tools that models are offered, and what their arguments stand for.
#pragma once

#include "broker/api/execution_request.hpp"
#include "broker/api_error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker::mcp {

enum class Tool { run_python, validate_python };

[[nodiscard]] std::optional<Tool> tool_named(std::string_view name);

/// The definitions, a JSON list. The images that there are and the time that may be asked for are filled in.
[[nodiscard]] std::string tools_json(const RequestRules& rules);

/// broker/mcp/tools.json as it is.
[[nodiscard]] std::string_view tool_definitions();

/// The body of `POST /v1/executions` that the arguments of a tool stand for; the error names what is wrong
/// with them. What a tool does not offer, such as switching a door off, is refused here.
[[nodiscard]] ApiResult<std::string> submission_of(Tool tool, std::string_view arguments_json,
                                                   const RequestRules& rules);

}  // namespace sallyport::broker::mcp

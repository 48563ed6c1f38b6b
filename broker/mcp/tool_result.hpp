// What a tool call answers.
#pragma once

#include "broker/api/execution_reply.hpp"
#include "broker/api/validation_reply.hpp"
#include "broker/api_error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>

namespace sallyport::broker::mcp {

/// Pictures of one result together, in bytes; further ones are named only. Models do not take more.
inline constexpr std::size_t kMaxPictureBytes = 4 * 1024 * 1024;
/// Text files of one result together, in bytes.
inline constexpr std::size_t kMaxFileTextBytes = 64 * 1024;

/// `{"content", "structuredContent", "isError"}`: text, pictures, short text files; the reply without the
/// artifacts' contents. `isError` where the program did not end with success.
[[nodiscard]] nlohmann::ordered_json tool_result(const ExecutionReply& reply);

/// A program that is not valid is an answer, not an error.
[[nodiscard]] nlohmann::ordered_json tool_result(const ValidationReply& reply);

/// A request that was not served, for the model to change or to repeat. No structured content.
[[nodiscard]] nlohmann::ordered_json tool_result(const ApiError& error);

}  // namespace sallyport::broker::mcp

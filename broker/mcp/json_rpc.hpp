// JSON-RPC 2.0, as the Model Context Protocol narrows it: one message a request, ids that are texts or whole
// numbers.
#pragma once

#include "broker/http/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace sallyport::broker::mcp {

/// Codes of JSON-RPC 2.0 and of the Model Context Protocol.
enum class ErrorCode {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  header_mismatch = -32020,
  unsupported_version = -32022,
};

/// An error and the HTTP status that it goes out with.
struct RpcError {
  RpcError() = default;
  RpcError(ErrorCode code_in, std::string message_in, int status_in = 200)
      : code(code_in), message(std::move(message_in)), status(status_in) {}

  ErrorCode code = ErrorCode::invalid_request;
  std::string message;
  int status = 200;
  std::string data_json;  ///< Empty: none.
};

enum class MessageKind { request, notification, response };

struct Message {
  MessageKind kind = MessageKind::request;
  std::string id_json;  ///< Of a request: a JSON string or integer.
  std::string method;   ///< Empty for a response.
  std::string params_json = "{}";
};

inline constexpr std::size_t kMaxIdBytes = 256;

/// Reads one message. `max_depth` bounds the nesting of `params`.
[[nodiscard]] std::variant<Message, RpcError> read_message(std::string_view body, std::size_t max_depth);

/// `{"jsonrpc", "id", "result"}`
[[nodiscard]] http::Response result_response(std::string_view id_json, std::string_view result_json);

/// `{"jsonrpc", "id", "error"}`, without an id if there is none.
[[nodiscard]] http::Response error_response(std::string_view id_json, const RpcError& error);

}  // namespace sallyport::broker::mcp

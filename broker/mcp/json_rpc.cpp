#include "broker/mcp/json_rpc.hpp"

#include "broker/api/strict_json.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace sallyport::broker::mcp {
namespace {

using Json = nlohmann::json;

/// An id as it goes back; none if it is not one.
std::optional<std::string> read_id(const Json& id) {
  const bool is_text = id.is_string() && id.get_ref<const std::string&>().size() <= kMaxIdBytes;
  if (!is_text && !id.is_number_integer()) return std::nullopt;
  return id.dump();
}

RpcError refuse_message(std::string message) {
  return {ErrorCode::invalid_request, std::move(message), 400};
}

}  // namespace

std::variant<Message, RpcError> read_message(std::string_view body, std::size_t max_depth) {
  JsonBounds bounds;
  bounds.verbatim_member = "params";
  bounds.max_verbatim_depth = max_depth;
  auto document = parse_strict_json(body, bounds);
  if (document.has_error()) {
    const bool malformed = document.error().status == 400;
    return RpcError(malformed ? ErrorCode::parse_error : ErrorCode::invalid_request,
                    std::move(document.error().message), 400);
  }
  Json& root = document->root;
  if (root.is_array()) return refuse_message("one message a request: batches are not part of this protocol");
  if (!root.is_object()) return refuse_message("a message is an object");
  const auto version = root.find("jsonrpc");
  if (version == root.end() || *version != "2.0") return refuse_message(R"("jsonrpc" must be "2.0")");

  Message message;
  const auto id = root.find("id");
  if (id != root.end()) {
    auto text = read_id(*id);
    if (!text) {
      return refuse_message("\"id\" must be a whole number, or a text of at most " +
                            std::to_string(kMaxIdBytes) + " bytes");
    }
    message.id_json = std::move(*text);
  }
  const auto method = root.find("method");
  if (method == root.end()) {
    if (!root.contains("result") && !root.contains("error")) return refuse_message("\"method\" is required");
    message.kind = MessageKind::response;
    return message;
  }
  if (!method->is_string()) return refuse_message("\"method\" must be a text");
  message.method = std::move(method->get_ref<std::string&>());
  if (document->verbatim) {
    if (document->verbatim->front() != '{') {
      RpcError error(ErrorCode::invalid_params, "\"params\" must be an object", 400);
      return error;
    }
    message.params_json = std::move(*document->verbatim);
  }
  message.kind = id == root.end() ? MessageKind::notification : MessageKind::request;
  return message;
}

http::Response result_response(std::string_view id_json, std::string_view result_json) {
  http::Response response;
  response.body.reserve(result_json.size() + id_json.size() + 64);
  response.body.append(R"({"jsonrpc":"2.0","id":)").append(id_json);
  response.body.append(R"(,"result":)").append(result_json).append("}");
  return response;
}

http::Response error_response(std::string_view id_json, const RpcError& error) {
  nlohmann::ordered_json object;
  object["code"] = static_cast<int>(error.code);
  object["message"] = error.message;
  if (!error.data_json.empty()) object["data"] = Json::parse(error.data_json, nullptr, false);
  http::Response response;
  response.status = error.status;
  response.body = R"({"jsonrpc":"2.0",)";
  if (!id_json.empty()) response.body.append(R"("id":)").append(id_json).append(",");
  response.body += R"("error":)";
  response.body += object.dump(-1, ' ', false, Json::error_handler_t::replace) + "}";
  response.error_type = "ProtocolError";
  return response;
}

}  // namespace sallyport::broker::mcp

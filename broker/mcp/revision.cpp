#include "broker/mcp/revision.hpp"

#include "base/base64.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace sallyport::broker::mcp {
namespace {

using Json = nlohmann::json;

constexpr const char* kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr const char* kCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";

const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

RpcError mismatch(std::string message) {
  return {ErrorCode::header_mismatch, "Header mismatch: " + std::move(message), 400};
}

RpcError wrong_meta(const char* message) {
  return {ErrorCode::invalid_params, message, 400};
}

RpcError unsupported(std::string_view version) {
  RpcError error(ErrorCode::unsupported_version, "Unsupported protocol version", 400);
  Json data;
  data["supported"] = kRevisions;
  data["requested"] = version.substr(0, kMaxIdBytes);
  error.data_json = data.dump(-1, ' ', false, Json::error_handler_t::replace);
  return error;
}

bool is_known(std::string_view version) {
  return std::find(kRevisions.begin(), kRevisions.end(), version) != kRevisions.end();
}

/// What a header says; a value in the encoding for texts that no header can hold is decoded.
std::optional<std::string> decoded(std::string_view value) {
  constexpr std::string_view kBegin = "=?base64?";
  constexpr std::string_view kEnd = "?=";
  if (!value.starts_with(kBegin) || !value.ends_with(kEnd) || value.size() < kBegin.size() + kEnd.size()) {
    return std::string(value);
  }
  value.remove_prefix(kBegin.size());
  value.remove_suffix(kEnd.size());
  return base::base64_decode(value);
}

/// The headers that repeat what the body says, for those in between who do not read bodies.
std::optional<RpcError> check_headers(const Message& message, const Json& params,
                                      const http::RequestHead& head) {
  const auto method = head.header("Mcp-Method");
  if (!method) return mismatch("the header Mcp-Method is missing");
  if (*method != message.method) return mismatch("Mcp-Method is not the method of the body");
  if (message.method != "tools/call") return std::nullopt;
  const auto name = head.header("Mcp-Name");
  if (!name) return mismatch("the header Mcp-Name is missing");
  const Json* const wanted = member(params, "name");
  const auto given = decoded(*name);
  if (!given || wanted == nullptr || *wanted != *given)
    return mismatch("Mcp-Name is not the name in the body");
  return std::nullopt;
}

}  // namespace

std::variant<Era, RpcError> era_of(const Message& message, const Json& params,
                                   const http::RequestHead& head) {
  const Json* const meta = member(params, "_meta");
  const Json* const in_body = meta != nullptr && meta->is_object() ? member(*meta, kVersionKey) : nullptr;
  const auto in_header = head.header("MCP-Protocol-Version");

  if (in_body == nullptr) {
    if (message.method == "initialize") return Era::session;
    if (!in_header) return mismatch("the header MCP-Protocol-Version is missing");
    if (!is_known(*in_header)) return unsupported(*in_header);
    if (*in_header != kStatelessRevision) return Era::session;
    return wrong_meta("params._meta must have io.modelcontextprotocol/protocolVersion");
  }
  if (!in_body->is_string()) {
    return wrong_meta("io.modelcontextprotocol/protocolVersion must be a text");
  }
  const auto& version = in_body->get_ref<const std::string&>();
  if (!in_header) return mismatch("the header MCP-Protocol-Version is missing");
  if (*in_header != version) return mismatch("MCP-Protocol-Version is not the version in the body");
  if (!is_known(version)) return unsupported(version);
  if (version != kStatelessRevision) return Era::session;
  const Json* const capabilities = member(*meta, kCapabilitiesKey);
  if (capabilities == nullptr || !capabilities->is_object()) {
    return wrong_meta("params._meta must have io.modelcontextprotocol/clientCapabilities, an object");
  }
  if (auto wrong = check_headers(message, params, head)) return std::move(*wrong);
  return Era::stateless;
}

std::string_view negotiated(std::string_view wanted) {
  return is_known(wanted) && wanted != kStatelessRevision ? wanted : kSessionRevision;
}

}  // namespace sallyport::broker::mcp

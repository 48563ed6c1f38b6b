// A message to `POST /mcp`, and the arguments of a tool: whatever comes, the answer is a message, a
// submission or a clean refusal.
#include "broker/mcp/json_rpc.hpp"
#include "broker/mcp/origin.hpp"
#include "broker/mcp/revision.hpp"
#include "broker/mcp/tools.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sallyport;
using nlohmann::json;

void demand(bool condition) {
  if (!condition) std::abort();
}

void check_error(std::string_view id_json, const broker::mcp::RpcError& error) {
  demand(!error.message.empty());
  const auto response = broker::mcp::error_response(id_json, error);
  const json body = json::parse(response.body, nullptr, false);
  demand(body.is_object() && body["error"]["code"].is_number_integer());
}

void check_message(const broker::mcp::Message& message) {
  const json params = json::parse(message.params_json, nullptr, false);
  demand(params.is_object());
  if (message.kind != broker::mcp::MessageKind::request) return;
  const json id = json::parse(message.id_json, nullptr, false);
  demand(id.is_string() || id.is_number_integer());
  broker::http::RequestHead head;
  head.headers.push_back({"MCP-Protocol-Version", std::string(broker::mcp::kStatelessRevision)});
  head.headers.push_back({"Mcp-Method", message.method});
  head.headers.push_back({"Mcp-Name", "run_python"});
  const auto era = broker::mcp::era_of(message, params, head);
  if (const auto* error = std::get_if<broker::mcp::RpcError>(&era)) check_error(message.id_json, *error);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto message = broker::mcp::read_message(text, 16);
  if (const auto* error = std::get_if<broker::mcp::RpcError>(&message)) {
    check_error({}, *error);
  } else {
    check_message(std::get<broker::mcp::Message>(message));
  }
  broker::RequestRules rules;
  for (const auto tool : {broker::mcp::Tool::run_python, broker::mcp::Tool::validate_python}) {
    const auto body = broker::mcp::submission_of(tool, text, rules);
    if (body.has_value()) demand(json::parse(*body, nullptr, false).is_object());
  }
  (void)broker::mcp::origin_allowed(text, {});
  return 0;
}

#include "broker/mcp/endpoint.hpp"

#include "broker/api/strict_json.hpp"
#include "broker/http/error_response.hpp"
#include "broker/mcp/origin.hpp"
#include "broker/mcp/tool_result.hpp"
#include "broker/split_names.hpp"

#include <memory>
#include <utility>

namespace sallyport::broker::mcp {

namespace asio = boost::asio;
using http::Request;
using http::Response;
using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

namespace {

constexpr const char* kInstructions =
    "Runs Python in sandboxes. Use run_python to run a whole program; nothing is kept between calls. If a "
    "program is refused, the answer says what to change.";

/// How long clients may keep the list of tools: the images in it change when an operator builds some.
constexpr int kToolsFreshMs = 60'000;

/// Of `params` around `arguments`, and of `_meta` in them.
constexpr std::size_t kParamsDepth = 16;

Response no_body(int status) {
  Response response;
  response.status = status;
  return response;
}

OrderedJson capabilities() {
  OrderedJson capabilities;
  capabilities["tools"] = OrderedJson::object();
  return capabilities;
}

OrderedJson identity(const std::string& version) {
  OrderedJson identity;
  identity["name"] = "sallyport";
  identity["title"] = "Sallyport";
  identity["version"] = version;
  return identity;
}

/// `params` of a request: `arguments` as text, all else as a tree.
std::variant<StrictJson, RpcError> read_params(const Message& message, std::size_t max_depth) {
  JsonBounds bounds;
  bounds.max_depth = kParamsDepth;
  bounds.verbatim_member = "arguments";
  bounds.max_verbatim_depth = max_depth;
  auto params = parse_strict_json(message.params_json, bounds);
  if (params.has_error()) {
    return RpcError(ErrorCode::invalid_params, std::move(params.error().message), 400);
  }
  return std::move(*params);
}

}  // namespace

Endpoint::Endpoint(Submissions& submissions, const config::Mcp& config, std::string version,
                   IdGenerator new_id)
    : submissions_(submissions),
      allowed_origins_(split_names(config.allowed_origins)),
      version_(std::move(version)),
      new_id_(std::move(new_id)) {}

/// Of `params`: a file in `files` in `arguments`, or `context` in them.
std::size_t Endpoint::max_depth() const {
  return submissions_.rules().sandbox.max_context_depth + kParamsDepth;
}

asio::awaitable<Response> Endpoint::answer(Request request, std::stop_token stop) {
  if (const auto origin = request.head.header("Origin");
      origin && !origin_allowed(*origin, allowed_origins_)) {
    co_return error_response({}, RpcError(ErrorCode::invalid_request, "this origin is not allowed", 403));
  }
  auto read = [&request, depth = max_depth()] { return read_message(request.body, depth); };
  auto message = co_await submissions_.beside(request.body.size(), std::move(read));
  std::string().swap(request.body);
  if (auto* error = std::get_if<RpcError>(&message)) co_return error_response({}, *error);
  auto& given = std::get<Message>(message);
  if (given.kind == MessageKind::response) {
    RpcError error(ErrorCode::invalid_request, "this server asks clients nothing", 400);
    co_return error_response({}, error);
  }
  if (given.kind == MessageKind::notification) co_return take_notification(given, request);
  co_return co_await serve(std::move(given), std::move(request), std::move(stop));
}

Response Endpoint::take_notification(const Message& message, const Request& request) {
  const auto session = request.head.header("Mcp-Session-Id");
  if (message.method == "notifications/cancelled" && session) {
    const auto params = read_params(message, max_depth());
    if (const auto* document = std::get_if<StrictJson>(&params)) {
      const auto id = document->root.find("requestId");
      if (id != document->root.end()) calls_.cancel(*session, id->dump());
    }
  }
  return no_body(202);
}

asio::awaitable<Response> Endpoint::serve(Message message, Request request, std::stop_token stop) {
  auto read = [&message, depth = max_depth()] { return read_params(message, depth); };
  auto document = co_await submissions_.beside(message.params_json.size(), std::move(read));
  std::string().swap(message.params_json);
  if (auto* error = std::get_if<RpcError>(&document)) co_return error_response(message.id_json, *error);
  auto& [params, arguments] = std::get<StrictJson>(document);
  const auto era = era_of(message, params, request.head);
  if (const auto* error = std::get_if<RpcError>(&era)) co_return error_response(message.id_json, *error);
  const bool stateless = std::get<Era>(era) == Era::stateless;

  if (message.method == "tools/call") {
    std::string given = arguments.value_or("{}");
    co_return co_await call_tool(std::move(message), std::move(params), std::move(given), std::get<Era>(era),
                                 std::move(request), std::move(stop));
  }
  if (message.method == "tools/list") {
    if (params.contains("cursor")) {
      RpcError error(ErrorCode::invalid_params, "there is one page, so no cursor", stateless ? 400 : 200);
      co_return error_response(message.id_json, error);
    }
    OrderedJson result;
    result["tools"] = OrderedJson::parse(tools_json(submissions_.rules()));
    if (stateless) {
      result["ttlMs"] = kToolsFreshMs;
      result["cacheScope"] = "private";
    }
    co_return complete(message, std::move(result), std::get<Era>(era));
  }
  if (stateless && message.method == "server/discover") {
    OrderedJson result;
    result["supportedVersions"] = kRevisions;
    result["capabilities"] = capabilities();
    result["instructions"] = kInstructions;
    result["ttlMs"] = kToolsFreshMs;
    result["cacheScope"] = "private";
    co_return complete(message, std::move(result), Era::stateless);
  }
  if (!stateless && message.method == "initialize") co_return initialize(message, params);
  if (!stateless && message.method == "ping") {
    co_return complete(message, OrderedJson::object(), Era::session);
  }
  RpcError error(ErrorCode::method_not_found, "Method not found", stateless ? 404 : 200);
  co_return error_response(message.id_json, error);
}

Response Endpoint::initialize(const Message& message, const Json& params) const {
  const auto wanted = params.find("protocolVersion");
  if (wanted == params.end() || !wanted->is_string()) {
    return error_response(message.id_json,
                          RpcError(ErrorCode::invalid_params, "params.protocolVersion must be a text"));
  }
  OrderedJson result;
  result["protocolVersion"] = negotiated(wanted->get_ref<const std::string&>());
  result["capabilities"] = capabilities();
  result["serverInfo"] = identity(version_);
  result["instructions"] = kInstructions;
  Response response = complete(message, std::move(result), Era::session);
  response.headers.push_back(http::Header{"Mcp-Session-Id", new_id_()});
  return response;
}

asio::awaitable<Response> Endpoint::call_tool(Message message, Json params, std::string arguments_json,
                                              Era era, Request request, std::stop_token stop) {
  const auto name = params.find("name");
  const auto tool = name != params.end() && name->is_string()
                        ? tool_named(name->get_ref<const std::string&>())
                        : std::nullopt;
  if (!tool) {
    RpcError error(ErrorCode::invalid_params, "Unknown tool: there are run_python and validate_python");
    co_return error_response(message.id_json, error);
  }
  const auto session = era == Era::session ? request.head.header("Mcp-Session-Id") : std::nullopt;
  const auto call = calls_.begin(session, message.id_json, std::move(stop));
  if (!call) {
    RpcError error(ErrorCode::invalid_request, "a request of this id is still running");
    co_return error_response(message.id_json, error);
  }

  auto translate = [&] { return submission_of(*tool, arguments_json, submissions_.rules()); };
  auto body = co_await submissions_.beside(arguments_json.size(), std::move(translate));
  std::string().swap(arguments_json);
  std::optional<ApiError> refusal;
  OrderedJson result;
  std::string error_type;
  if (body.has_error()) {
    refusal = body.error();
  } else {
    auto submission = submissions_.parse(*body, request);
    std::string().swap(*body);
    if (submission.has_error()) {
      refusal = submission.error();
    } else if (*tool == Tool::validate_python) {
      // There is no output, so nothing is said about it.
      auto reply = co_await submissions_.validate(std::move(*submission));
      if (reply.has_error()) {
        refusal = reply.error();
      } else {
        error_type = reply->error_type.value_or("");
        result = tool_result(*reply);
      }
    } else {
      auto reply = co_await submissions_.run(std::move(*submission), call->token());
      if (reply.has_error()) {
        refusal = reply.error();
      } else {
        error_type = reply->error_type.value_or("");
        const std::size_t bytes = bytes_of(*reply);
        auto make = [&reply] { return tool_result(*reply); };
        result = co_await submissions_.beside(bytes, std::move(make));
      }
    }
  }
  if (call->cancelled()) co_return no_body(202);  // Who has cancelled a request expects no answer to it.
  if (refusal) {
    error_type = refusal->error_type;
    result = tool_result(*refusal);
  }
  Response response = complete(message, std::move(result), era);
  response.error_type = std::move(error_type);
  if (refusal && refusal->retry_after_seconds > 0) {
    response.headers.push_back(http::Header{"Retry-After", std::to_string(refusal->retry_after_seconds)});
  }
  co_return response;
}

Response Endpoint::complete(const Message& message, OrderedJson result, Era era) const {
  if (era == Era::stateless) {
    result["resultType"] = "complete";
    result["_meta"]["io.modelcontextprotocol/serverInfo"] = identity(version_);
  }
  return result_response(message.id_json, result.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace sallyport::broker::mcp

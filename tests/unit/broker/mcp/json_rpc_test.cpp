#include "broker/mcp/json_rpc.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sallyport::broker::mcp {
namespace {

Message read(const std::string& body) {
  auto result = read_message(body, 32);
  EXPECT_TRUE(std::holds_alternative<Message>(result)) << std::get<RpcError>(result).message;
  return std::get<Message>(result);
}

RpcError refusal(const std::string& body) {
  auto result = read_message(body, 32);
  EXPECT_TRUE(std::holds_alternative<RpcError>(result)) << body;
  return std::get<RpcError>(result);
}

TEST(JsonRpc, ReadsARequest) {
  const Message message = read(R"({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
                                   "params": {"n": 123456789012345678901234567890}})");
  EXPECT_EQ(message.kind, MessageKind::request);
  EXPECT_EQ(message.id_json, "7");
  EXPECT_EQ(message.method, "tools/call");
  EXPECT_EQ(message.params_json, R"({"n":123456789012345678901234567890})");
  EXPECT_EQ(read(R"({"jsonrpc": "2.0", "id": "a\"b", "method": "x"})").id_json, R"("a\"b")");
}

TEST(JsonRpc, TellsNotificationsAndResponsesApart) {
  const Message told = read(R"({"jsonrpc": "2.0", "method": "notifications/initialized"})");
  EXPECT_EQ(told.kind, MessageKind::notification);
  EXPECT_EQ(told.params_json, "{}");
  EXPECT_EQ(read(R"({"jsonrpc": "2.0", "id": 1, "result": {}})").kind, MessageKind::response);
  EXPECT_EQ(read(R"({"jsonrpc": "2.0", "id": 1, "error": {"code": 1}})").kind, MessageKind::response);
}

TEST(JsonRpc, RefusesWhatIsNone) {
  for (const char* body : {"", "{", "{\"a\": 1, \"a\": 2}", "\"\xFF\""}) {
    EXPECT_EQ(refusal(body).code, ErrorCode::parse_error) << body;
    EXPECT_EQ(refusal(body).status, 400);
  }
  const std::string long_id(kMaxIdBytes + 1, 'x');
  for (const std::string& body :
       {std::string("1"), std::string("[]"),
        std::string(R"([{"jsonrpc": "2.0", "id": 1, "method": "ping"}])"),
        std::string(R"({"id": 1, "method": "ping"})"), std::string(R"({"jsonrpc": "1.0", "method": "ping"})"),
        std::string(R"({"jsonrpc": "2.0", "id": null, "method": "ping"})"),
        std::string(R"({"jsonrpc": "2.0", "id": 1.5, "method": "ping"})"),
        std::string(R"({"jsonrpc": "2.0", "id": 1, "method": 2})"),
        std::string(R"({"jsonrpc": "2.0", "id": 1})"),
        R"({"jsonrpc": "2.0", "id": ")" + long_id + R"(", "method": "ping"})"}) {
    EXPECT_EQ(refusal(body).code, ErrorCode::invalid_request) << body;
  }
  EXPECT_EQ(refusal(R"({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []})").code,
            ErrorCode::invalid_params);
}

TEST(JsonRpc, BoundsTheNestingOfParams) {
  const std::string open(33, '[');
  const std::string close(33, ']');
  const auto body = [](const std::string& value) {
    return R"({"jsonrpc": "2.0", "id": 1, "method": "x", "params": {"v": )" + value + "}}";
  };
  EXPECT_EQ(refusal(body(open + close)).code, ErrorCode::invalid_request);
  read(body(open.substr(2) + close.substr(2)));
}

TEST(JsonRpc, WritesAnswers) {
  EXPECT_EQ(result_response("\"a\"", "{\"b\":1}").body, R"({"jsonrpc":"2.0","id":"a","result":{"b":1}})");
  RpcError error(ErrorCode::unsupported_version, "no", 400);
  error.data_json = R"({"supported":[]})";
  const http::Response response = error_response({}, error);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            R"({"jsonrpc":"2.0","error":{"code":-32022,"message":"no","data":{"supported":[]}}})");
}

}  // namespace
}  // namespace sallyport::broker::mcp

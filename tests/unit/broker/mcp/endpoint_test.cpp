// The whole endpoint over HTTP, with a fake runner.
#include "broker/service.hpp"
#include "tests/unit/broker/fakes.hpp"
#include "tests/unit/broker/loop_thread.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <memory>
#include <string>

namespace sallyport::broker {
namespace {

using nlohmann::json;
using test::Answer;
using test::Client;

class PassingDoor : public FirstDoor, public OutputDoor {
 public:
  CodeVerdict check(const CodeQuestion& /*question*/) const override { return {}; }
  std::vector<std::string> known_secrets(std::string_view /*context_json*/) const override { return {}; }
  OutputVerdict check(OutputQuestion question) const override {
    OutputVerdict verdict;
    verdict.texts = std::move(question.texts);
    return verdict;
  }
  /// Nothing streams over this protocol.
  std::unique_ptr<LiveInspection> inspect_live(bool /*redact*/,
                                               std::vector<std::string> /*known_secrets*/) const override {
    std::abort();
  }
  std::uint64_t generation() const override { return 0; }
};

class McpEndpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.server.port = 0;
    config_.server.shutdown_seconds = 5;
    loop_.on_loop([this] {
      ServiceParts parts(runner_, catalog_, policies_, audit_, log_);
      parts.version = "1.2.3";
      parts.doors.first = &door_;
      parts.doors.output = &door_;
      service_ = std::make_unique<Service>(loop_.executor(), config_, std::move(parts));
      ASSERT_TRUE(service_->start().has_value());
      port_ = service_->port();
    });
  }
  void TearDown() override {
    loop_.await(service_->shut_down());
    loop_.on_loop([this] { service_.reset(); });
  }
  static std::string request(const json& body,
                             const std::string& more = "MCP-Protocol-Version: 2025-11-25\r\n") {
    const std::string text = body.dump();
    return "POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + more +
           "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
  }
  Answer ask(const std::string& text) {
    Client client(port_);
    client.send(text);
    return client.read_answer();
  }
  static json call(const json& id, const std::string& code = "1") {
    return {{"jsonrpc", "2.0"},
            {"id", id},
            {"method", "tools/call"},
            {"params", {{"name", "run_python"}, {"arguments", {{"code", code}}}}}};
  }
  static json cancel(const json& id) {
    return {{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", id}}}};
  }

  config::Config config_;
  PassingDoor door_;
  test::FakeRunner runner_;
  test::FakeCatalog catalog_;
  test::FakePolicies policies_;
  test::FakeAudit audit_;
  test::FakeLog log_;
  test::LoopThread loop_;
  std::unique_ptr<Service> service_;
  std::uint16_t port_ = 0;
};

const char* const kSession = "MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: s-1\r\n";

TEST_F(McpEndpointTest, RunsAProgram) {
  runner_.outcome.stdout_bytes = "42\n";
  const Answer answer = ask(request(call("a")));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json reply = json::parse(answer.body);
  EXPECT_EQ(reply["id"], "a");
  EXPECT_EQ(reply["result"]["isError"], false);
  EXPECT_EQ(reply["result"]["structuredContent"]["stdout"], "42\n");
  EXPECT_FALSE(reply["result"].contains("resultType"));
}

TEST_F(McpEndpointTest, InitializesASession) {
  const json body = {{"jsonrpc", "2.0"},
                     {"id", 1},
                     {"method", "initialize"},
                     {"params", {{"protocolVersion", "2025-06-18"}, {"capabilities", json::object()}}}};
  const Answer answer = ask(request(body, ""));
  EXPECT_NE(answer.head.find("Mcp-Session-Id: "), std::string::npos);
  EXPECT_EQ(json::parse(answer.body)["result"]["protocolVersion"], "2025-06-18");
  EXPECT_EQ(json::parse(answer.body)["result"]["serverInfo"]["version"], "1.2.3");
  const Answer told = ask(request({{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}}));
  EXPECT_EQ(told.status, 202);
  EXPECT_EQ(told.body, "");
}

TEST_F(McpEndpointTest, ANotificationStopsTheRunOfItsSession) {
  loop_.on_loop([this] { runner_.hold = true; });
  Client client(port_);
  ASSERT_TRUE(client.send(request(call(7), kSession)));
  ASSERT_TRUE(loop_.eventually([this] { return runner_.running == 1; }));
  EXPECT_EQ(ask(request(cancel(7), "MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: s-2\r\n")).status,
            202);
  EXPECT_EQ(ask(request(cancel("7"), kSession)).status, 202);
  EXPECT_EQ(ask(request(cancel(7))).status, 202);
  loop_.on_loop([this] { EXPECT_EQ(runner_.stopped, 0U); });
  EXPECT_EQ(ask(request(cancel(7), kSession)).status, 202);
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "");
  loop_.on_loop([this] { EXPECT_EQ(runner_.stopped, 1U); });
}

TEST_F(McpEndpointTest, AnIdThatRunsIsNotTakenAgain) {
  loop_.on_loop([this] { runner_.hold = true; });
  Client client(port_);
  ASSERT_TRUE(client.send(request(call(7), kSession)));
  ASSERT_TRUE(loop_.eventually([this] { return runner_.running == 1; }));
  EXPECT_EQ(json::parse(ask(request(call(7), kSession)).body)["error"]["code"], -32600);
  loop_.on_loop([this] { runner_.release(); });
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_EQ(json::parse(ask(request(call(7), kSession)).body)["result"]["isError"], false);
}

TEST_F(McpEndpointTest, AClientThatGoesAwayStopsItsRun) {
  loop_.on_loop([this] { runner_.hold = true; });
  Client client(port_);
  ASSERT_TRUE(client.send(request(call(7))));
  ASSERT_TRUE(loop_.eventually([this] { return runner_.running == 1; }));
  client.close();
  EXPECT_TRUE(loop_.eventually([this] { return runner_.stopped == 1; }));
}

TEST_F(McpEndpointTest, SaysWhenTheBrokerIsBusy) {
  loop_.on_loop([this] {
    runner_.outcome.verdict = runners::Verdict::sandbox_failed;
    runner_.outcome.failure = runners::SandboxFailure::engine_unreachable;
  });
  const Answer answer = ask(request(call(1)));
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Retry-After: 5\r\n"), std::string::npos);
  EXPECT_EQ(json::parse(answer.body)["result"]["isError"], true);
}

TEST_F(McpEndpointTest, RefusesPagesOfOtherOrigins) {
  const std::string version = "MCP-Protocol-Version: 2025-11-25\r\n";
  EXPECT_EQ(ask(request(call(1), version + "Origin: http://evil.example\r\n")).status, 403);
  EXPECT_EQ(ask(request(call(1), version + "Origin: null\r\n")).status, 403);
  EXPECT_EQ(ask(request(call(1), version + "Origin: http://localhost:8000\r\n")).status, 200);
  loop_.on_loop([this] { EXPECT_EQ(runner_.jobs.size(), 1U); });
}

TEST_F(McpEndpointTest, AnswersMistakes) {
  EXPECT_EQ(ask("GET /mcp HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
  EXPECT_EQ(ask("DELETE /mcp HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
  EXPECT_EQ(ask(request(json::array())).status, 400);
  EXPECT_EQ(ask(request({{"jsonrpc", "2.0"}, {"id", 1}, {"result", json::object()}})).status, 400);
  const auto code = [&](const std::string& method, const json& params) {
    const json body = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    return json::parse(ask(request(body)).body)["error"]["code"];
  };
  EXPECT_EQ(code("resources/list", json::object()), -32601);
  EXPECT_EQ(code("server/discover", json::object()), -32601);
  EXPECT_EQ(code("tools/list", {{"cursor", "x"}}), -32602);
  EXPECT_EQ(code("tools/call", json::object()), -32602);
  EXPECT_EQ(code("tools/call", {{"name", "rm"}}), -32602);
  EXPECT_EQ(code("initialize", json::object()), -32602);
  json missing = call(1);
  missing["params"].erase("arguments");
  EXPECT_EQ(json::parse(ask(request(missing)).body)["result"]["isError"], true);
}

}  // namespace
}  // namespace sallyport::broker

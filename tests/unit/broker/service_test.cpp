// The whole broker over HTTP, with a fake runner.
#include "broker/service.hpp"

#include "tests/unit/broker/service_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <string>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Answer;
using test::bare_submission;
using test::Client;
using test::get;
using test::post;

class ServiceTest : public test::ServiceFixture {};

TEST_F(ServiceTest, RunsASubmission) {
  runner_.outcome.stdout_bytes = "42\n";
  start();
  const Answer answer =
      ask(post("/v1/executions", bare_submission("print(42)", R"(, "context": {"a": [1, 2]})")));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json reply = json::parse(answer.body);
  EXPECT_EQ(reply["success"], true);
  EXPECT_EQ(reply["stdout"], "42\n");
  EXPECT_EQ(reply["error_type"], nullptr);
  EXPECT_EQ(reply["exit_code"], 0);
  loop_.on_loop([&] {
    ASSERT_EQ(runner_.jobs.size(), 1U);
    EXPECT_EQ(runner_.jobs[0].code, "print(42)");
    EXPECT_EQ(runner_.jobs[0].context_json, R"({"a":[1,2]})");
    EXPECT_EQ(runner_.jobs[0].execution_id, reply["id"]);
    ASSERT_EQ(audit_.entries.size(), 2U);
    EXPECT_EQ(audit_.entries[0].execution_id, reply["id"]);
  });
}

TEST_F(ServiceTest, RefusesWhatItCannotHonour) {
  start();
  const Answer answer = ask(post("/v1/executions", R"({"code": "1"})"));
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(json::parse(answer.body)["error_type"], "ValidationError");
  loop_.on_loop([&] { EXPECT_TRUE(runner_.jobs.empty()); });
}

TEST_F(ServiceTest, AnswersMistakes) {
  start();
  EXPECT_EQ(ask(post("/v1/executions", "{")).status, 400);
  EXPECT_EQ(ask(post("/v1/executions", "")).status, 400);
  EXPECT_EQ(ask(post("/v1/executions", "{}")).status, 422);
  EXPECT_EQ(ask("POST /v1/executions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}").status, 415);
  const Answer method = ask(get("/v1/executions"));
  EXPECT_EQ(method.status, 405);
  EXPECT_NE(method.head.find("Allow: POST, OPTIONS\r\n"), std::string::npos);
  const Answer path = ask(get("/nothing"));
  EXPECT_EQ(path.status, 404);
  EXPECT_EQ(json::parse(path.body)["details"]["paths"],
            json({"/v1/executions", "/v1/validate", "/v1/redact", "/healthz", "/readyz", "/metrics",
                  "/openapi.json", "/mcp"}));
}

TEST_F(ServiceTest, TellsItsMetrics) {
  start();
  ASSERT_EQ(ask(post("/v1/executions", bare_submission("1"))).status, 200);
  runner_.outcome.verdict = runners::Verdict::exception;
  runner_.outcome.exception_type = "KeyError";
  ASSERT_EQ(ask(post("/v1/executions", bare_submission("1"))).status, 200);
  EXPECT_EQ(ask(post("/v1/executions", "{")).status, 400);
  EXPECT_EQ(ask("nonsense\r\n\r\n").status, 400);
  const Answer answer = ask(get("/metrics"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
            std::string::npos);
  for (const char* line :
       {"sallyport_requests_total{route=\"/v1/executions\",status=\"200\",error_type=\"none\"} 1",
        "sallyport_requests_total{route=\"/v1/executions\",status=\"200\",error_type=\"Exception\"} 1",
        "sallyport_requests_total{route=\"/v1/executions\",status=\"400\",error_type=\"ValidationError\"} 1",
        "sallyport_requests_total{route=\"none\",status=\"400\",error_type=\"ValidationError\"} 1",
        "sallyport_connections 1", "sallyport_connections_accepted_total 5", "sallyport_running 0",
        "sallyport_build_info{version=\"1.2.3\"} 1"}) {
    EXPECT_NE(answer.body.find(std::string(line) + "\n"), std::string::npos) << line << "\n" << answer.body;
  }
}

TEST_F(ServiceTest, TellsAUserThatItHasHadEnough) {
  config_.limits.rate_per_minute = 2;
  config_.limits.burst = 1;
  start();
  const auto send = [&](const std::string& user) {
    return ask(post("/v1/executions", bare_submission("1", ", \"user_id\": " + user)));
  };
  EXPECT_EQ(send("7").status, 200);
  const Answer refused = send("7");
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.head.find("HTTP/1.1 429 Too Many Requests\r\n"), std::string::npos);
  EXPECT_NE(refused.head.find("Retry-After: 30\r\n"), std::string::npos) << refused.head;
  EXPECT_EQ(json::parse(refused.body)["details"]["reason"], "user_rate");
  EXPECT_EQ(send("\"7\"").status, 200);
  EXPECT_EQ(send("null").status, 200);
  EXPECT_EQ(send("null").status, 429);
}

TEST_F(ServiceTest, AnEngineThatIsDownIs503WithRetryAfter) {
  runner_.outcome.verdict = runners::Verdict::sandbox_failed;
  runner_.outcome.failure = runners::SandboxFailure::engine_unreachable;
  start();
  const Answer answer = ask(post("/v1/executions", bare_submission("1")));
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.head.find("Retry-After: 5\r\n"), std::string::npos);
  EXPECT_EQ(json::parse(answer.body)["error_type"], "SandboxError");
}

TEST_F(ServiceTest, AClientThatGoesAwayStopsItsRun) {
  runner_.hold = true;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(post("/v1/executions", bare_submission("while True: pass"))));
  ASSERT_TRUE(runs(1));
  client.close();
  EXPECT_TRUE(
      loop_.eventually([this] { return runner_.stopped == 1 && audit_.entries.size() == 2; }, 2000ms));
  EXPECT_TRUE(loop_.eventually([this] { return service_->running() == 0; }));
}

TEST_F(ServiceTest, AClientThatGoesAwayLeavesTheQueue) {
  config_.admission.max_concurrent = 1;
  runner_.hold = true;
  start();
  Client first(port_);
  ASSERT_TRUE(first.send(post("/v1/executions", bare_submission("1"))));
  ASSERT_TRUE(runs(1));
  Client second(port_);
  ASSERT_TRUE(second.send(post("/v1/executions", bare_submission("2"))));
  ASSERT_TRUE(loop_.eventually([this] { return service_->queued() == 1; }));
  second.close();
  ASSERT_TRUE(loop_.eventually([this] { return service_->queued() == 0; }));
  release();
  EXPECT_EQ(first.read_answer().status, 200);
  loop_.on_loop([&] { EXPECT_EQ(runner_.jobs.size(), 1U); });
}

TEST_F(ServiceTest, RefusesAtOnceWhenTheQueueIsFull) {
  config_.admission.max_concurrent = 1;
  config_.admission.max_queued = 0;
  runner_.hold = true;
  start();
  Client first(port_);
  ASSERT_TRUE(first.send(post("/v1/executions", bare_submission("1"))));
  ASSERT_TRUE(runs(1));
  const Answer answer = ask(post("/v1/executions", bare_submission("2")));
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.head.find("Retry-After: "), std::string::npos);
  release();
  EXPECT_EQ(first.read_answer().status, 200);
}

TEST_F(ServiceTest, ARunnerThatThrowsIsOurFault) {
  runner_.throws = true;
  start();
  EXPECT_EQ(ask(post("/v1/executions", bare_submission("1"))).status, 500);
  loop_.on_loop([&] {
    EXPECT_EQ(service_->running(), 0U);
    ASSERT_EQ(audit_.entries.size(), 2U);
    EXPECT_EQ(audit_.entries[1].error->status, 500);
  });
}

TEST_F(ServiceTest, SaysWhetherItLivesAndIsReady) {
  start();
  EXPECT_EQ(ask(get("/healthz")).body, R"({"status":"ok"})");
  EXPECT_EQ(ask(get("/readyz")).body, R"({"status":"ready","running":0,"queued":0})");
  EXPECT_EQ(ask(get("/readyz")).status, 200);
  loop_.on_loop([&] { EXPECT_EQ(runner_.checks, 1U); });
}

TEST_F(ServiceTest, SaysWhyItIsNotReady) {
  runner_.health.ok = false;
  runner_.health.message = "the engine does not answer";
  start();
  const Answer answer = ask(get("/readyz"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(json::parse(answer.body)["message"], "the engine does not answer");
}

TEST_F(ServiceTest, ReadinessHasADeadline) {
  config_.engine.call_timeout_seconds = 0.2;
  runner_.hold = true;
  start();
  runner_.health.ok = false;
  EXPECT_EQ(ask(get("/readyz")).status, 503);
}

TEST_F(ServiceTest, ShutdownFinishesWhatRunsAndSaysThatItDrains) {
  runner_.hold = true;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(post("/v1/executions", bare_submission("1"))));
  Client probe(port_);
  ASSERT_TRUE(probe.send("GET /readyz HTTP/1.1\r\n"));  // The rest comes when the broker drains already.
  ASSERT_TRUE(runs(1));
  auto ended = std::async(std::launch::async, [this] { loop_.await(service_->shut_down()); });
  EXPECT_EQ(ended.wait_for(100ms), std::future_status::timeout);
  ASSERT_TRUE(probe.send("Host: x\r\n\r\n"));
  const Answer draining = probe.read_answer();
  EXPECT_EQ(draining.status, 503);
  EXPECT_EQ(json::parse(draining.body)["message"], "the broker is shutting down");
  release();
  EXPECT_EQ(client.read_answer().status, 200);
  client.close();
  probe.close();
  ended.get();
}

TEST_F(ServiceTest, ShutdownTellsWhoIsCut) {
  config_.server.shutdown_seconds = 0.2;
  runner_.hold = true;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(post("/v1/executions", bare_submission("1"))));
  ASSERT_TRUE(runs(1));
  auto ended = std::async(std::launch::async, [this] { loop_.await(service_->shut_down()); });
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(json::parse(answer.body)["message"], "the broker is shutting down");
  EXPECT_NE(answer.head.find("Retry-After: 5\r\n"), std::string::npos);
  client.close();
  ended.get();
}

TEST_F(ServiceTest, AThousandRequestsLeaveNoDescriptorBehind) {
  start();
  const std::string request = post("/v1/executions", bare_submission("1"));
  Client client(port_);
  ASSERT_TRUE(client.send(request));
  EXPECT_EQ(client.read_answer().status, 200);
  const std::size_t before = test::open_descriptors();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(client.send(request));
    ASSERT_EQ(client.read_answer().status, 200);
  }
  EXPECT_EQ(test::open_descriptors(), before);
}

}  // namespace
}  // namespace sallyport::broker

// Streamed executions over HTTP, with a fake runner.
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
using test::Lines;
using test::post;

class ServiceStreamTest : public test::ServiceFixture {
 protected:
  ServiceStreamTest() { config_.streaming.heartbeat_seconds = 5; }

  void print(const std::string& text) {
    loop_.on_loop([&] { runner_.print(text); });
  }
  static std::string streamed(const char* accept = "application/x-ndjson") {
    return post("/v1/executions", bare_submission("1"), "Accept: " + std::string(accept) + "\r\n");
  }
};

TEST_F(ServiceStreamTest, EventsComeWhileTheSubmissionRuns) {
  hold();
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(streamed()));
  Lines lines(client);
  EXPECT_EQ(lines.head().status, 200);
  EXPECT_NE(lines.head().head.find("Content-Type: application/x-ndjson\r\n"), std::string::npos);
  EXPECT_NE(lines.head().head.find("Cache-Control: no-store\r\n"), std::string::npos);
  json event = lines.next();
  EXPECT_EQ(event["event"], "queued");
  EXPECT_EQ(event["id"], 1);
  const std::string id = event["data"]["id"];
  event = lines.next();
  EXPECT_EQ(event["event"], "started");
  ASSERT_TRUE(runs(1));
  print("one\n");
  event = lines.next();
  EXPECT_EQ(event["event"], "stdout");
  EXPECT_EQ(event["data"]["text"], "one\n");
  print("two\n");
  EXPECT_EQ(lines.next()["data"]["text"], "two\n");
  release();
  event = lines.next();
  EXPECT_EQ(event["event"], "result");
  EXPECT_EQ(event["id"], 5);
  EXPECT_EQ(event["data"]["id"], id);
  EXPECT_EQ(event["data"]["stdout"], "one\ntwo\n");
  EXPECT_EQ(lines.next(), nullptr);
  // The connection is there for more.
  ASSERT_TRUE(client.send(post("/v1/executions", bare_submission("1"))));
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(ServiceStreamTest, ServerSentEvents) {
  runner_.outcome.stdout_bytes = "hi\n";
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(streamed("text/event-stream")));
  EXPECT_NE(client.read_answer(false).head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  std::string text;
  for (std::string chunk = client.read_chunk(); !chunk.empty(); chunk = client.read_chunk()) text += chunk;
  EXPECT_TRUE(text.starts_with("id: 1\nevent: queued\ndata: {\"id\":\"")) << text;
  EXPECT_NE(text.find("event: stdout\ndata: {\"text\":\"hi\\n\"}\n\n"), std::string::npos) << text;
  EXPECT_NE(text.find("event: result\ndata: {\"id\":"), std::string::npos) << text;
}

TEST_F(ServiceStreamTest, WhatIsNotServedIsNoStream) {
  config_.admission.max_concurrent = 1;
  config_.admission.max_queued = 0;
  hold();
  start();
  Client bad(port_);
  ASSERT_TRUE(bad.send(post("/v1/executions", "{}", "Accept: text/event-stream\r\n")));
  EXPECT_EQ(bad.read_answer().status, 422);
  Client first(port_);
  ASSERT_TRUE(first.send(streamed()));
  ASSERT_TRUE(runs(1));
  Client second(port_);
  ASSERT_TRUE(second.send(streamed()));
  const Answer refused = second.read_answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.head.find("Retry-After: "), std::string::npos);
  release();
}

TEST_F(ServiceStreamTest, AnEngineThatFailsLaterIsAnEvent) {
  runner_.outcome.verdict = runners::Verdict::sandbox_failed;
  runner_.outcome.failure = runners::SandboxFailure::engine_unreachable;
  hold();
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(streamed()));
  Lines lines(client);
  EXPECT_EQ(lines.next()["event"], "queued");
  EXPECT_EQ(lines.next()["event"], "started");
  ASSERT_TRUE(runs(1));
  release();
  const json event = lines.next();
  EXPECT_EQ(event["event"], "error");
  EXPECT_EQ(event["data"]["error_type"], "SandboxError");
  EXPECT_EQ(lines.next(), nullptr);
}

TEST_F(ServiceStreamTest, AClientThatGoesAwayStopsItsRun) {
  hold();
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(streamed()));
  ASSERT_TRUE(runs(1));
  client.close();
  ASSERT_TRUE(runs(0));
  EXPECT_EQ(loop_.on_loop([this] { return runner_.stopped; }), 1U);
}

TEST_F(ServiceStreamTest, SilenceIsBrokenByHeartbeats) {
  config_.streaming.heartbeat_seconds = 0.05;
  hold();
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(streamed()));
  Lines lines(client);
  EXPECT_EQ(lines.next()["event"], "queued");
  EXPECT_EQ(lines.next()["event"], "started");
  EXPECT_EQ(lines.next()["event"], "heartbeat");
  EXPECT_EQ(lines.next()["event"], "heartbeat");
  release();
}

TEST_F(ServiceStreamTest, ARunnerThatThrowsEndsTheStreamWithAnError) {
  runner_.throws = true;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(streamed()));
  EXPECT_EQ(client.read_answer().status, 500);
  EXPECT_FALSE(log_.lines().empty());
}

TEST_F(ServiceStreamTest, ShutdownTellsWhoIsCut) {
  config_.server.shutdown_seconds = 0.2;
  hold();
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(streamed()));
  ASSERT_TRUE(runs(1));
  auto ended = std::async(std::launch::async, [this] { stop(); });
  Lines lines(client);
  EXPECT_EQ(lines.next()["event"], "queued");
  EXPECT_EQ(lines.next()["event"], "started");
  const json event = lines.next();
  EXPECT_EQ(event["event"], "error");
  EXPECT_EQ(event["data"]["message"], "the broker is shutting down");
  EXPECT_EQ(lines.next(), nullptr);
  client.close();
  EXPECT_EQ(ended.wait_for(5s), std::future_status::ready);
}

TEST_F(ServiceStreamTest, ItIsCountedAsOtherReplies) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(streamed()));
  Lines lines(client);
  while (lines.next() != nullptr) {
  }
  Client other(port_);
  other.send(test::get("/metrics"));
  const std::string text = other.read_answer().body;
  const std::string counter =
      "sallyport_requests_total{route=\"/v1/executions\",status=\"200\",error_type=\"none\"} 1";
  EXPECT_NE(text.find(counter), std::string::npos) << text.substr(0, 2000);
}

}  // namespace
}  // namespace sallyport::broker

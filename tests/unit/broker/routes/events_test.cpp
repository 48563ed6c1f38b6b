// GET /v1/executions/{id}/events over a list that the test owns.
#include "broker/routes/events.hpp"

#include "broker/http/server.hpp"
#include "tests/unit/broker/fakes.hpp"
#include "tests/unit/broker/loop_thread.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;
using test::Client;
using test::get;

class EventsRouteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.port = 0;
    config_.shutdown_seconds = 0.2;
    streaming_.heartbeat_seconds = 1;
    loop_.on_loop([this] {
      events_ = std::make_shared<ExecutionEvents>(loop_.executor(), 100'000);
      source_.events = events_;
      EventRoutesParts parts(source_, streaming_);
      parts.owner_key = [](const http::Request& request) {
        return std::string(request.head.header("X-Test-Key").value_or("key"));
      };
      http::Router router;
      add_events_routes(router, std::move(parts));
      server_ = std::make_unique<http::Server>(loop_.executor(), config_, std::move(router), log_);
      ASSERT_TRUE(server_->start().has_value());
    });
  }
  void TearDown() override {
    loop_.await(server_->shut_down());
    loop_.on_loop([this] {
      server_.reset();
      events_.reset();
      source_.events.reset();
    });
  }
  void append(const std::string& text) {
    loop_.on_loop([&] { events_->append(EventKind::stdout_text, text); });
  }
  void end() {
    loop_.on_loop([&] { events_->end("{}", ""); });
  }
  static std::string all_of(Client& client) {
    std::string text;
    for (std::string chunk = client.read_chunk(); !chunk.empty(); chunk = client.read_chunk()) text += chunk;
    return text;
  }
  std::string ask(const std::string& more, int status = 200) {
    Client client(server_->port());
    client.send(get("/v1/executions/known/events", more));
    const test::Answer answer = client.read_answer(status != 200);
    EXPECT_EQ(answer.status, status) << more;
    return status == 200 ? all_of(client) : answer.body;
  }

  struct Source : EventSource {
    std::shared_ptr<ExecutionEvents> events;
    int looks = 0;
    bool ended_elsewhere = false;
    boost::asio::awaitable<ApiResult<std::shared_ptr<ExecutionEvents>>> find_events(std::string owner_key,
                                                                                    std::string id,
                                                                                    std::uint64_t) override {
      if (owner_key == "key" && id == "known") co_return events;
      ApiError error;
      error.status = 404;
      co_return error;
    }
    boost::asio::awaitable<void> look(std::string, std::string,
                                      std::shared_ptr<ExecutionEvents> list) override {
      ++looks;
      if (ended_elsewhere) list->end("{}", "");
      co_return;
    }
  };

  Source source_;
  config::Streaming streaming_;
  config::Server config_;
  test::FakeLog log_;
  test::LoopThread loop_;
  std::shared_ptr<ExecutionEvents> events_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(EventsRouteTest, AReaderThatWasCutOffLosesNothingAndGetsNothingTwice) {
  append("one");
  Client client(server_->port());
  ASSERT_TRUE(client.send(get("/v1/executions/known/events")));
  EXPECT_NE(client.read_answer(false).head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_EQ(client.read_chunk(), "id: 1\nevent: stdout\ndata: {\"text\":\"one\"}\n\n");
  append("two");
  EXPECT_EQ(client.read_chunk(), "id: 2\nevent: stdout\ndata: {\"text\":\"two\"}\n\n");
  client.close();
  append("three");
  end();
  EXPECT_EQ(ask("Last-Event-ID: 2\r\n"),
            "id: 3\nevent: stdout\ndata: {\"text\":\"three\"}\n\nid: 4\nevent: result\ndata: {}\n\n");
  ask("Last-Event-ID: 4\r\n", 204);
}

TEST_F(EventsRouteTest, WhatHasEndedElsewhereEndsTheStream) {
  loop_.on_loop([this] { source_.ended_elsewhere = true; });
  EXPECT_EQ(ask("Accept: application/x-ndjson\r\n"),
            "{\"event\":\"heartbeat\"}\n{\"event\":\"result\",\"id\":1,\"data\":{}}\n");
}

TEST_F(EventsRouteTest, TheFormIsTheClientsChoice) {
  append("one");
  end();
  EXPECT_EQ(ask("Accept: application/x-ndjson\r\n"),
            "{\"event\":\"stdout\",\"id\":1,\"data\":{\"text\":\"one\"}}\n"
            "{\"event\":\"result\",\"id\":2,\"data\":{}}\n");
}

TEST_F(EventsRouteTest, NobodySeesTheEventsOfAnother) {
  ask("X-Test-Key: other\r\n", 404);
  Client client(server_->port());
  client.send(get("/v1/executions/unknown/events"));
  EXPECT_EQ(client.read_answer().status, 404);
}

TEST_F(EventsRouteTest, ANumberIsANumber) {
  for (const char* id : {"x", "-1", "1x", "99999999999999999999999", ""}) {
    ask("Last-Event-ID: " + std::string(id) + "\r\n", 400);
  }
}

TEST_F(EventsRouteTest, ANumberOfAnotherListIsToldSo) {
  append("one");
  const std::string text = ask("Last-Event-ID: 7\r\n");
  EXPECT_TRUE(text.starts_with("event: cut\ndata: {\"reason\":\"fell_behind\"")) << text;
}

TEST_F(EventsRouteTest, ShutdownTellsReadersToComeBack) {
  append("one");
  Client client(server_->port());
  ASSERT_TRUE(client.send(get("/v1/executions/known/events")));
  client.read_answer(false);
  EXPECT_EQ(client.read_chunk(), "id: 1\nevent: stdout\ndata: {\"text\":\"one\"}\n\n");
  loop_.await(server_->shut_down());
  EXPECT_TRUE(client.read_chunk().starts_with("event: cut\ndata: {\"reason\":\"shutting_down\""));
  EXPECT_EQ(client.read_chunk(), "");
}

}  // namespace
}  // namespace sallyport::broker

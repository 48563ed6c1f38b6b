// Answers that take their time: waits for an exit, and events.
#include "tests/unit/docker/client_fixture.hpp"

#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>

#include <atomic>
#include <string>
#include <thread>

namespace sallyport::docker {
namespace {

class StreamsTest : public ClientTest {
 protected:
  std::atomic<bool> go_on = false;

  void wait_for_go() {
    while (!go_on) std::this_thread::sleep_for(1ms);
  }
};

TEST_F(StreamsTest, WaitReturnsWithTheHeaderAndGetWithTheExit) {
  serve([&](Peer& peer) {
    const std::string head = peer.read_head();
    EXPECT_THAT(head, ::testing::StartsWith("POST /v1.41/containers/ab/wait?condition=next-exit "));
    peer.send(test::chunked_head());
    wait_for_go();
    peer.send_byte_by_byte(test::chunk("{\"Error\":null,") + test::chunk("\"StatusCode\":137}\n") +
                           "0\r\n\r\n");
    for (;;) {
      peer.read_request();
      peer.answer(200, "{}");
    }
  });
  auto pending = run(client->wait("ab", WaitCondition::next_exit, within()));
  ASSERT_TRUE(pending.has_value()) << pending.error().to_string();
  for (int i = 0; i < 3; ++i) {
    auto early = run(pending->get(within(5ms)));
    ASSERT_TRUE(early.has_error());
    EXPECT_EQ(early.error().kind, ErrorKind::timed_out);
  }
  go_on = true;
  for (int i = 0; i < 2; ++i) {
    auto exit = run(pending->get(within()));
    ASSERT_TRUE(exit.has_value()) << exit.error().to_string();
    EXPECT_EQ(exit->status_code, 137);
  }
  // The answer was complete, so its connection serves on, even after the wait is gone.
  { const PendingExit gone = std::move(*pending); }
  EXPECT_TRUE(run(client->info(within())).has_value());
  EXPECT_EQ(engine->connections(), 1U);
}

TEST_F(StreamsTest, OtherConditions) {
  const auto line_of = [this](WaitCondition condition) {
    std::atomic<bool> good = false;
    const std::string expected =
        condition == WaitCondition::removed ? "condition=removed " : "condition=not-running ";
    serve([&](Peer& peer) {
      good = peer.read_head().find(expected) != std::string::npos;
      peer.answer(200, R"({"StatusCode":0})");
    });
    auto pending = run(client->wait("ab", condition, within()));
    EXPECT_EQ(run(pending->get(within())).value().status_code, 0);
    return good.load();
  };
  EXPECT_TRUE(line_of(WaitCondition::removed));
  EXPECT_TRUE(line_of(WaitCondition::not_running));
}

TEST_F(StreamsTest, WaitThatIsCutOrNonsense) {
  serve({[](Peer& peer) {
           peer.read_head();
           peer.send(test::chunked_head());
         },
         [](Peer& peer) {
           peer.read_head();
           peer.answer(200, "{}");
           peer.read_to_end();
         },
         [](Peer& peer) {
           peer.read_head();
           peer.send(test::chunked_head() + test::chunk(std::string(20'000'000, 'x')));
         }});
  auto cut = run(client->wait("ab", WaitCondition::next_exit, within()));
  ASSERT_TRUE(cut.has_value()) << cut.error().to_string();
  EXPECT_EQ(run(cut->get(within())).error().kind, ErrorKind::closed);
  auto nonsense = run(client->wait("ab", WaitCondition::next_exit, within()));
  ASSERT_TRUE(nonsense.has_value()) << nonsense.error().to_string();
  EXPECT_EQ(run(nonsense->get(within())).error().kind, ErrorKind::malformed);
  client->close_idle();
  // The size of the chunk may already be known when the header is read.
  auto endless = run(client->wait("ab", WaitCondition::next_exit, within()));
  const Error error = endless.has_error() ? endless.error() : run(endless->get(within())).error();
  EXPECT_EQ(error.kind, ErrorKind::too_large);
}

TEST_F(StreamsTest, DestructionEndsAWaitUnderWay) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.send(test::chunked_head());
    peer.read_to_end();
  });
  auto pending = run(client->wait("ab", WaitCondition::next_exit, within()));
  std::optional<PendingExit> holder(std::move(pending).value());
  std::optional<ErrorKind> kind;
  const auto waiter = [&]() -> boost::asio::awaitable<void> {
    auto exit = co_await holder->get(within());
    kind = exit.error().kind;
  };
  boost::asio::co_spawn(context, waiter(), boost::asio::detached);
  context.restart();
  context.run_for(10ms);
  holder.reset();
  context.restart();
  context.run_for(100ms);
  EXPECT_EQ(kind, ErrorKind::closed);
}

std::string event_line(int number) {
  return R"({"Type":"container","Action":"a)" + std::to_string(number) +
         R"(","Actor":{"ID":"ab"},"timeNano":1})" + "\n";
}

TEST_F(StreamsTest, EventsComeInAnySplit) {
  serve([](Peer& peer) {
    const std::string head = peer.read_head();
    EXPECT_THAT(head,
                ::testing::ContainsRegex("^GET /v1.41/events\\?since=[0-9]+\\.[0-9]{9}&filters=%7B%22label"));
    peer.send(test::chunked_head());
    const std::string text = event_line(0) + event_line(1) + "\n" + event_line(2);
    for (std::size_t at = 0; at < text.size(); at += 7)
      peer.send(test::chunk(std::string_view(text).substr(at, 7)));
    peer.send("0\r\n\r\n");
  });
  Labels labels;
  labels["k"] = "v";
  auto events = run(client->events(EventFilter(labels), within()));
  ASSERT_TRUE(events.has_value()) << events.error().to_string();
  for (int i = 0; i < 3; ++i) {
    auto event = run(events->next(within()));
    ASSERT_TRUE(event.has_value()) << event.error().to_string();
    EXPECT_EQ((*event)->action, "a" + std::to_string(i));
  }
  for (int i = 0; i < 2; ++i) {
    auto end = run(events->next(within()));
    ASSERT_TRUE(end.has_value()) << end.error().to_string();
    EXPECT_FALSE(end->has_value());
  }
}

TEST_F(StreamsTest, EventsGoOnAfterATimeOut) {
  serve([&](Peer& peer) {
    peer.read_head();
    peer.send(test::chunked_head() + test::chunk(event_line(0).substr(0, 20)));
    wait_for_go();
    peer.send(test::chunk(event_line(0).substr(20)));
    peer.read_to_end();
  });
  auto events = run(client->events(EventFilter(), within()));
  ASSERT_TRUE(events.has_value()) << events.error().to_string();
  EXPECT_EQ(run(events->next(within(10ms))).error().kind, ErrorKind::timed_out);
  go_on = true;
  auto event = run(events->next(within()));
  ASSERT_TRUE(event.has_value()) << event.error().to_string();
  EXPECT_EQ((*event)->action, "a0");
}

TEST_F(StreamsTest, BrokenEvents) {
  const auto error_of = [this](std::string wire) {
    ClientOptions options;
    options.max_line_bytes = 1000;
    options.max_response_bytes = 1000;
    serve(
        [wire = std::move(wire)](Peer& peer) {
          peer.read_head();
          peer.send(wire);
        },
        options);
    auto events = run(client->events(EventFilter(), within()));
    if (events.has_error()) return events.error();
    auto event = run(events->next(within()));
    return event.has_error() ? event.error() : Error();
  };
  const std::string head = test::chunked_head();
  EXPECT_EQ(error_of(head + test::chunk("nonsense\n")).kind, ErrorKind::malformed);
  EXPECT_EQ(error_of(head + test::chunk("{}\n")).kind, ErrorKind::malformed);
  EXPECT_EQ(error_of(head + test::chunk(std::string(1001, ' '))).kind, ErrorKind::too_large);
  EXPECT_EQ(error_of(head).kind, ErrorKind::closed);
  EXPECT_EQ(error_of(test::http_answer(400, R"({"message":"bad filter"})")).message, "bad filter");
  EXPECT_EQ(error_of(test::chunked_head(500) + test::chunk(std::string(100'000, 'x'))).kind,
            ErrorKind::too_large);
}

}  // namespace
}  // namespace sallyport::docker

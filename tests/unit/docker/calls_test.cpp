// Whole calls against a scripted engine: what goes out, and every way in which an answer can go wrong.
#include "tests/unit/docker/client_fixture.hpp"

#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace sallyport::docker {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class CallsTest : public ClientTest {
 protected:
  /// Answers one request and keeps it.
  Script answer_once(int status, std::string body) {
    return [this, status, body = std::move(body)](Peer& peer) {
      const std::string request = peer.read_request();
      {
        const std::lock_guard lock(mutex_);
        request_ = request;
      }
      peer.answer(status, body);
    };
  }

  std::string request() {
    const std::lock_guard lock(mutex_);
    return request_;
  }

  std::string request_line() {
    const std::string text = request();
    return text.substr(0, text.find("\r\n"));
  }

 private:
  std::mutex mutex_;
  std::string request_;
};

TEST_F(CallsTest, PingIsUnversioned) {
  serve(answer_once(200, "OK"));
  EXPECT_TRUE(run(client->ping(within())).has_value());
  EXPECT_EQ(request_line(), "GET /_ping HTTP/1.1");
  EXPECT_THAT(request(), HasSubstr("\r\nHost: docker\r\n"));
}

TEST_F(CallsTest, EachCallIsReportedByItsKind) {
  std::vector<std::string> heard;
  ClientOptions options;
  options.on_call = [&heard](const CallReport& report) {
    EXPECT_GE(report.duration.count(), 0);
    heard.push_back(std::string(report.call) + ": " + std::string(report.error));
  };
  serve(always(404, R"({"message":"no such thing"})"), options);
  run(client->ping(within()));
  run(client->start("c0ffee", within()));
  run(client->inspect_image("python:3.11", within()));
  run(client->remove("c0ffee", within()));
  run(client->start("../x", within()));  // Never sent.
  const std::vector<std::string> expected = {
      "GET /_ping: not found", "POST /containers/{id}/start: not found", "GET /images/{name}/json: not found",
      "DELETE /containers/{id}: not found"};
  EXPECT_EQ(heard, expected);
}

TEST_F(CallsTest, ACallThatFindsNoEngineIsReportedToo) {
  std::string error;
  ClientOptions options;
  options.socket_path = "/nonexistent/engine.sock";
  options.on_call = [&error](const CallReport& report) { error = report.error; };
  client = std::make_unique<Client>(context.get_executor(), options);
  EXPECT_TRUE(run(client->ping(within())).has_error());
  EXPECT_EQ(error, to_string(ErrorKind::connect_failed));
}

TEST_F(CallsTest, NegotiatedVersionIsUsed) {
  std::mutex mutex;
  std::string lines;
  serve([&](Peer& peer) {
    for (const char* body : {"{}", R"({"ApiVersion":"1.52","MinAPIVersion":"1.44"})", "{}"}) {
      const std::string request = peer.read_request();
      {
        const std::lock_guard lock(mutex);
        lines += request.substr(0, request.find(" HTTP")) + "\n";
      }
      peer.answer(200, body);
    }
  });
  EXPECT_TRUE(run(client->info(within())).has_value());
  EXPECT_TRUE(run(client->negotiate(within())).has_value());
  EXPECT_TRUE(run(client->info(within())).has_value());
  const std::lock_guard lock(mutex);
  EXPECT_EQ(lines, "GET /v1.41/info\nGET /version\nGET /v1.47/info\n");
}

TEST_F(CallsTest, NoCommonVersion) {
  serve(always(200, R"({"ApiVersion":"1.38","MinAPIVersion":"1.12"})"));
  auto version = run(client->negotiate(within()));
  ASSERT_TRUE(version.has_error());
  EXPECT_THAT(version.error().to_string(), StartsWith("GET /version: engine error: no common API version"));
}

TEST_F(CallsTest, CreateSendsItsBodyAndGivesTheWarnings) {
  serve(
      answer_once(201, R"({"Id":"ab","Warnings":["Your kernel does not support swap limit capabilities"]})"));
  ContainerSpec spec;
  spec.name = "my.name";
  spec.image = "image:1";
  auto created = run(client->create_container(spec, within()));
  ASSERT_TRUE(created.has_value()) << created.error().to_string();
  EXPECT_EQ(created->id, "ab");
  EXPECT_EQ(created->warnings.size(), 1U);
  EXPECT_EQ(request_line(), "POST /v1.41/containers/create?name=my.name HTTP/1.1");
  EXPECT_THAT(request(), HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(request(), HasSubstr("\"Image\":\"image:1\""));
}

TEST_F(CallsTest, RequestLines) {
  const auto line_of = [this](auto call) {
    serve(answer_once(200, "{}"));
    (void)run(call());
    return request_line();
  };
  Labels labels;
  labels["k"] = "a b";
  EXPECT_EQ(line_of([&] { return client->start("ab", within()); }),
            "POST /v1.41/containers/ab/start HTTP/1.1");
  EXPECT_EQ(line_of([&] { return client->inspect("ab", within()); }),
            "GET /v1.41/containers/ab/json HTTP/1.1");
  EXPECT_EQ(line_of([&] { return client->stats("ab", within()); }),
            "GET /v1.41/containers/ab/stats?stream=false&one-shot=true HTTP/1.1");
  EXPECT_EQ(line_of([&] { return client->update("ab", ContainerUpdate(), within()); }),
            "POST /v1.41/containers/ab/update HTTP/1.1");
  EXPECT_EQ(line_of([&] { return client->kill("ab", "SIGRTMIN+3", within()); }),
            "POST /v1.41/containers/ab/kill?signal=SIGRTMIN%2B3 HTTP/1.1");
  EXPECT_EQ(line_of([&] { return client->remove("ab", within()); }),
            "DELETE /v1.41/containers/ab?force=true&v=true HTTP/1.1");
  EXPECT_EQ(line_of([&] { return client->list_containers(labels, within()); }),
            "GET /v1.41/containers/json?all=true&filters=%7B%22label%22%3A%5B%22k%3Da%20b%22%5D%7D HTTP/1.1");
  EXPECT_EQ(line_of([&] { return client->list_images(Labels(), within()); }),
            "GET /v1.41/images/json HTTP/1.1");
  EXPECT_EQ(line_of([&] { return client->inspect_image("a/b:1", within()); }),
            "GET /v1.41/images/a/b:1/json HTTP/1.1");
  EXPECT_EQ(line_of([&] { return client->tag_image("a", "b", "2", within()); }),
            "POST /v1.41/images/a/tag?repo=b&tag=2 HTTP/1.1");
  EXPECT_EQ(line_of([&] { return client->remove_image("a", true, within()); }),
            "DELETE /v1.41/images/a?force=true HTTP/1.1");
}

TEST_F(CallsTest, NothingGoesOutForANameThatIsNone) {
  serve(always(200, "{}"));
  const auto expect_invalid = [this](auto task) {
    auto outcome = run(std::move(task));
    ASSERT_TRUE(outcome.has_error());
    EXPECT_EQ(outcome.error().kind, ErrorKind::invalid_request) << outcome.error().to_string();
    EXPECT_FALSE(outcome.error().call.empty());
  };
  const std::string bad = "../../info?x\r\nA: b";
  expect_invalid(client->start(bad, within()));
  expect_invalid(client->inspect(bad, within()));
  expect_invalid(client->stats(bad, within()));
  expect_invalid(client->update(bad, ContainerUpdate(), within()));
  expect_invalid(client->kill(bad, "KILL", within()));
  expect_invalid(client->kill("ab", bad, within()));
  expect_invalid(client->remove(bad, within()));
  expect_invalid(client->attach(bad, within()));
  expect_invalid(client->wait(bad, WaitCondition::next_exit, within()));
  expect_invalid(client->inspect_image(bad, within()));
  expect_invalid(client->remove_image(bad, true, within()));
  expect_invalid(client->tag_image(bad, "a", "b", within()));
  expect_invalid(client->tag_image("a", bad, "b", within()));
  expect_invalid(client->tag_image("a", "b", bad, within()));
  expect_invalid(client->pull_image(bad, {}, within()));
  ContainerSpec spec;
  spec.name = bad;
  expect_invalid(client->create_container(spec, within()));
  ImageImportOptions import_options;
  import_options.repository = bad;
  expect_invalid(client->import_image(import_options, {}, {}, within()));
  ImageBuildOptions build_options;
  build_options.tag = bad;
  expect_invalid(client->build_image(build_options, {}, {}, within()));
  ImageBuildOptions other_runtime;
  other_runtime.runtime = "runsc";
  expect_invalid(client->build_image(other_runtime, {}, {}, within()));
  EXPECT_EQ(engine->connections(), 0U);
}

TEST_F(CallsTest, EngineErrorKeepsStatusAndMessage) {
  serve(always(409, R"({"message":"Conflict. The name\nis in use"})"));
  auto started = run(client->start("ab", within()));
  ASSERT_TRUE(started.has_error());
  EXPECT_TRUE(started.error().is_conflict());
  EXPECT_EQ(started.error().to_string(), "POST /containers/ab/start: 409 Conflict. The name is in use");
  // The connection is in order and serves the next call.
  EXPECT_TRUE(run(client->start("ab", within())).has_error());
  EXPECT_EQ(engine->connections(), 1U);
}

TEST_F(CallsTest, ErrorPageThatIsNotJson) {
  serve(always(502, "<html>bad gateway</html>"));
  auto info = run(client->info(within()));
  ASSERT_TRUE(info.has_error());
  EXPECT_EQ(info.error().status, 502);
  EXPECT_EQ(info.error().message, "<html>bad gateway</html>");
}

TEST_F(CallsTest, RemoveOfWhatIsGoneIsSuccess) {
  serve(always(404, R"({"message":"No such container"})"));
  EXPECT_TRUE(run(client->remove("ab", within())).has_value());
}

TEST_F(CallsTest, StartOfWhatRunsIsSuccess) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 304 Not Modified\r\n\r\n");
  });
  EXPECT_TRUE(run(client->start("ab", within())).has_value());
}

TEST_F(CallsTest, AnswerByteByByte) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.send_byte_by_byte(test::http_answer(201, R"({"Id":"ab"})"));
    peer.read_request();
    peer.send_byte_by_byte(test::chunked_head() + test::chunk("{\"Id\":") + test::chunk("\"cd\"}") +
                           "0\r\n\r\n");
  });
  EXPECT_EQ(run(client->create_container(ContainerSpec(), within())).value().id, "ab");
  EXPECT_EQ(run(client->create_container(ContainerSpec(), within())).value().id, "cd");
  EXPECT_EQ(engine->connections(), 1U);
}

TEST_F(CallsTest, BrokenAnswers) {
  const auto error_of = [this](std::string answer) {
    ClientOptions options;
    options.max_response_bytes = 10'000;
    serve(
        [answer = std::move(answer)](Peer& peer) {
          peer.read_request();
          peer.send(answer);
        },
        options);
    auto info = run(client->info(within()));
    EXPECT_TRUE(info.has_error());
    return info.has_error() ? info.error() : Error();
  };
  EXPECT_EQ(error_of("").kind, ErrorKind::closed);
  EXPECT_EQ(error_of("HTTP/1.1 200").kind, ErrorKind::closed);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{").kind, ErrorKind::closed);
  EXPECT_EQ(error_of(test::chunked_head() + test::chunk("{}")).kind, ErrorKind::closed);
  EXPECT_EQ(error_of("SSH-2.0-OpenSSH_9.2\r\n\r\n").kind, ErrorKind::malformed);
  EXPECT_EQ(error_of(test::http_answer(200, "[]")).kind, ErrorKind::malformed);
  EXPECT_EQ(error_of(test::http_answer(200, "nonsense")).kind, ErrorKind::malformed);
  EXPECT_EQ(error_of(test::http_answer(301, "")).kind, ErrorKind::malformed);
  EXPECT_EQ(error_of("HTTP/1.1 101 Switching\r\n\r\n").kind, ErrorKind::malformed);
  EXPECT_EQ(error_of(test::http_answer(200, std::string(10'001, ' '))).kind, ErrorKind::too_large);
  EXPECT_EQ(error_of(test::http_answer(500, std::string(10'001, ' '))).kind, ErrorKind::too_large);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nA: " + std::string(200'000, 'x')).kind, ErrorKind::too_large);
  const Error error = error_of("");
  EXPECT_EQ(error.call, "GET /info");
}

TEST_F(CallsTest, HangIsCutAtTheDeadlineAndTheConnectionIsNotUsedAgain) {
  serve({[](Peer& peer) {
           peer.read_request();
           peer.read_to_end();
         },
         always(200, "{}")});
  const auto begin = base::Clock::now();
  auto info = run(client->info(within(50ms)));
  const auto spent = base::Clock::now() - begin;
  ASSERT_TRUE(info.has_error());
  EXPECT_EQ(info.error().kind, ErrorKind::timed_out);
  EXPECT_GE(spent, 50ms);
  EXPECT_LT(spent, 2s);
  EXPECT_TRUE(run(client->info(within())).has_value());
  EXPECT_EQ(engine->connections(), 2U);
}

TEST_F(CallsTest, SlowTrickleDoesNotMoveTheDeadline) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    for (;;) {
      peer.send(" ");
      std::this_thread::sleep_for(2ms);
    }
  });
  const auto begin = base::Clock::now();
  auto info = run(client->info(within(60ms)));
  ASSERT_TRUE(info.has_error());
  EXPECT_EQ(info.error().kind, ErrorKind::timed_out);
  EXPECT_LT(base::Clock::now() - begin, 2s);
}

TEST_F(CallsTest, DeadlineThatHasPassed) {
  serve(always(200, "{}"));
  auto info = run(client->info(within(-1s)));
  ASSERT_TRUE(info.has_error());
  EXPECT_EQ(info.error().kind, ErrorKind::timed_out);
}

TEST_F(CallsTest, EngineThatDoesNotReadIsCutAtTheDeadline) {
  serve([](Peer& peer) { peer.stall(); });
  ContainerSpec spec;
  spec.environment.emplace_back(16 << 20, 'x');
  auto created = run(client->create_container(spec, within(100ms)));
  ASSERT_TRUE(created.has_error());
  EXPECT_EQ(created.error().kind, ErrorKind::timed_out);
}

TEST_F(CallsTest, StopFromAnotherThread) {
  std::stop_source stop;
  serve([&](Peer& peer) {
    peer.read_request();
    stop.request_stop();
    peer.read_to_end();
  });
  const base::CallBounds bounds(base::Deadline::after(10s), stop.get_token());
  auto info = run(client->info(bounds));
  ASSERT_TRUE(info.has_error());
  EXPECT_EQ(info.error().kind, ErrorKind::stopped);
  // A token that is triggered already: not even a connection.
  auto again = run(client->info(bounds));
  ASSERT_TRUE(again.has_error());
  EXPECT_EQ(again.error().kind, ErrorKind::stopped);
  EXPECT_EQ(engine->connections(), 1U);
}

TEST_F(CallsTest, StopRacesWithTheAnswer) {
  serve(always(200, "{}"));
  for (int i = 0; i < 200; ++i) {
    std::stop_source stop;
    std::thread stopper([&stop, i] {
      std::this_thread::sleep_for(std::chrono::microseconds(i));
      stop.request_stop();
    });
    auto info = run(client->info(base::CallBounds(base::Deadline::after(10s), stop.get_token())));
    stopper.join();
    if (info.has_error()) {
      EXPECT_EQ(info.error().kind, ErrorKind::stopped) << info.error().to_string();
    }
  }
  EXPECT_TRUE(run(client->info(within())).has_value());
}

TEST_F(CallsTest, OneConnectionServesCallAfterCall) {
  serve(always(200, "{}"));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(run(client->info(within())).has_value());
  EXPECT_EQ(engine->connections(), 1U);
  client->close_idle();
  EXPECT_TRUE(run(client->info(within())).has_value());
  EXPECT_EQ(engine->connections(), 2U);
}

TEST_F(CallsTest, ConnectionThatTheEngineClosedWhileIdleIsReplaced) {
  const Script one_answer = [](Peer& peer) {
    peer.read_request();
    peer.answer(201, R"({"Id":"ab"})");
  };
  serve({one_answer, one_answer, one_answer});
  // Not even a create needs a repetition: the close is seen before anything is sent.
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(run(client->create_container(ContainerSpec(), within())).has_value());
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(engine->connections(), 3U);
}

TEST_F(CallsTest, SafeCallIsRepeatedOnceWhenAReusedConnectionDies) {
  const Script dies_at_the_second = [](Peer& peer) {
    peer.read_request();
    peer.answer(200, "{}");
    peer.read_request();
  };
  serve({dies_at_the_second, always(200, "{}")});
  EXPECT_TRUE(run(client->info(within())).has_value());
  EXPECT_TRUE(run(client->info(within())).has_value());
  EXPECT_EQ(engine->connections(), 2U);
}

TEST_F(CallsTest, UnsafeCallIsNotRepeated) {
  const Script dies_at_the_second = [](Peer& peer) {
    peer.read_request();
    peer.answer(200, "{}");
    peer.read_request();
  };
  serve({dies_at_the_second, always(201, R"({"Id":"ab"})")});
  EXPECT_TRUE(run(client->info(within())).has_value());
  auto created = run(client->create_container(ContainerSpec(), within()));
  ASSERT_TRUE(created.has_error());
  EXPECT_EQ(created.error().kind, ErrorKind::closed);
  EXPECT_EQ(engine->connections(), 1U);
}

TEST_F(CallsTest, NothingIsRepeatedAfterAByteOfAnAnswerOrOnANewConnection) {
  serve({[](Peer& peer) {
           peer.read_request();
           peer.answer(200, "{}");
           peer.read_request();
           peer.send("H");
         },
         [](Peer& peer) { peer.read_request(); }, always(200, "{}")});
  EXPECT_TRUE(run(client->info(within())).has_value());
  auto cut = run(client->info(within()));
  ASSERT_TRUE(cut.has_error());
  EXPECT_EQ(cut.error().kind, ErrorKind::closed);
  EXPECT_EQ(engine->connections(), 1U);
  auto died = run(client->info(within()));
  ASSERT_TRUE(died.has_error());
  EXPECT_EQ(died.error().kind, ErrorKind::closed);
  EXPECT_EQ(engine->connections(), 2U);
}

TEST_F(CallsTest, TalkativeConnectionIsNotUsedAgain) {
  serve({[](Peer& peer) {
           peer.read_request();
           peer.send(test::http_answer(200, "{}") + "unasked");
           peer.read_to_end();
         },
         always(200, "{}")});
  EXPECT_TRUE(run(client->info(within())).has_value());
  EXPECT_TRUE(run(client->info(within())).has_value());
  EXPECT_EQ(engine->connections(), 2U);
}

TEST_F(CallsTest, ManyCallsShareFewConnections) {
  std::atomic<int> at_once = 0;
  std::atomic<int> most_at_once = 0;
  ClientOptions options;
  options.max_connections = 3;
  serve(
      [&](Peer& peer) {
        for (;;) {
          peer.read_request();
          const int now = ++at_once;
          int seen = most_at_once;
          while (seen < now && !most_at_once.compare_exchange_weak(seen, now)) {
          }
          std::this_thread::sleep_for(1ms);
          --at_once;
          peer.answer(200, "{}");
        }
      },
      options);
  std::size_t done = 0;
  constexpr std::size_t calls = 60;
  const auto one = [&]() -> boost::asio::awaitable<void> {
    auto info = co_await client->info(within());
    EXPECT_TRUE(info.has_value()) << info.error().to_string();
    ++done;
  };
  for (std::size_t i = 0; i < calls; ++i) boost::asio::co_spawn(context, one(), boost::asio::detached);
  context.restart();
  while (done < calls && context.run_one() > 0) {
  }
  EXPECT_EQ(engine->connections(), 3U);
  EXPECT_LE(most_at_once, 3);
}

TEST_F(CallsTest, NobodyListens) {
  ClientOptions options;
  for (const std::string& path :
       {std::string("/nonexistent/engine.sock"), std::string(), std::string(500, 'x')}) {
    options.socket_path = path;
    Client lonely(context.get_executor(), options);
    auto pinged = run(lonely.ping(within()));
    ASSERT_TRUE(pinged.has_error());
    EXPECT_EQ(pinged.error().kind, ErrorKind::connect_failed) << pinged.error().to_string();
    EXPECT_EQ(pinged.error().call, "GET /_ping");
  }
}

TEST_F(CallsTest, CoroutinesUnderWayMayDieWithTheContext) {
  auto owned = std::make_unique<boost::asio::io_context>();
  FakeEngine silent([](Peer& peer) { peer.read_to_end(); });
  ClientOptions options;
  options.socket_path = silent.socket_path();
  options.max_connections = 1;
  std::stop_source stop;
  auto doomed = std::make_unique<Client>(owned->get_executor(), options);
  const auto one = [&]() -> boost::asio::awaitable<void> {
    (void)co_await doomed->info(base::CallBounds(base::Deadline::after(10s), stop.get_token()));
  };
  for (int i = 0; i < 3; ++i) boost::asio::co_spawn(*owned, one(), boost::asio::detached);
  owned->run_for(20ms);
  owned.reset();
  stop.request_stop();
}

}  // namespace
}  // namespace sallyport::docker

// Answers whose body is produced while it is sent, over real sockets of the loopback interface.
#include "base/event.hpp"
#include "broker/http/server.hpp"
#include "tests/unit/broker/fakes.hpp"
#include "tests/unit/broker/loop_thread.hpp"

#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace sallyport::broker::http {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::Client;
using test::get;
using test::LoopThread;

struct FakeObserver : RequestObserver {
  std::vector<std::string> seen;
  void answered(std::string_view route, int status, std::string_view error_type) override {
    seen.push_back(std::string(route) + " " + std::to_string(status) + " " + std::string(error_type));
  }
};

class StreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.port = 0;
    config_.shutdown_seconds = 5;
  }
  void TearDown() override {
    if (server_) stop();
  }
  void start() {
    loop_.on_loop([this] {
      server_ = std::make_unique<Server>(loop_.executor(), config_, routes(), log_, &observer_);
      const auto started = server_->start();
      ASSERT_TRUE(started.has_value()) << started.error().message;
      port_ = server_->port();
    });
  }
  void stop() {
    loop_.await(server_->shut_down());
    loop_.on_loop([this] { server_.reset(); });
  }

  Router routes() {
    Router router;
    const auto add = [&router](const char* path, BodyProducer produce) {
      router.add(
          {"GET", path, Scope::open, false, [produce](Request, std::stop_token) { return answer(produce); }});
    };
    router.add({"GET", "/hello", Scope::open, false, [](Request, std::stop_token) { return answer({}); }});
    add("/two", [this](BodyWriter& writer, std::stop_token stop) { return two(writer, std::move(stop)); });
    add("/flood",
        [this](BodyWriter& writer, std::stop_token stop) { return flood(writer, std::move(stop)); });
    add("/large", [this](BodyWriter& writer, std::stop_token) { return large(writer); });
    add("/broken", [](BodyWriter& writer, std::stop_token) { return broken(writer); });
    add("/fault", [](BodyWriter& writer, std::stop_token) { return fault(writer); });
    return router;
  }

  static boost::asio::awaitable<Response> answer(BodyProducer produce) {
    Response response;
    response.content_type = "text/plain";
    response.produce = std::move(produce);
    if (!response.produce) response.body = "hello";
    co_return response;
  }

  boost::asio::awaitable<BodyEnd> two(BodyWriter& writer, std::stop_token stop) {
    ++calls_;
    co_await writer.write("one");
    const auto executor = co_await boost::asio::this_coro::executor;
    gate_ = std::make_unique<base::Event>(executor);
    base::Event gate = *gate_;
    base::CallBounds bounds(base::Deadline::after(30s), std::move(stop));
    const base::WaitStatus status = co_await gate.wait(std::move(bounds));
    BodyEnd end;
    if (status == base::WaitStatus::stopped) {
      ++stopped_;
      end.error_type = "Stopped";
    }
    co_await writer.write(status == base::WaitStatus::ready ? "two" : "stopped");
    co_return end;
  }

  boost::asio::awaitable<BodyEnd> flood(BodyWriter& writer, std::stop_token stop) {
    const std::string piece(32 * 1024, 'x');
    bool more = true;
    while (more && !stop.stop_requested()) {
      more = co_await writer.write(piece);
      if (more) produced_ += piece.size();
    }
    ++ended_;
    BodyEnd end;
    end.complete = false;
    co_return end;
  }

  boost::asio::awaitable<BodyEnd> large(BodyWriter& writer) {
    const std::string piece(8 << 20, 'x');
    co_await writer.write(piece);
    co_await writer.write("");
    BodyEnd end;
    co_return end;
  }

  static boost::asio::awaitable<BodyEnd> broken(BodyWriter& writer) {
    co_await writer.write("half");
    BodyEnd end;
    end.complete = false;
    co_return end;
  }

  static boost::asio::awaitable<BodyEnd> fault(BodyWriter& writer) {
    co_await writer.write("half");
    throw std::runtime_error("secret detail");
  }

  bool producer_waits() {
    return loop_.eventually([this] { return gate_ != nullptr; });
  }
  void open_gate() {
    loop_.on_loop([this] { gate_->set(); });
  }
  std::vector<std::string> seen() {
    return loop_.on_loop([this] { return observer_.seen; });
  }

  config::Server config_;
  test::FakeLog log_;
  FakeObserver observer_;
  LoopThread loop_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<base::Event> gate_;
  int calls_ = 0;
  int stopped_ = 0;
  int ended_ = 0;
  std::size_t produced_ = 0;
  std::uint16_t port_ = 0;
};

TEST_F(StreamTest, PiecesGoOutAsTheyAreMadeAndTheConnectionLives) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/two")));
  const Answer head = client.read_answer(false);
  EXPECT_EQ(head.status, 200);
  EXPECT_NE(head.head.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << head.head;
  EXPECT_EQ(head.head.find("Content-Length"), std::string::npos);
  EXPECT_EQ(client.read_chunk(), "one");
  ASSERT_TRUE(producer_waits());
  EXPECT_TRUE(seen().empty());
  open_gate();
  EXPECT_EQ(client.read_chunk(), "two");
  EXPECT_EQ(client.read_chunk(), "");
  ASSERT_TRUE(client.send(get("/hello")));
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_EQ(seen().front(), "/two 200 ");
}

TEST_F(StreamTest, ARequestBehindAStreamWaitsForItsTurn) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/two") + get("/hello")));
  ASSERT_TRUE(producer_waits());
  std::this_thread::sleep_for(250ms);  // The watch has looked at the unread bytes.
  open_gate();
  client.read_answer(false);
  EXPECT_EQ(client.read_chunk(), "one");
  EXPECT_EQ(client.read_chunk(), "two");
  EXPECT_EQ(client.read_chunk(), "");
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST_F(StreamTest, Http10GetsItUntilTheConnectionEnds) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send("GET /two HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  ASSERT_TRUE(producer_waits());
  open_gate();
  EXPECT_TRUE(client.ended());
  const std::string& all = client.received();
  EXPECT_EQ(all.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(all.ends_with("\r\n\r\nonetwo")) << all;
}

TEST_F(StreamTest, HeadHasNoBodyAndProducesNone) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send("HEAD /two HTTP/1.1\r\nHost: x\r\n\r\n" + get("/hello")));
  EXPECT_EQ(client.read_answer(false).status, 200);
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_EQ(calls_, 0);
}

TEST_F(StreamTest, ALargePieceGoesOutWhole) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/large")));
  client.read_answer(false);
  std::size_t total = 0;
  for (std::string chunk = client.read_chunk(); !chunk.empty(); chunk = client.read_chunk()) {
    total += chunk.size();
  }
  EXPECT_EQ(total, std::size_t{8 << 20});
}

TEST_F(StreamTest, AProducerIsNoFasterThanItsReader) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/flood")));
  ASSERT_TRUE(loop_.eventually([this] { return produced_ > 0; }));
  std::size_t before = 1;
  std::size_t now = 0;
  // Until the kernel's buffers are full.
  while (before != now) {
    before = now;
    std::this_thread::sleep_for(100ms);
    now = loop_.on_loop([this] { return produced_; });
  }
  EXPECT_LT(now, std::size_t{32 << 20});
  client.reset();
  EXPECT_TRUE(loop_.eventually([this] { return ended_ == 1; }));
}

TEST_F(StreamTest, AReaderThatTakesNothingIsCut) {
  config_.write_timeout_seconds = 0.3;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/flood")));
  EXPECT_TRUE(loop_.eventually([this] { return ended_ == 1; }));
  EXPECT_TRUE(loop_.eventually([this] { return server_->connections() == 0; }));
}

TEST_F(StreamTest, AClientThatClosesStopsTheProducer) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/two")));
  ASSERT_TRUE(producer_waits());
  client.close();
  EXPECT_TRUE(loop_.eventually([this] { return stopped_ == 1; }, 2000ms));
  EXPECT_TRUE(loop_.eventually([this] { return server_->connections() == 0; }));
  EXPECT_EQ(seen().front(), "/two 200 Stopped");
}

TEST_F(StreamTest, AClientThatHalfClosesIsStoppedAndToldSo) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/two")));
  client.half_close();
  client.read_answer(false);
  EXPECT_EQ(client.read_chunk(), "one");
  EXPECT_EQ(client.read_chunk(), "stopped");
  EXPECT_EQ(client.read_chunk(), "");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(loop_.on_loop([this] { return calls_; }), 1);
}

TEST_F(StreamTest, ABodyThatBrokeOffHasNoLastChunk) {
  start();
  for (const char* path : {"/broken", "/fault"}) {
    Client client(port_);
    ASSERT_TRUE(client.send(get(path)));
    client.read_answer(false);
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(client.received(), "4\r\nhalf\r\n") << path;
  }
  ASSERT_EQ(log_.lines().size(), 1U);
  EXPECT_EQ(log_.lines()[0], "handler_fault: GET /fault: secret detail");
}

TEST_F(StreamTest, ShutdownLetsAStreamFinish) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/two")));
  ASSERT_TRUE(producer_waits());
  auto ended = std::async(std::launch::async, [this] { stop(); });
  ASSERT_TRUE(loop_.eventually([this] { return server_ && server_->draining(); }));
  EXPECT_EQ(ended.wait_for(100ms), std::future_status::timeout);
  open_gate();
  client.read_answer(false);
  EXPECT_EQ(client.read_chunk(), "one");
  EXPECT_EQ(client.read_chunk(), "two");
  EXPECT_EQ(client.read_chunk(), "");
  EXPECT_TRUE(client.ended(3000ms));
  ended.get();
  EXPECT_EQ(stopped_, 0);
}

TEST_F(StreamTest, ShutdownCutsAStreamThatDoesNotEndAndLetsItSaySo) {
  config_.shutdown_seconds = 0.2;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/two")));
  ASSERT_TRUE(producer_waits());
  auto ended = std::async(std::launch::async, [this] { stop(); });
  client.read_answer(false);
  EXPECT_EQ(client.read_chunk(), "one");
  EXPECT_EQ(client.read_chunk(), "stopped");
  EXPECT_EQ(client.read_chunk(), "");
  client.close();
  EXPECT_EQ(ended.wait_for(5s), std::future_status::ready);
}

}  // namespace
}  // namespace sallyport::broker::http

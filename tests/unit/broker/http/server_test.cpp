// The HTTP server over real sockets of the loopback interface.
#include "broker/http/server.hpp"

#include "base/event.hpp"
#include "tests/unit/broker/fakes.hpp"
#include "tests/unit/broker/loop_thread.hpp"

#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <chrono>
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
using test::open_descriptors;
using test::post;

class ServerTest : public ::testing::Test {
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
      server_ = std::make_unique<Server>(loop_.executor(), config_, routes(), log_);
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
    router.add(
        {"GET", "/hello", Scope::execute, false, [](Request, std::stop_token) { return text("hello"); }});
    router.add({"POST", "/echo", Scope::execute, true,
                [](Request request, std::stop_token) { return text(request.body); }});
    router.add({"GET", "/fault", Scope::execute, false, [](Request, std::stop_token) { return fault(); }});
    router.add({"GET", "/large", Scope::execute, false,
                [](Request, std::stop_token) { return text(std::string(64 << 20, 'x')); }});
    router.add({"GET", "/wait", Scope::execute, false,
                [this](Request, std::stop_token stop) { return wait(std::move(stop)); }});
    return router;
  }

  static boost::asio::awaitable<Response> text(std::string body) {
    Response response;
    response.content_type = "text/plain";
    response.body = std::move(body);
    co_return response;
  }

  static boost::asio::awaitable<Response> fault() {
    throw std::runtime_error("secret detail");
    co_return Response();
  }

  boost::asio::awaitable<Response> wait(std::stop_token stop) {
    const auto executor = co_await boost::asio::this_coro::executor;
    gate_ = std::make_unique<base::Event>(executor);
    base::Event gate = *gate_;
    ++waiting_;
    base::CallBounds bounds(base::Deadline::after(30s), std::move(stop));
    const base::WaitStatus status = co_await gate.wait(std::move(bounds));
    --waiting_;
    if (status == base::WaitStatus::stopped) ++stopped_;
    Response response;
    response.status = status == base::WaitStatus::stopped ? 503 : 200;
    response.body = status == base::WaitStatus::stopped ? "\"stopped\"" : "\"done\"";
    co_return response;
  }

  bool handler_waits() {
    return loop_.eventually([this] { return waiting_ == 1; });
  }
  void open_gate() {
    loop_.on_loop([this] { gate_->set(); });
  }

  config::Server config_;
  test::FakeLog log_;
  LoopThread loop_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<base::Event> gate_;
  int waiting_ = 0;
  int stopped_ = 0;
  std::uint16_t port_ = 0;
};

TEST_F(ServerTest, KeepsAConnectionForManyRequests) {
  start();
  Client client(port_);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(get("/hello")));
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_NE(answer.head.find("Connection: keep-alive\r\n"), std::string::npos);
    EXPECT_NE(answer.head.find("Date: "), std::string::npos);
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  Client client(port_);
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += post("/echo", "\"" + std::to_string(i) + "\"");
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.read_answer().body, "\"" + std::to_string(i) + "\"");
}

TEST_F(ServerTest, KeepsPipelinedBytesWhileAHandlerRuns) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/wait")));
  ASSERT_TRUE(handler_waits());
  ASSERT_TRUE(client.send(post("/echo", "\"next\"")));
  std::this_thread::sleep_for(250ms);  // Long enough for the watch to have looked at the unread bytes twice.
  open_gate();
  EXPECT_EQ(client.read_answer().body, "\"done\"");
  EXPECT_EQ(client.read_answer().body, "\"next\"");
  EXPECT_EQ(stopped_, 0);
}

TEST_F(ServerTest, AcceptsARequestByteByByte) {
  start();
  Client client(port_);
  for (const char c : post("/echo", "\"slow\"")) ASSERT_TRUE(client.send(std::string(1, c)));
  EXPECT_EQ(client.read_answer().body, "\"slow\"");
}

TEST_F(ServerTest, ClosesWhenTheClientAsksForIt) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/hello", "Connection: close\r\n")));
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.ended(500ms));
}

TEST_F(ServerTest, ServesHttp10WithoutHost) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send("GET /hello HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_TRUE(client.ended(500ms));
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n" + get("/hello")));
  const Answer answer = client.read_answer(false);
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST_F(ServerTest, SendsContinueWhenTheClientWaitsForIt) {
  start();
  Client client(port_);
  ASSERT_TRUE(
      client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
  EXPECT_EQ(client.read_answer(false).status, 100);
  ASSERT_TRUE(client.send("\"a\""));
  EXPECT_EQ(client.read_answer().body, "\"a\"");
}

TEST_F(ServerTest, RefusesBeforeTheBodyIsSent) {
  start();
  Client client(port_);
  ASSERT_TRUE(
      client.send("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 404);
  EXPECT_NE(answer.head.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(ServerTest, ReadsAChunkedBody) {
  start();
  Client client(port_);
  ASSERT_TRUE(
      client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n2\r\n\"a\r\n1;x=y\r\n\"\r\n0\r\nTrailer: z\r\n\r\n" +
                  get("/hello")));
  EXPECT_EQ(client.read_answer().body, "\"a\"");
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST_F(ServerTest, RefusesWhatIsTooLarge) {
  config_.max_header_bytes = 1024;
  config_.max_body_bytes = 1000;
  start();
  struct Case {
    std::string request;
    int status;
  };
  const std::vector<Case> cases = {
      {get("/hello", "X-Long: " + std::string(2000, 'x') + "\r\n"), 431},
      {"GET /" + std::string(5000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
      {std::string(5000, 'G'), 431},
      {post("/echo", std::string(1001, ' ')), 413},
      {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
       "chunked\r\n\r\n"
       "3E9\r\n" +
           std::string(1001, ' ') + "\r\n0\r\n\r\n",
       413},
      {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
       "chunked\r\n\r\n1;" +
           std::string(4000, 'x'),
       400},
  };
  for (const Case& item : cases) {
    Client client(port_);
    client.send(item.request);
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, item.status) << item.request.substr(0, 60);
    EXPECT_TRUE(client.ended(3000ms)) << item.request.substr(0, 60);
  }
}

TEST_F(ServerTest, ALargeBodyThatIsRefusedDoesNotResetTheConnection) {
  start();
  Client client(port_);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50000000\r\n\r\n");
  client.send(std::string(4 << 20, 'x'));
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(ServerTest, AnswersGarbageWith400) {
  start();
  const std::vector<std::string> garbage = {
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
      "GET\r\n\r\n",
      "GET /hello\r\n\r\n",
      "GET hello HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /hello HTTP/1.1\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      std::string(200, '\r'),
  };
  for (const std::string& bytes : garbage) {
    Client client(port_);
    client.send(bytes);
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 400) << bytes;
    EXPECT_NE(answer.body.find("\"error_type\":\"ValidationError\""), std::string::npos) << answer.body;
    EXPECT_TRUE(client.ended(3000ms)) << bytes;
  }
}

TEST_F(ServerTest, CutsASlowHeader) {
  config_.header_timeout_seconds = 0.2;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send("GET /hello HTTP/1.1\r\n"));
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_NE(answer.body.find("within 0.2 s"), std::string::npos) << answer.body;
  EXPECT_TRUE(client.ended(3000ms));
}

TEST_F(ServerTest, CutsAHeaderThatDripsIn) {
  config_.header_timeout_seconds = 0.3;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send("GET /hello HTTP/1.1\r\n"));
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < 5s) {
    if (!client.send("X: y\r\n")) break;
    if (client.receive(20ms)) break;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_EQ(client.read_answer().status, 408);
}

TEST_F(ServerTest, CutsASlowBody) {
  config_.body_timeout_seconds = 0.2;
  start();
  Client client(port_);
  ASSERT_TRUE(
      client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  "Content-Length: 10\r\n\r\nabc"));
  EXPECT_EQ(client.read_answer().status, 408);
  EXPECT_TRUE(client.ended(3000ms));
}

TEST_F(ServerTest, AShortDeadlineThatWasKeptDoesNotCutWhatFollows) {
  config_.header_timeout_seconds = 0.2;
  config_.body_timeout_seconds = 0.2;
  config_.write_timeout_seconds = 0.2;
  start();
  Client client(port_);
  for (int i = 0; i < 3; ++i) {
    const std::string request = get("/hello");
    ASSERT_TRUE(client.send(request.substr(0, 10)));
    std::this_thread::sleep_for(50ms);
    ASSERT_TRUE(client.send(request.substr(10)));
    EXPECT_EQ(client.read_answer().status, 200);
    std::this_thread::sleep_for(300ms);
  }
  // The deadline of the header still counts from its own first byte.
  ASSERT_TRUE(client.send("GET /hello HTTP/1.1\r\n"));
  EXPECT_FALSE(client.receive(100ms));
  EXPECT_EQ(client.read_answer().status, 408);
}

TEST_F(ServerTest, ClosesAnIdleConnectionWithoutAWord) {
  config_.idle_timeout_seconds = 0.2;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/hello")));
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_TRUE(client.ended(2000ms));
  EXPECT_EQ(client.received(), "");
}

TEST_F(ServerTest, CutsAClientThatDoesNotTakeItsAnswer) {
  config_.write_timeout_seconds = 0.3;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/large")));
  EXPECT_TRUE(loop_.eventually([this] { return server_->connections() == 1; }));
  EXPECT_TRUE(loop_.eventually([this] { return server_->connections() == 0; }));
}

TEST_F(ServerTest, SendsALargeAnswerWhole) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/large")));
  EXPECT_EQ(client.read_answer().body.size(), std::size_t{64 << 20});
}

TEST_F(ServerTest, AFaultOfAHandlerIs500AndTheConnectionLives) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/fault") + get("/hello")));
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(client.read_answer().body, "hello");
  ASSERT_EQ(log_.lines().size(), 1U);
  EXPECT_EQ(log_.lines()[0], "handler_fault: GET /fault: secret detail");
}

TEST_F(ServerTest, AClientThatClosesStopsItsHandler) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/wait")));
  ASSERT_TRUE(handler_waits());
  client.close();
  EXPECT_TRUE(loop_.eventually([this] { return stopped_ == 1; }, 2000ms));
  EXPECT_TRUE(loop_.eventually([this] { return server_->connections() == 0; }));
}

TEST_F(ServerTest, AClientThatResetsStopsItsHandler) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/wait")));
  ASSERT_TRUE(handler_waits());
  client.reset();
  EXPECT_TRUE(loop_.eventually([this] { return stopped_ == 1; }, 2000ms));
}

TEST_F(ServerTest, AnEndBehindPipelinedBytesStopsTheHandlerToo) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/wait")));
  ASSERT_TRUE(handler_waits());
  ASSERT_TRUE(client.send(get("/hello")));
  std::this_thread::sleep_for(50ms);
  client.close();
  EXPECT_TRUE(loop_.eventually([this] { return stopped_ == 1; }, 2000ms));
}

TEST_F(ServerTest, AHalfClosedClientIsStoppedAndStillGetsItsAnswer) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/wait")));
  ASSERT_TRUE(handler_waits());
  client.half_close();
  EXPECT_EQ(client.read_answer().body, "\"stopped\"");
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, AHalfCloseBehindAQuickRequestDoesNotHurt) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/hello")));
  client.half_close();
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, RefusesConnectionsBeyondTheCapAtOnce) {
  config_.max_connections = 2;
  start();
  Client first(port_);
  Client second(port_);
  ASSERT_TRUE(first.send(get("/hello")));
  ASSERT_TRUE(second.send(get("/hello")));
  EXPECT_EQ(first.read_answer().status, 200);
  EXPECT_EQ(second.read_answer().status, 200);

  Client third(port_);
  const Answer answer = third.read_answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.head.find("Retry-After: 1\r\n"), std::string::npos);
  EXPECT_TRUE(third.ended(3000ms));

  first.close();
  ASSERT_TRUE(loop_.eventually([this] { return server_->connections() == 1; }));
  Client fourth(port_);
  ASSERT_TRUE(fourth.send(get("/hello")));
  EXPECT_EQ(fourth.read_answer().status, 200);
}

TEST_F(ServerTest, AFloodBeyondTheCapIsShed) {
  config_.max_connections = 1;
  start();
  Client first(port_);
  ASSERT_TRUE(first.send(get("/hello")));
  EXPECT_EQ(first.read_answer().status, 200);
  std::vector<Client> flood;
  for (int i = 0; i < 100; ++i) flood.emplace_back(port_);
  std::size_t refused = 0;
  for (Client& client : flood) {
    const Answer answer = client.read_answer();
    if (answer.status == 503) ++refused;
    EXPECT_TRUE(client.ended(3000ms));
  }
  EXPECT_GE(refused, 64U);
  ASSERT_TRUE(first.send(get("/hello")));
  EXPECT_EQ(first.read_answer().status, 200);
}

TEST_F(ServerTest, RefusesBodiesWhileSlowClientsHoldTheMemory) {
  config_.max_buffered_bytes = 1000;
  start();
  Client slow(port_);
  const std::string request = post("/echo", std::string(2000, ' '));
  ASSERT_TRUE(slow.send(request.substr(0, request.size() - 1)));
  const auto refused = [this] {
    Client other(port_);
    return other.send(post("/echo", "\"a\"")) && other.read_answer().status == 503;
  };
  const auto end = std::chrono::steady_clock::now() + 5s;
  bool seen = false;
  while (!seen && std::chrono::steady_clock::now() < end) seen = refused();
  EXPECT_TRUE(seen);
  Client probe(port_);
  ASSERT_TRUE(probe.send(get("/hello")));
  EXPECT_EQ(probe.read_answer().status, 200);
  ASSERT_TRUE(slow.send(" "));
  EXPECT_EQ(slow.read_answer().status, 200);
  EXPECT_FALSE(refused());
}

TEST_F(ServerTest, ShutdownClosesIdleConnectionsAtOnce) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/hello")));
  EXPECT_EQ(client.read_answer().status, 200);
  const auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_TRUE(client.ended(500ms));
}

TEST_F(ServerTest, ShutdownLetsWhatRunsFinish) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/wait") + get("/hello")));
  ASSERT_TRUE(handler_waits());
  auto ended = std::async(std::launch::async, [this] { stop(); });
  ASSERT_TRUE(loop_.eventually([this] { return server_ && server_->draining(); }));
  EXPECT_THROW(Client another(port_), std::runtime_error);
  EXPECT_EQ(ended.wait_for(100ms), std::future_status::timeout);
  open_gate();
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.body, "\"done\"");
  EXPECT_NE(answer.head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.ended(3000ms));
  ended.get();
  EXPECT_EQ(stopped_, 0);
}

TEST_F(ServerTest, ShutdownCutsWhatDoesNotFinish) {
  config_.shutdown_seconds = 0.2;
  start();
  Client client(port_);
  ASSERT_TRUE(client.send(get("/wait")));
  ASSERT_TRUE(handler_waits());
  Client slow(port_);
  ASSERT_TRUE(slow.send("GET /hel"));
  ASSERT_TRUE(loop_.eventually([this] { return server_->connections() == 2; }));
  auto ended = std::async(std::launch::async, [this] { stop(); });
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "\"stopped\"");
  EXPECT_TRUE(slow.ended(3000ms));
  client.close();
  EXPECT_EQ(ended.wait_for(5s), std::future_status::ready);
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  start();
  config::Server second = config_;
  second.port = port_;
  loop_.on_loop([&] {
    Server other(loop_.executor(), second, Router(), log_);
    const auto started = other.start();
    ASSERT_TRUE(started.has_error());
    EXPECT_EQ(started.error().message,
              "cannot listen on 127.0.0.1:" + std::to_string(port_) + ": Address already in use");
    second.address = "localhost";
    Server third(loop_.executor(), second, Router(), log_);
    EXPECT_EQ(third.start().error().message, "server.address: 'localhost' is not an IP address");
  });
}

TEST_F(ServerTest, AThousandConnectionsLeaveNoDescriptorBehind) {
  start();
  const auto request = [this](bool orderly) {
    Client client(port_);
    ASSERT_TRUE(client.send(get("/hello", orderly ? "Connection: close\r\n" : "")));
    EXPECT_EQ(client.read_answer().status, 200);
    if (!orderly) client.reset();
  };
  request(true);
  ASSERT_TRUE(loop_.eventually([this] { return server_->connections() == 0; }));
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 1000; ++i) request(i % 2 == 0);
  ASSERT_TRUE(loop_.eventually([this] { return server_->connections() == 0; }));
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace sallyport::broker::http

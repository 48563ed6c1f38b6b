// Webhooks to a listener of the loopback interface, which the test's policy lists, or does not.
#include "broker/webhooks/sender.hpp"

#include "broker/webhooks/signature.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace sallyport::broker::webhooks {
namespace {

using namespace std::chrono_literals;

/// Takes one connection after the other and answers each the same.
class Receiver {
 public:
  explicit Receiver(std::string answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    socklen_t length = sizeof(address);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Receiver() {
    ending_ = true;
    thread_.join();
    ::close(listener_);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::string url(const char* host = "127.0.0.1") const {
    return "http://" + std::string(host) + ":" + std::to_string(port_) + "/hook";
  }
  int connections() const { return connections_; }
  /// After `send` has returned.
  const std::string& received() const { return received_; }

 private:
  void serve() {
    while (!ending_) {
      pollfd watched{listener_, POLLIN, 0};
      if (::poll(&watched, 1, 20) <= 0) continue;
      const int client = ::accept(listener_, nullptr, nullptr);
      ++connections_;
      received_.clear();
      talk(client);
      ::close(client);
    }
  }
  void talk(int client) {
    char buffer[65536];
    std::size_t whole = std::string::npos;
    while (received_.size() < whole) {
      const ssize_t length = ::recv(client, buffer, sizeof(buffer), 0);
      if (length <= 0) return;
      received_.append(buffer, static_cast<std::size_t>(length));
      const auto end = received_.find("\r\n\r\n");
      const auto field = received_.find("Content-Length: ");
      if (end != std::string::npos) whole = end + 4 + std::stoul(received_.substr(field + 16));
    }
    if (answer_.empty()) {  // None, until the client gives up.
      while (!ending_ && ::recv(client, buffer, sizeof(buffer), MSG_DONTWAIT) != 0)
        std::this_thread::sleep_for(5ms);
      return;
    }
    std::string_view left = answer_;
    while (!left.empty()) {
      const ssize_t sent = ::send(client, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  std::string answer_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<int> connections_{0};
  std::string received_;
  std::thread thread_;
};

CurlSender sender(const char* allowed, std::chrono::milliseconds timeout = 5s) {
  CurlSenderOptions options;
  options.secret = "whsec";
  options.allow_http = true;
  options.timeout = timeout;
  std::string mistake;
  options.egress = EgressPolicy::parse(allowed, mistake).value();
  return CurlSender(std::move(options));
}

Message message(const std::string& url) {
  return Message{"id-1", url, R"({"state":"succeeded"})"};
}

const char* const kOk = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

std::string field_of(const std::string& request, const std::string& name) {
  const auto at = request.find(name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 2;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

TEST(CurlSender, PostsASignedBody) {
  Receiver receiver(kOk);
  const Attempt attempt = sender("127.0.0.1").send(message(receiver.url()));
  EXPECT_EQ(attempt.result, Delivery::taken) << attempt.message;
  EXPECT_EQ(attempt.status, 204);
  const std::string& request = receiver.received();
  EXPECT_TRUE(request.starts_with("POST /hook HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"state\":\"succeeded\"}")) << request;
  EXPECT_EQ(field_of(request, "Content-Type"), "application/json");
  EXPECT_EQ(field_of(request, "webhook-id"), "id-1");
  const std::int64_t timestamp = std::stoll(field_of(request, "webhook-timestamp"));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_NEAR(static_cast<double>(timestamp), std::chrono::duration<double>(now).count(), 30);
  EXPECT_EQ(field_of(request, "webhook-signature"),
            signature("whsec", "id-1", timestamp, R"({"state":"succeeded"})"));
}

TEST(CurlSender, PutsWhereThatIsAskedFor) {
  Receiver receiver(kOk);
  Message put = message(receiver.url());
  put.method = "PUT";
  const Attempt attempt = sender("127.0.0.1").send(put);
  EXPECT_EQ(attempt.result, Delivery::taken) << attempt.message;
  const std::string& request = receiver.received();
  EXPECT_TRUE(request.starts_with("PUT /hook HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"state\":\"succeeded\"}")) << request;
  EXPECT_FALSE(field_of(request, "webhook-signature").empty());
}

TEST(CurlSender, WhatThePolicyDoesNotPermitIsNotConnectedTo) {
  Receiver receiver(kOk);
  // A name that resolves to what is not permitted, and ways to write an address.
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"}) {
    const Attempt attempt = sender("10.0.0.0/8").send(message(receiver.url(host)));
    EXPECT_EQ(attempt.result, Delivery::refused) << host << ": " << attempt.message;
    EXPECT_NE(attempt.message.find("does not permit"), std::string::npos) << host << ": " << attempt.message;
  }
  EXPECT_EQ(receiver.connections(), 0);
}

TEST(CurlSender, RedirectsAreNotFollowed) {
  Receiver target(kOk);
  Receiver receiver("HTTP/1.1 302 Found\r\nLocation: " + target.url() + "\r\nContent-Length: 0\r\n\r\n");
  const Attempt attempt = sender("127.0.0.1").send(message(receiver.url()));
  EXPECT_EQ(attempt.result, Delivery::failed);
  EXPECT_EQ(attempt.status, 302);
  EXPECT_EQ(target.connections(), 0);
}

TEST(CurlSender, AnswersThatAreNoTaking) {
  Receiver broken("HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nsecret");
  const Attempt again = sender("127.0.0.1").send(message(broken.url()));
  EXPECT_EQ(again.result, Delivery::failed);
  EXPECT_EQ(again.message, "the receiver answered 500");
  Receiver gone("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(sender("127.0.0.1").send(message(gone.url())).result, Delivery::refused);
  Receiver garbage("garbage\r\n\r\n");
  EXPECT_EQ(sender("127.0.0.1").send(message(garbage.url())).result, Delivery::failed);
}

TEST(CurlSender, NobodyThere) {
  std::string url;
  {
    const Receiver receiver(kOk);
    url = receiver.url();
  }
  const Attempt attempt = sender("127.0.0.1").send(message(url));
  EXPECT_EQ(attempt.result, Delivery::failed);
  EXPECT_EQ(attempt.status, 0);
}

TEST(CurlSender, TimeIsBounded) {
  Receiver receiver("");
  const auto begin = std::chrono::steady_clock::now();
  const Attempt attempt = sender("127.0.0.1", 300ms).send(message(receiver.url()));
  EXPECT_EQ(attempt.result, Delivery::failed);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
}

TEST(CurlSender, TheAnswersBodyIsBounded) {
  Receiver receiver("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + std::string(50'000'000, 'x'));
  const Attempt attempt = sender("127.0.0.1").send(message(receiver.url()));
  EXPECT_EQ(attempt.result, Delivery::taken) << attempt.message;
}

TEST(CurlSender, OnlyHttpsUnlessTheOperatorSaysOtherwise) {
  Receiver receiver(kOk);
  CurlSenderOptions options;
  options.secret = "whsec";
  std::string mistake;
  options.egress = EgressPolicy::parse("127.0.0.1", mistake).value();
  const CurlSender strict(std::move(options));
  EXPECT_EQ(strict.send(message(receiver.url())).result, Delivery::failed);
  EXPECT_EQ(receiver.connections(), 0);
}

}  // namespace
}  // namespace sallyport::broker::webhooks

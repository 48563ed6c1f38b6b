// An event loop on a thread of its own, and a blocking client to talk to what runs on it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <iterator>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::test {

class LoopThread {
 public:
  LoopThread() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
  ~LoopThread() {
    work_.reset();
    context_.stop();
    thread_.join();
  }

  boost::asio::any_io_executor executor() { return context_.get_executor(); }

  /// Runs `function` on the loop and gives what it returns.
  template <class Function>
  auto on_loop(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    // Asio takes the future out of a packaged task by itself.
    return boost::asio::post(context_, std::move(task)).get();
  }

  /// Runs a coroutine on the loop to its end.
  template <class T>
  T await(boost::asio::awaitable<T> call) {
    return boost::asio::co_spawn(context_, std::move(call), boost::asio::use_future).get();
  }

  /// Waits until `condition`, asked on the loop, holds.
  template <class Condition>
  bool eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(5)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
      if (on_loop(condition)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
};

/// A plain socket that sends what it is told to, also what no client should.
class Client {
 public:
  explicit Client(std::uint16_t port) : Client() { connect(port); }
  Client() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (socket_ < 0) throw std::runtime_error("socket");
  }
  ~Client() { close(); }
  Client(Client&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), received_(std::move(other.received_)) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client& operator=(Client&&) = delete;

  void connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("connect");
    }
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }

  /// False when the server no longer takes it.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void half_close() { ::shutdown(socket_, SHUT_WR); }

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  /// Closes with a reset in place of an orderly end.
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close();
  }

  /// More bytes; false at the end of the stream, at an error, or when none came in time.
  bool receive(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    pollfd watched{socket_, POLLIN, 0};
    if (::poll(&watched, 1, static_cast<int>(limit.count())) <= 0) {
      timed_out_ = true;
      return false;
    }
    char buffer[65536];
    const ssize_t length = ::recv(socket_, buffer, sizeof(buffer), 0);
    if (length <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(length));
    return true;
  }

  /// Whether the server ends the connection within `limit`; bytes before it are kept.
  bool ended(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    timed_out_ = false;
    while (receive(limit)) {
    }
    return !timed_out_;
  }

  /// The next answer. Status 0: none came.
  Answer read_answer(bool has_body = true, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    Answer answer;
    std::size_t end = std::string::npos;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive(limit)) return answer;
    }
    answer.head = received_.substr(0, end + 4);
    received_.erase(0, end + 4);
    answer.status = std::stoi(answer.head.substr(9, 3));
    const auto field = answer.head.find("Content-Length: ");
    std::size_t length = 0;
    if (field != std::string::npos && has_body) length = std::stoul(answer.head.substr(field + 16));
    while (received_.size() < length) {
      if (!receive(limit)) break;
    }
    answer.body = received_.substr(0, length);
    received_.erase(0, length);
    return answer;
  }

  /// The next chunk of a chunked body; empty for the last one, and where the body broke off (see `ended`).
  std::string read_chunk(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    std::size_t line = std::string::npos;
    while ((line = received_.find("\r\n")) == std::string::npos) {
      if (!receive(limit)) return {};
    }
    const std::size_t length = std::stoul(received_.substr(0, line), nullptr, 16);
    while (received_.size() < line + 2 + length + 2) {
      if (!receive(limit)) return {};
    }
    std::string chunk = received_.substr(line + 2, length);
    received_.erase(0, line + 2 + length + 2);
    return chunk;
  }

  [[nodiscard]] const std::string& received() const { return received_; }

 private:
  int socket_ = -1;
  std::string received_;
  bool timed_out_ = false;
};

inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

inline std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n";
}

inline std::string post(std::string_view path, std::string_view body, std::string_view more = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + std::string(more) + "\r\n" + std::string(body);
}

}  // namespace sallyport::broker::test

#include "tests/unit/docker/fake_engine.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <linux/sockios.h>
#include <poll.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace sallyport::test {

// --- Peer

Peer::~Peer() {
  if (socket_ >= 0) ::close(socket_);
}

bool Peer::fill() {
  std::array<char, 65536> bytes{};
  const auto size = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (size <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(size));
  return true;
}

std::string Peer::read_bytes(std::size_t count) {
  while (buffer_.size() < count) {
    if (!fill()) throw Gone();
  }
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

std::string Peer::read_head() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) throw Gone();
  }
  return read_bytes(end + 4);
}

std::string Peer::read_request() {
  std::string request = read_head();
  const std::string_view length_field = "Content-Length: ";
  if (const auto at = request.find(length_field); at != std::string::npos) {
    std::size_t length = 0;
    std::from_chars(request.data() + at + length_field.size(), request.data() + request.size(), length);
    return request + read_bytes(length);
  }
  if (request.find("Transfer-Encoding: chunked") == std::string::npos) return request;
  for (;;) {
    std::string size_line;
    while (!size_line.ends_with("\r\n")) size_line += read_bytes(1);
    std::size_t size = 0;
    std::from_chars(size_line.data(), size_line.data() + size_line.size(), size, 16);
    const std::string data = read_bytes(size + 2);
    if (size == 0) return request;
    request += data.substr(0, size);
  }
}

std::string Peer::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, std::string());
}

void Peer::send(std::string_view text) {
  while (!text.empty()) {
    const auto size = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (size <= 0) throw Gone();
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

void Peer::send_byte_by_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    send(text.substr(i, 1));
    for (int unread = 1; unread > 0;) {
      if (::ioctl(socket_, SIOCOUTQ, &unread) != 0) throw Gone();
      if (unread > 0) std::this_thread::yield();
    }
  }
}

void Peer::answer(int status, std::string_view body) {
  send(http_answer(status, body));
}

void Peer::stall() {
  pollfd watched{};
  watched.fd = socket_;
  watched.events = POLLRDHUP;
  while (::poll(&watched, 1, -1) < 0) {
  }
}

void Peer::close() {
  ::shutdown(socket_, SHUT_RDWR);
  throw Gone();
}

void Peer::shut_down() {
  ::shutdown(socket_, SHUT_RDWR);
}

// --- FakeEngine

FakeEngine::FakeEngine(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "sallyport-docker-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = pattern;
  socket_path_ = folder_ + "/engine.sock";
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener_, 64) != 0) {
    throw std::runtime_error("cannot listen on " + socket_path_);
  }
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeEngine::~FakeEngine() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (Peer& peer : peers_) peer.shut_down();
  for (std::thread& thread : threads_) thread.join();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void FakeEngine::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const std::size_t index = connections_++;
    const Script& script = scripts_[std::min(index, scripts_.size() - 1)];
    Peer& peer = peers_.emplace_back(socket);
    threads_.emplace_back([&peer, &script] {
      try {
        script(peer);
      } catch (const Peer::Gone&) {
        // The client closed, or the test is over.
      }
      peer.shut_down();
    });
  }
}

// --- texts

std::string http_answer(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Status\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

std::string chunked_head(int status) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Status\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
}

std::string chunk(std::string_view data) {
  std::array<char, 16> size{};
  const auto [end, code] = std::to_chars(size.data(), size.data() + size.size(), data.size(), 16);
  return std::string(size.data(), end) + "\r\n" + std::string(data) + "\r\n";
}

std::string frame(unsigned char stream, std::string_view data) {
  std::string text;
  text += static_cast<char>(stream);
  text.append(3, '\0');
  for (const unsigned shift : {24U, 16U, 8U, 0U}) text += static_cast<char>((data.size() >> shift) & 0xFFU);
  return text += data;
}

}  // namespace sallyport::test

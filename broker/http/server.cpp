#include "broker/http/server.hpp"

#include "base/event.hpp"
#include "broker/http/error_response.hpp"
#include "broker/http/listen.hpp"
#include "broker/http/session.hpp"
#include "broker/http/tls.hpp"
#include "broker/seconds.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <exception>
#include <optional>
#include <stop_token>
#include <string>
#include <sys/socket.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sallyport::broker::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::CallBounds;
using base::Deadline;

namespace {

constexpr std::size_t kMaxRefusals = 64;
constexpr std::chrono::seconds kRefusalTime{1};
constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{1000};

/// For handlers to end after their stop token was triggered, and for their answers to be taken.
constexpr std::chrono::seconds kCutTime{10};

/// For coroutines to end after all their sockets were cancelled: no waiting, only turns of the event loop.
constexpr std::chrono::seconds kCloseTime{1};

/// An accept that failed for what the client did, not for want of resources here.
bool concerns_client_only(const boost::system::error_code& error) {
  return error == asio::error::connection_aborted || error == asio::error::connection_reset ||
         error == asio::error::interrupted ||
         error == boost::system::errc::make_error_condition(boost::system::errc::protocol_error);
}

Peer peer_of(const Socket& socket) {
  Peer peer;
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return peer;  // It has gone already.
  if (endpoint.protocol().family() == AF_UNIX) {
    peer.address = "unix";
    peer.loopback = true;
    return peer;
  }
  tcp::endpoint of_ip;
  of_ip.resize(endpoint.size());
  std::memcpy(of_ip.data(), endpoint.data(), endpoint.size());
  asio::ip::address address = of_ip.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  peer.address = address.to_string();
  peer.loopback = address.is_loopback();
  return peer;
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(asio::any_io_executor executor, config::Server config, Router router, EventLog& log,
       RequestObserver* observer, Gatekeeper* gate)
      : executor_(std::move(executor)),
        all_ended_(executor_),
        context_(std::make_shared<SessionContext>(executor_, config.max_buffered_bytes)) {
    context_->limits = std::move(config);
    context_->router = std::move(router);
    context_->log = &log;
    context_->observer = observer;
    context_->gate = gate;
  }

  boost::system::result<void, StartError> start() {
    const config::Server& config = context_->limits;
    if (auto loaded = reload_tls(); !loaded.empty()) return StartError{std::move(loaded)};
    if (config.tcp) {
      auto of_tcp = listen_tcp(executor_, config.address, config.port);
      if (!of_tcp) return of_tcp.error();
      boost::system::error_code ignored;
      tcp::endpoint bound;
      const auto endpoint = of_tcp->local_endpoint(ignored);
      bound.resize(endpoint.size());
      std::memcpy(bound.data(), endpoint.data(), endpoint.size());
      port_ = bound.port();
      listeners_.push_back({std::move(*of_tcp), false});
    }
    if (!config.unix_socket.path.empty()) {
      const auto mode = static_cast<mode_t>(std::stoul(config.unix_socket.mode, nullptr, 8));
      auto of_unix = listen_unix(executor_, config.unix_socket.path, mode);
      if (!of_unix) return of_unix.error();
      socket_file_ = SocketFile(config.unix_socket.path);
      listeners_.push_back({std::move(*of_unix), true});
    }
    for (Listener& listener : listeners_) {
      ++tasks_;
      asio::co_spawn(executor_, accept_loop(shared_from_this(), listener), asio::detached);
    }
    return {};
  }

  std::string reload_tls() {
    const config::Tls& config = context_->limits.tls;
    if (config.certificate_file.empty()) return {};
    auto loaded = load_tls(config.certificate_file, config.key_file);
    if (!loaded) return loaded.error().message;
    tls_ = std::move(*loaded);
    return {};
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const { return sessions_.size(); }
  [[nodiscard]] Counts counts() const {
    Counts counts = counts_;
    counts.handshakes_failed = context_->handshakes_failed;
    return counts;
  }
  [[nodiscard]] bool draining() const { return context_->draining; }
  [[nodiscard]] bool cutting() const { return cutting_; }

  void abandon() {
    context_->draining = true;
    stop_listening();
    for (const auto& session : all_sessions()) session->close();
  }

  asio::awaitable<void> shut_down() {
    if (!context_->draining) {
      context_->draining = true;
      stop_listening();
      for (const auto& session : all_sessions()) session->drain();
      if (tasks_ == 0) all_ended_.set();
    }
    CallBounds patience(Deadline::after(seconds(context_->limits.shutdown_seconds)));
    const auto finished = co_await all_ended_.wait(std::move(patience));
    if (finished == base::WaitStatus::ready) co_return;

    cutting_ = true;
    context_->log->write(Severity::warning, "shutdown_cut",
                         std::to_string(sessions_.size()) + " connections were still in use after " +
                             std::to_string(context_->limits.shutdown_seconds) + " s");
    for (const auto& session : all_sessions()) session->cut();
    CallBounds last_answers(Deadline::after(kCutTime));
    const auto cut = co_await all_ended_.wait(std::move(last_answers));
    if (cut == base::WaitStatus::ready) co_return;

    for (const auto& session : all_sessions()) session->close();
    CallBounds closing(Deadline::after(kCloseTime));
    const auto closed = co_await all_ended_.wait(std::move(closing));
    if (closed != base::WaitStatus::ready) {
      context_->log->write(Severity::error, "shutdown_incomplete",
                           std::to_string(sessions_.size()) + " handlers do not heed their stop token");
    }
  }

 private:
  using SessionPointer = std::shared_ptr<Session>;

  struct Listener {
    Acceptor acceptor;
    bool is_unix;
  };

  void stop_listening() {
    boost::system::error_code ignored;
    for (Listener& listener : listeners_) listener.acceptor.close(ignored);
    socket_file_.remove();
    stop_accepting_.request_stop();
  }

  /// A copy, since a session that is told something may end at once.
  [[nodiscard]] std::vector<SessionPointer> all_sessions() const {
    std::vector<SessionPointer> all;
    all.reserve(sessions_.size());
    for (const auto& entry : sessions_) all.push_back(entry.second);
    return all;
  }

  void task_ended() {
    --tasks_;
    if (tasks_ == 0 && context_->draining) all_ended_.set();
  }

  // The coroutines take the server by shared_ptr: whoever destroys it early gets no use after free from them.
  static asio::awaitable<void> accept_loop(std::shared_ptr<Impl> self, Listener& listener) {
    std::chrono::milliseconds pause = kFirstPause;
    while (!self->context_->draining) {
      auto [error, socket] = co_await listener.acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
      if (self->context_->draining) break;
      if (!error) {
        pause = kFirstPause;
        self->admit(std::move(socket), listener.is_unix);
        continue;
      }
      if (concerns_client_only(error)) continue;
      ++self->counts_.failed;
      // One line an episode, not one an attempt.
      if (pause == kFirstPause) {
        self->context_->log->write(Severity::error, "accept_failed",
                                   error.message() + "; new connections wait until it is over");
      }
      CallBounds bounds(Deadline::after(pause), self->stop_accepting_.get_token());
      co_await base::sleep(std::move(bounds));
      pause = std::min(pause * 2, kLongestPause);
    }
    self->task_ended();
  }

  void admit(Socket socket, bool is_unix) {
    boost::system::error_code ignored;
    if (!is_unix) socket.set_option(tcp::no_delay(true), ignored);
    const TlsContext tls = is_unix ? nullptr : tls_;
    if (sessions_.size() >= context_->limits.max_connections) {
      ++counts_.refused;
      // With TLS nobody could read the answer without the work of a handshake.
      if (refusals_ >= kMaxRefusals || tls) return;  // Closes it.
      ++refusals_;
      ++tasks_;
      asio::co_spawn(executor_, refuse(shared_from_this(), std::move(socket)), asio::detached);
      return;
    }
    ++counts_.accepted;
    ++tasks_;
    Peer peer = peer_of(socket);
    auto session = std::make_shared<Session>(std::move(socket), tls, std::move(peer), context_);
    sessions_.emplace(session.get(), session);
    asio::co_spawn(executor_, serve(shared_from_this(), std::move(session)), asio::detached);
  }

  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, SessionPointer session) {
    try {
      co_await session->run();
    } catch (const std::exception& error) {
      self->context_->log->write(Severity::error, "session_fault", error.what());
    }
    self->sessions_.erase(session.get());
    self->task_ended();
  }

  static asio::awaitable<void> refuse(std::shared_ptr<Impl> self, Socket socket) {
    {
      Connection connection(std::move(socket));
      Response response = error_response(503, "the broker has as many connections as it may");
      response.headers.push_back(Header{"Retry-After", "1"});
      const std::string head = serialize_head(response, false);
      const Deadline deadline = Deadline::after(kRefusalTime);
      const IoStatus status = co_await connection.write(head, response.body, deadline);
      if (status == IoStatus::done) co_await connection.linger(deadline);
    }
    --self->refusals_;
    self->task_ended();
  }

  asio::any_io_executor executor_;
  std::deque<Listener> listeners_;  // Each with an accept loop that refers to it.
  SocketFile socket_file_;
  TlsContext tls_;  // Of connections to come; null: plain.
  base::Event all_ended_;
  std::shared_ptr<SessionContext> context_;
  std::stop_source stop_accepting_;
  std::unordered_map<Session*, SessionPointer> sessions_;
  std::size_t refusals_ = 0;
  std::size_t tasks_ = 0;  // Coroutines that have not ended: the accept loop, sessions, refusals.
  Counts counts_;
  std::uint16_t port_ = 0;
  bool cutting_ = false;
};

Server::Server(asio::any_io_executor executor, config::Server config, Router router, EventLog& log,
               RequestObserver* observer, Gatekeeper* gate)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(config), std::move(router), log, observer,
                                   gate)) {}

// Coroutines that are left hold the implementation, not this object.
Server::~Server() {
  impl_->abandon();
}

boost::system::result<void, StartError> Server::start() {
  return impl_->start();
}
std::string Server::reload_tls() {
  return impl_->reload_tls();
}
std::uint16_t Server::port() const {
  return impl_->port();
}
std::size_t Server::connections() const {
  return impl_->connections();
}
Server::Counts Server::counts() const {
  return impl_->counts();
}
bool Server::draining() const {
  return impl_->draining();
}
bool Server::cutting() const {
  return impl_->cutting();
}
asio::awaitable<void> Server::shut_down() {
  return impl_->shut_down();
}

}  // namespace sallyport::broker::http

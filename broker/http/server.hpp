// The HTTP server.
#pragma once

#include "broker/event_log.hpp"
#include "broker/http/gatekeeper.hpp"
#include "broker/http/request_observer.hpp"
#include "broker/http/router.hpp"
#include "broker/http/start_error.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace sallyport::broker::http {

/// HTTP/1.1 and HTTP/1.0 with keep-alive and pipelining, one coroutine a connection. All bounds and deadlines
/// come from `config::Server`.
///
/// - A connection beyond `max_connections` is accepted, answered 503 and closed: the client learns at once
/// what is
///   wrong, where an unaccepted connection would only seem to hang. Of these at most 64 at a time are given
///   that second; further ones are closed unanswered.
/// - While all bodies and answers together hold `max_buffered_bytes` or more, a request with a body gets 503.
/// - When accept runs out of descriptors it pauses, longer each time, and goes on by itself.
/// - A client that closes or half-closes its connection triggers the stop token of the handler or producer
/// that
///   serves it.
/// - A streamed body goes out chunked, to HTTP/1.0 until the connection is closed; each piece of it has
///   `write_timeout_seconds`. At shut-down streams have the same time as handlers before they are cut.
///
/// Thread-safety: all calls, and all handlers, on the executor's one thread.
class Server {
 public:
  /// `log`, and `observer` and `gate`, which may be null, must outlive the server. Without a gate nobody
  /// needs a key.
  Server(boost::asio::any_io_executor executor, config::Server config, Router router, EventLog& log,
         RequestObserver* observer = nullptr, Gatekeeper* gate = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds, listens and begins to accept: on the address unless that is switched off, over TLS where there is
  /// a certificate, and on the Unix socket where there is one.
  boost::system::result<void, StartError> start();

  /// The port that it listens on; 0 before `start`, and for a Unix socket alone.
  [[nodiscard]] std::uint16_t port() const;

  /// Reads certificate and key again, for connections to come. What is wrong; empty if nothing is, else those
  /// of before stay. Blocks on the disk.
  [[nodiscard]] std::string reload_tls();

  [[nodiscard]] std::size_t connections() const;

  struct Counts {
    std::uint64_t accepted = 0;           ///< Those that were refused are not among them.
    std::uint64_t refused = 0;            ///< Beyond `max_connections`.
    std::uint64_t failed = 0;             ///< Accepts that failed for want of something here.
    std::uint64_t handshakes_failed = 0;  ///< Accepted connections whose TLS did not begin.
  };
  [[nodiscard]] Counts counts() const;

  /// Whether `shut_down` has begun.
  [[nodiscard]] bool draining() const;

  /// Whether the time for what runs is over and its stop tokens are being triggered.
  [[nodiscard]] bool cutting() const;

  /// Stops accepting, closes idle connections, lets what runs finish within `shutdown_seconds`, then triggers
  /// the stop tokens of the rest, and returns when all connections are closed. The server must live until
  /// then.
  boost::asio::awaitable<void> shut_down();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sallyport::broker::http

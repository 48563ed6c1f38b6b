// One connection of a client, from accept to close. Internal to the server.
#pragma once

#include "broker/event_log.hpp"
#include "broker/http/connection.hpp"
#include "broker/http/gatekeeper.hpp"
#include "broker/http/memory_budget.hpp"
#include "broker/http/peer_watch.hpp"
#include "broker/http/request_observer.hpp"
#include "broker/http/request_reader.hpp"
#include "broker/http/router.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

namespace sallyport::broker::http {

/// What all sessions share with their server; lives as long as any of them.
struct SessionContext {
  SessionContext(const boost::asio::any_io_executor& executor, std::uint64_t max_buffered_bytes)
      : patrol(executor), memory(max_buffered_bytes) {}

  PeerPatrol patrol;
  MemoryBudget memory;
  config::Server limits;
  Router router;
  EventLog* log = nullptr;
  RequestObserver* observer = nullptr;  ///< May be null.
  Gatekeeper* gate = nullptr;           ///< Null: nobody needs a key.
  std::uint64_t handshakes_failed = 0;
  bool draining = false;  ///< No further request on any connection.
};

/// Reads requests one after the other, has them handled, and writes the answers in order.
/// Thread-safety: the executor's one thread.
class Session {
 public:
  /// Plain without `tls`.
  Session(Socket socket, const TlsContext& tls, Peer peer, std::shared_ptr<SessionContext> context);

  /// Serves the connection until its end.
  boost::asio::awaitable<void> run();

  /// Ends the session now if it waits for a request; otherwise it ends after the one that it serves.
  void drain();

  /// Triggers the stop token of the handler or producer that runs; ends the session if none does. The
  /// handler's answer is still sent.
  void cut();

  /// Ends all reading and writing.
  void close();

 private:
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<bool> read_head(RequestReader& reader);
  boost::asio::awaitable<bool> read_body(RequestReader& reader, MemoryBudget::Charge& charge);
  boost::asio::awaitable<Response> handle(const Route& route, Request request);
  /// Awaits `call(stop_token)`, the token being that of `running_`, which a client that goes away triggers.
  /// What it gives; none for a fault of it, which is in the log then.
  template <class Value, class Call>
  boost::asio::awaitable<std::optional<Value>> attend(const Route& route, Call call);
  boost::asio::awaitable<bool> answer(Response response, bool head_only, bool keep_alive,
                                      bool takes_chunks = true);
  boost::asio::awaitable<bool> stream(const Route& route, Response response, bool keep_alive,
                                      bool takes_chunks);
  [[nodiscard]] std::variant<std::shared_ptr<const Caller>, Response> admit(const Route& route,
                                                                            const RequestHead& head) const;
  void feed(RequestReader& reader);

  std::shared_ptr<Connection> connection_;
  std::shared_ptr<SessionContext> context_;
  Peer peer_;
  std::string input_;  // Received and not yet consumed; at most a header's bound and one read.
  std::optional<std::stop_source> running_;
  std::string_view route_;  // Of the request under way; empty while or if there is none.
  bool waiting_ = false;
  bool cut_ = false;
  bool peer_gone_ = false;
};

}  // namespace sallyport::broker::http

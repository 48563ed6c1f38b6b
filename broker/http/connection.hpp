// A client's connection, plain or over TLS: reads and writes that keep to a deadline.
#pragma once

#include "base/deadline.hpp"
#include "broker/http/listen.hpp"
#include "broker/http/tls.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::broker::http {

enum class IoStatus {
  done,
  end_of_stream,  ///< The client has closed its side.
  timed_out,
  interrupted,  ///< By `interrupt()`.
  failed        ///< The connection is broken.
};

/// One read or write at a time, each of them a single operation of the socket: when the deadline cancels it,
/// no second one can have begun unseen, which a composed operation could do. Unlike `beast::tcp_stream`,
/// which closes on expiry, the socket stays usable, so that a slow client can be told why it is being cut.
///
/// Over TLS one read or write is several operations of the socket, so there the deadline cancels again and
/// again until the last of them has ended.
///
/// Thread-safety: the executor's one thread. May be destroyed when no operation is under way.
class Connection {
 public:
  /// Plain without `tls`.
  explicit Connection(Socket socket, const TlsContext& tls = nullptr);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The beginning of TLS; `done` at once for a plain connection. To be called once, before all else.
  boost::asio::awaitable<IoStatus> handshake(base::Deadline deadline);

  /// Appends what has arrived to `buffer`, at least one byte and at most `read_size`.
  boost::asio::awaitable<IoStatus> read_some(std::string& buffer, base::Deadline deadline);
  static constexpr std::size_t read_size = 16'384;

  /// Writes all of `head` and then `body`; both must outlive the call.
  boost::asio::awaitable<IoStatus> write(std::string_view head, std::string_view body,
                                         base::Deadline deadline);

  /// Ends the sending side and discards what the client still sends until it closes, at most until
  /// `deadline`. A socket that is closed with unread bytes in it resets the connection, and the client may
  /// lose the answer.
  boost::asio::awaitable<void> linger(base::Deadline deadline);

  /// Whether the client has closed its sending side or the connection is broken, without reading a byte of
  /// what it may have sent before. A half-closed connection cannot be told from a closed one until one writes
  /// to it.
  [[nodiscard]] bool peer_gone() const;

  /// Ends the operation under way, and all further ones at once, with `interrupted`. Idempotent.
  void interrupt();

  [[nodiscard]] Socket& socket();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace sallyport::broker::http

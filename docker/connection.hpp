// One connection to the engine: the only place of this module that waits for the socket.
//
// Timeouts do not use beast::basic_stream, which closes the socket when its time is up: a read of an attached
// stream must be resumable after a time-out. Here a deadline or a stop only *wakes* the operation under way;
// the operation then asks its own `Interrupt` whether it has to end, and otherwise goes on. A wake-up that
// comes at the wrong moment or reaches the wrong operation is therefore harmless, and no byte is lost: the
// reactor reports an operation as aborted only if it transferred nothing.
#pragma once

#include "base/deadline.hpp"
#include "docker/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace sallyport::docker::detail {

class Connection;

/// For as long as it lives, the deadline and the stop token of `bounds` wake the connection's operations.
/// Lives in the frame of the coroutine that waits. Executor thread only; the token may be triggered anywhere.
class Interrupt {
 public:
  Interrupt(const std::shared_ptr<Connection>& connection, base::CallBounds bounds);
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  Interrupt(Interrupt&&) = delete;
  Interrupt& operator=(Interrupt&&) = delete;
  ~Interrupt() = default;

  /// Why to end now: `stopped` or `timed_out`.
  [[nodiscard]] std::optional<Error> reason() const;

 private:
  struct WakeOnExecutor {
    std::weak_ptr<Connection> connection;
    boost::asio::any_io_executor executor;
    void operator()() const;
  };

  base::CallBounds bounds_;
  std::optional<boost::asio::steady_timer> timer_;
  std::optional<std::stop_callback<WakeOnExecutor>> on_stop_;
};

/// A Unix stream socket. One read and one write may be under way at a time. Always held by a shared pointer:
/// timers and stop tokens know it weakly.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(const boost::asio::any_io_executor& executor);

  [[nodiscard]] boost::asio::any_io_executor executor();

  /// Errors: `connect_failed`, `timed_out`, `stopped`.
  [[nodiscard]] boost::asio::awaitable<Result<void>> connect(const std::string& path,
                                                             const Interrupt& interrupt);

  /// Reads what is there; 0 at the end. Errors: `closed`, `timed_out`, `stopped`; a further read goes on.
  [[nodiscard]] boost::asio::awaitable<Result<std::size_t>> read_some(boost::asio::mutable_buffer into,
                                                                      const Interrupt& interrupt);

  /// Writes all. On error `written` tells how much of it went out.
  [[nodiscard]] boost::asio::awaitable<Result<void>> write_all(boost::asio::const_buffer data,
                                                               const Interrupt& interrupt,
                                                               std::size_t& written);

  /// Writes a part, unless the peer has sent something (or ended) first: then 0 at once, so that the caller
  /// can read it. For uploads, which an engine may refuse before they are complete.
  [[nodiscard]] boost::asio::awaitable<Result<std::size_t>> write_some_unless_readable(
      boost::asio::const_buffer data, const Interrupt& interrupt);
  /// Ends the watch that `write_some_unless_readable` leaves behind.
  void stop_watching();

  /// True if the peer has closed or sent something unasked, so that an idle connection is of no further use.
  [[nodiscard]] bool is_stale();

  [[nodiscard]] Result<void> shutdown_send();
  void close();
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }

  /// Makes the operations under way look at their interrupts again.
  void wake();

 private:
  void watch_readable();

  boost::asio::local::stream_protocol::socket socket_;
  bool watching_ = false;
  bool readable_ = false;
};

}  // namespace sallyport::docker::detail

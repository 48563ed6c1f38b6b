#include "broker/http/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <poll.h>
#include <utility>

namespace sallyport::broker::http {

namespace asio = boost::asio;

namespace {

/// Between two attempts to cancel what goes on over TLS.
constexpr std::chrono::milliseconds kCancelAgain{20};

}  // namespace

struct Connection::State : std::enable_shared_from_this<Connection::State> {
  State(Socket socket_in, TlsContext context_in)
      : socket(std::move(socket_in)), timer(socket.get_executor()), context(std::move(context_in)) {
    if (context) tls.emplace(socket, *context);
  }

  Socket socket;
  asio::steady_timer timer;
  TlsContext context;                             // That the session was begun with.
  std::optional<asio::ssl::stream<Socket&>> tls;  // None: plain.
  std::array<char, Connection::read_size> scratch;
  base::Clock::time_point due;                // When the operation under way is to end.
  std::optional<base::Clock::time_point> at;  // What the timer waits for; none: it does not.
  bool under_way = false;
  bool timed_out = false;
  bool interrupted = false;

  void begin(base::Deadline deadline) {
    timed_out = false;
    under_way = true;
    cancel_at(deadline.when());
  }

  /// The timer goes on from one operation to the next: one that expires before its operation is due is set
  /// again, which is rare, in place of a start and a cancellation with every read and write.
  void cancel_at(base::Clock::time_point when) {
    due = when;
    if (at && *at <= due) return;
    at = due;
    timer.expires_at(due);
    auto on_expiry = [weak = weak_from_this()](const boost::system::error_code& error) {
      if (error) return;
      if (const auto self = weak.lock()) self->expired();
    };
    timer.async_wait(std::move(on_expiry));
  }

  void expired() {
    at.reset();
    if (!under_way) return;
    if (base::Clock::now() < due) return cancel_at(due);
    timed_out = true;
    boost::system::error_code ignored;
    socket.cancel(ignored);
    if (tls) cancel_at(base::Clock::now() + kCancelAgain);
  }

  IoStatus end(const boost::system::error_code& error) {
    under_way = false;
    if (!error) return IoStatus::done;
    // A client that ends without the farewell of TLS could only cut short what HTTP bounds by its length.
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
      return IoStatus::end_of_stream;
    if (error != asio::error::operation_aborted) return IoStatus::failed;
    if (interrupted) return IoStatus::interrupted;
    return timed_out ? IoStatus::timed_out : IoStatus::failed;
  }
};

Connection::Connection(Socket socket, const TlsContext& tls)
    : state_(std::make_shared<State>(std::move(socket), tls)) {}

Connection::~Connection() {
  boost::system::error_code ignored;
  state_->socket.close(ignored);
  state_->timer.cancel();
}

Socket& Connection::socket() {
  return state_->socket;
}

asio::awaitable<IoStatus> Connection::handshake(base::Deadline deadline) {
  auto state = state_;
  if (!state->tls) co_return IoStatus::done;
  if (state->interrupted) co_return IoStatus::interrupted;
  state->begin(deadline);
  auto [error] = co_await state->tls->async_handshake(asio::ssl::stream_base::server,
                                                      asio::as_tuple(asio::use_awaitable));
  co_return state->end(error);
}

asio::awaitable<IoStatus> Connection::read_some(std::string& buffer, base::Deadline deadline) {
  auto state = state_;
  if (state->interrupted) co_return IoStatus::interrupted;
  if (deadline.expired()) co_return IoStatus::timed_out;
  state->begin(deadline);
  IoStatus status = IoStatus::done;
  std::size_t length = 0;
  if (state->tls) {
    auto [error, count] = co_await state->tls->async_read_some(asio::buffer(state->scratch),
                                                               asio::as_tuple(asio::use_awaitable));
    status = state->end(error);
    length = count;
  } else {
    auto [error, count] = co_await state->socket.async_read_some(asio::buffer(state->scratch),
                                                                 asio::as_tuple(asio::use_awaitable));
    status = state->end(error);
    length = count;
  }
  if (status == IoStatus::done) buffer.append(state->scratch.data(), length);
  co_return status;
}

asio::awaitable<IoStatus> Connection::write(std::string_view head, std::string_view body,
                                            base::Deadline deadline) {
  auto state = state_;
  while (!head.empty() || !body.empty()) {
    if (state->interrupted) co_return IoStatus::interrupted;
    if (deadline.expired()) co_return IoStatus::timed_out;
    state->begin(deadline);
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
    IoStatus status = IoStatus::done;
    std::size_t length = 0;
    if (state->tls) {
      auto [error, count] =
          co_await state->tls->async_write_some(buffers, asio::as_tuple(asio::use_awaitable));
      status = state->end(error);
      length = count;
    } else {
      auto [error, count] =
          co_await state->socket.async_write_some(buffers, asio::as_tuple(asio::use_awaitable));
      status = state->end(error);
      length = count;
    }
    if (status != IoStatus::done) co_return status;
    const std::size_t of_head = std::min(length, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(length - of_head);
  }
  co_return IoStatus::done;
}

asio::awaitable<void> Connection::linger(base::Deadline deadline) {
  auto state = state_;
  if (state->tls && !state->interrupted) {
    // Our farewell; the client's may come behind what it still sends, which is discarded below.
    state->begin(deadline);
    auto [farewell] = co_await state->tls->async_shutdown(asio::as_tuple(asio::use_awaitable));
    state->end(farewell);
  }
  boost::system::error_code error;
  state->socket.shutdown(Socket::shutdown_send, error);
  if (error) co_return;
  IoStatus status = IoStatus::done;
  while (status == IoStatus::done) {
    if (state->interrupted || deadline.expired()) co_return;
    state->begin(deadline);
    auto [failure, count] = co_await state->socket.async_read_some(asio::buffer(state->scratch),
                                                                   asio::as_tuple(asio::use_awaitable));
    status = state->end(failure);
  }
}

bool Connection::peer_gone() const {
  if (!state_->socket.is_open()) return true;
  pollfd watched{};
  // native_handle is not const, though it changes nothing.
  watched.fd = state_->socket.native_handle();
  watched.events = POLLRDHUP;
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

void Connection::interrupt() {
  state_->interrupted = true;
  boost::system::error_code ignored;
  state_->socket.cancel(ignored);
  if (state_->tls) state_->cancel_at(base::Clock::now() + kCancelAgain);
}

}  // namespace sallyport::broker::http

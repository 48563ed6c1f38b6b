#include "docker/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <chrono>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::docker::detail {

using asio::local::stream_protocol;
using boost::system::error_code;

namespace {

// How long to wait before a further connect when the engine's accept queue is full.
constexpr std::chrono::milliseconds accept_queue_retry{5};

Error closed_error(const error_code& code) {
  return make_error(ErrorKind::closed, "the connection broke: " + code.message());
}

Error closed_here() {
  return make_error(ErrorKind::closed, "the connection was closed");
}

}  // namespace

// --- Interrupt

Interrupt::Interrupt(const std::shared_ptr<Connection>& connection, base::CallBounds bounds)
    : bounds_(std::move(bounds)) {
  const std::weak_ptr<Connection> weak = connection;
  const auto executor = connection->executor();
  if (bounds_.deadline.when() != base::Clock::time_point::max()) {
    timer_.emplace(executor, bounds_.deadline.when());
    timer_->async_wait([weak](const error_code& code) {
      if (code) return;  // Cancelled: the call has ended in time.
      if (const auto target = weak.lock()) target->wake();
    });
  }
  // Where the stop comes before this registration, the callback runs right here and wakes nobody; `reason`
  // tells before the first wait.
  if (bounds_.stop.stop_possible()) on_stop_.emplace(bounds_.stop, WakeOnExecutor{weak, executor});
}

void Interrupt::WakeOnExecutor::operator()() const {
  asio::dispatch(executor, [weak = connection] {
    if (const auto target = weak.lock()) target->wake();
  });
}

std::optional<Error> Interrupt::reason() const {
  if (bounds_.stop.stop_requested()) return make_error(ErrorKind::stopped, "the caller gave up");
  if (bounds_.deadline.expired()) return make_error(ErrorKind::timed_out, "no answer within the deadline");
  return std::nullopt;
}

// --- Connection

Connection::Connection(const asio::any_io_executor& executor) : socket_(executor) {}

asio::any_io_executor Connection::executor() {
  return socket_.get_executor();
}

asio::awaitable<Result<void>> Connection::connect(const std::string& path, const Interrupt& interrupt) {
  const auto self = shared_from_this();
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    co_return make_error(ErrorKind::connect_failed, "not a possible path of a socket: " + path);
  }
  const stream_protocol::endpoint endpoint(path);
  const auto failed = [&path](const error_code& code) {
    return make_error(ErrorKind::connect_failed, path + ": " + code.message());
  };
  for (;;) {
    if (auto reason = interrupt.reason()) co_return *reason;
    error_code code;
    socket_.close(code);
    socket_.open(stream_protocol(), code);
    if (code) co_return failed(code);
    auto [connect_code] = co_await socket_.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
    if (connect_code == asio::error::operation_aborted) continue;
    const bool queue_full =
        connect_code == asio::error::would_block || connect_code == asio::error::try_again;
    if (connect_code && !queue_full) co_return failed(connect_code);
    if (!connect_code) {
      // A Unix socket whose peer's accept queue is full answers EAGAIN where TCP would answer EINPROGRESS;
      // Asio then reports a success that is none. Only the peer's name tells.
      socket_.remote_endpoint(code);
      if (!code) co_return Result<void>();
    }
    asio::steady_timer pause(socket_.get_executor(), accept_queue_retry);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<Result<std::size_t>> Connection::read_some(asio::mutable_buffer into,
                                                           const Interrupt& interrupt) {
  const auto self = shared_from_this();
  for (;;) {
    if (!socket_.is_open()) co_return closed_here();
    if (auto reason = interrupt.reason()) co_return *reason;
    auto [code, size] = co_await socket_.async_read_some(into, asio::as_tuple(asio::use_awaitable));
    if (!code) co_return size;
    if (code == asio::error::eof) co_return std::size_t{0};
    if (code != asio::error::operation_aborted) co_return closed_error(code);
  }
}

asio::awaitable<Result<void>> Connection::write_all(asio::const_buffer data, const Interrupt& interrupt,
                                                    std::size_t& written) {
  const auto self = shared_from_this();
  while (data.size() > 0) {
    if (!socket_.is_open()) co_return closed_here();
    if (auto reason = interrupt.reason()) co_return *reason;
    auto [code, size] = co_await socket_.async_write_some(data, asio::as_tuple(asio::use_awaitable));
    data += size;
    written += size;
    if (code && code != asio::error::operation_aborted) co_return closed_error(code);
  }
  co_return Result<void>();
}

asio::awaitable<Result<std::size_t>> Connection::write_some_unless_readable(asio::const_buffer data,
                                                                            const Interrupt& interrupt) {
  const auto self = shared_from_this();
  for (;;) {
    if (!socket_.is_open()) co_return closed_here();
    if (auto reason = interrupt.reason()) co_return *reason;
    if (std::exchange(readable_, false)) co_return std::size_t{0};
    watch_readable();  // Anew each time round, since a wake-up ends the watch too.
    auto [code, size] = co_await socket_.async_write_some(data, asio::as_tuple(asio::use_awaitable));
    if (!code) co_return size;
    if (code != asio::error::operation_aborted) co_return closed_error(code);
  }
}

void Connection::watch_readable() {
  if (std::exchange(watching_, true)) return;
  const std::weak_ptr<Connection> weak = weak_from_this();
  socket_.async_wait(stream_protocol::socket::wait_read, [weak](const error_code& code) {
    const auto target = weak.lock();
    if (!target) return;
    target->watching_ = false;
    if (code) return;
    target->readable_ = true;
    target->wake();
  });
}

void Connection::stop_watching() {
  readable_ = false;
  if (watching_) wake();
}

bool Connection::is_stale() {
  if (!socket_.is_open()) return true;
  char byte = 0;
  const auto received = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return received >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

Result<void> Connection::shutdown_send() {
  if (!socket_.is_open()) return closed_here();
  error_code code;
  socket_.shutdown(stream_protocol::socket::shutdown_send, code);
  if (code) return closed_error(code);
  return {};
}

void Connection::close() {
  error_code ignored;
  socket_.close(ignored);
}

void Connection::wake() {
  error_code ignored;
  if (socket_.is_open()) socket_.cancel(ignored);
}

}  // namespace sallyport::docker::detail

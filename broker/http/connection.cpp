#include "broker/http/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cstdint>
#include <poll.h>
#include <utility>

namespace sallyport::broker::http {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Connection::State : std::enable_shared_from_this<Connection::State> {
  explicit State(tcp::socket socket_in) : socket(std::move(socket_in)), timer(socket.get_executor()) {}

  tcp::socket socket;
  asio::steady_timer timer;
  std::array<char, Connection::read_size> scratch;
  std::uint64_t operation = 0;  // Number of the operation under way: a late timer must not hit the next one.
  bool timed_out = false;
  bool interrupted = false;

  void begin(base::Deadline deadline) {
    timed_out = false;
    const std::uint64_t number = ++operation;
    timer.expires_at(deadline.when());
    auto on_expiry = [weak = weak_from_this(), number](const boost::system::error_code& error) {
      if (error) return;
      const auto self = weak.lock();
      if (!self || self->operation != number) return;
      self->timed_out = true;
      boost::system::error_code ignored;
      self->socket.cancel(ignored);
    };
    timer.async_wait(std::move(on_expiry));
  }

  IoStatus end(const boost::system::error_code& error) {
    ++operation;
    timer.cancel();
    if (!error) return IoStatus::done;
    if (error == asio::error::eof) return IoStatus::end_of_stream;
    if (error != asio::error::operation_aborted) return IoStatus::failed;
    if (interrupted) return IoStatus::interrupted;
    return timed_out ? IoStatus::timed_out : IoStatus::failed;
  }
};

Connection::Connection(tcp::socket socket) : state_(std::make_shared<State>(std::move(socket))) {}

Connection::~Connection() {
  boost::system::error_code ignored;
  state_->socket.close(ignored);
  state_->timer.cancel();
}

tcp::socket& Connection::socket() {
  return state_->socket;
}

asio::awaitable<IoStatus> Connection::read_some(std::string& buffer, base::Deadline deadline) {
  auto state = state_;
  if (state->interrupted) co_return IoStatus::interrupted;
  if (deadline.expired()) co_return IoStatus::timed_out;
  state->begin(deadline);
  auto [error, length] = co_await state->socket.async_read_some(asio::buffer(state->scratch),
                                                                asio::as_tuple(asio::use_awaitable));
  const IoStatus status = state->end(error);
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
    auto [error, length] =
        co_await state->socket.async_write_some(buffers, asio::as_tuple(asio::use_awaitable));
    const IoStatus status = state->end(error);
    if (status != IoStatus::done) co_return status;
    const std::size_t of_head = std::min(length, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(length - of_head);
  }
  co_return IoStatus::done;
}

asio::awaitable<void> Connection::linger(base::Deadline deadline) {
  boost::system::error_code error;
  state_->socket.shutdown(tcp::socket::shutdown_send, error);
  if (error) co_return;
  std::string discarded;
  IoStatus status = IoStatus::done;
  while (status == IoStatus::done) {
    discarded.clear();
    status = co_await read_some(discarded, deadline);
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
}

}  // namespace sallyport::broker::http

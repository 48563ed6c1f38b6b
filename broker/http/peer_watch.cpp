#include "broker/http/peer_watch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <utility>

namespace sallyport::broker::http {

namespace asio = boost::asio;

namespace {
// With unread bytes in it the socket is readable for good, and waiting for that would spin.
constexpr std::chrono::milliseconds kPause{100};
}  // namespace

struct PeerWatch::State {
  State(std::shared_ptr<Connection> connection_in, std::stop_source client_gone_in)
      : connection(std::move(connection_in)),
        client_gone(std::move(client_gone_in)),
        pause(connection->socket().get_executor()),
        ended(connection->socket().get_executor()) {}

  std::shared_ptr<Connection> connection;
  std::stop_source client_gone;
  asio::steady_timer pause;
  base::Event ended;
  bool watching = false;
  bool finishing = false;
};

PeerWatch::PeerWatch(std::shared_ptr<Connection> connection, std::stop_source client_gone)
    : state_(std::make_shared<State>(std::move(connection), std::move(client_gone))) {}

void PeerWatch::start() {
  auto begin = [state = state_] {
    if (state->finishing) return;
    state->watching = true;
    asio::co_spawn(state->connection->socket().get_executor(), watch(state), asio::detached);
  };
  asio::post(state_->connection->socket().get_executor(), std::move(begin));
}

asio::awaitable<void> PeerWatch::watch(std::shared_ptr<State> state) {
  auto& socket = state->connection->socket();
  while (!state->finishing) {
    co_await socket.async_wait(Socket::wait_read, asio::as_tuple(asio::use_awaitable));
    if (state->finishing) break;
    if (state->connection->peer_gone()) {
      state->client_gone.request_stop();
      break;
    }
    state->pause.expires_after(kPause);
    co_await state->pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  state->ended.set();
}

asio::awaitable<void> PeerWatch::finish() {
  auto state = state_;
  state->finishing = true;
  if (!state->watching) co_return;
  boost::system::error_code ignored;
  state->connection->socket().cancel(ignored);
  state->pause.cancel();
  // The watch awaits nothing but what was just cancelled.
  base::CallBounds bounds(base::Deadline::never());
  co_await state->ended.wait(std::move(bounds));
}

}  // namespace sallyport::broker::http

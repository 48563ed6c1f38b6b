// Notices that a client went away while its request is being handled.
#pragma once

#include "base/event.hpp"
#include "broker/http/connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <stop_token>

namespace sallyport::broker::http {

/// Watches a connection from `start` to `finish` and triggers a stop source when the client closes or
/// half-closes it. Reads nothing: pipelined requests wait in the kernel, whose buffer is their bound, and an
/// end of stream behind them is seen all the same.
///
/// Thread-safety: the executor's one thread. `finish` must have returned before the connection is used again.
class PeerWatch {
 public:
  PeerWatch(std::shared_ptr<Connection> connection, std::stop_source client_gone);

  /// The watch begins when the caller next waits for something: a handler that is done before costs none.
  void start();

  /// Ends the watch and waits until it has ended.
  boost::asio::awaitable<void> finish();

 private:
  struct State;
  static boost::asio::awaitable<void> watch(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace sallyport::broker::http

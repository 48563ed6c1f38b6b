// Notices that clients went away while their requests are being handled.
#pragma once

#include "broker/http/connection.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/intrusive/list.hpp>

#include <memory>
#include <stop_token>

namespace sallyport::broker::http {

/// Looks after all connections that are watched, at every kInterval while there are any. Most requests are
/// answered before the first look: to have the kernel tell of each client by itself took a coroutine, an
/// event and a cancellation a request, which was a good part of what the broker itself does for one.
///
/// Reads nothing: pipelined requests wait in the kernel, whose buffer is their bound, and an end of stream
/// behind them is seen all the same.
///
/// Thread-safety: the executor's one thread. May be destroyed when nothing is watched.
class PeerPatrol {
 public:
  explicit PeerPatrol(const boost::asio::any_io_executor& executor);
  ~PeerPatrol();
  PeerPatrol(const PeerPatrol&) = delete;
  PeerPatrol& operator=(const PeerPatrol&) = delete;

 private:
  friend class PeerWatch;
  struct State;
  std::shared_ptr<State> state_;
};

/// Watches a connection from construction to destruction, and triggers a stop source when the client closes
/// or half-closes it. Patrol and connection must outlive it.
class PeerWatch
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  PeerWatch(PeerPatrol& patrol, const Connection& connection, std::stop_source client_gone);

 private:
  friend struct PeerPatrol::State;
  const Connection& connection_;
  std::stop_source client_gone_;
};

}  // namespace sallyport::broker::http

// The connections to the engine: a bounded number, the idle ones kept for the next call.
#pragma once

#include "base/deadline.hpp"
#include "base/event.hpp"
#include "docker/connection.hpp"
#include "docker/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::docker::detail {

class Pool;

/// A connection on loan. It goes back to the pool by `give_back`; otherwise it is closed.
class Lease {
 public:
  Lease() = default;
  Lease(std::shared_ptr<Pool> pool, std::shared_ptr<Connection> connection, bool reused)
      : pool_(std::move(pool)), connection_(std::move(connection)), reused_(reused) {}
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { discard(); }

  [[nodiscard]] const std::shared_ptr<Connection>& connection() const { return connection_; }
  /// It has served a call before, so it may have died since.
  [[nodiscard]] bool reused() const { return reused_; }

  void give_back();
  void discard();

 private:
  std::shared_ptr<Pool> pool_;  ///< Null once the connection is given back or closed.
  std::shared_ptr<Connection> connection_;
  bool reused_ = false;
};

/// Executor thread only.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  struct Options {
    std::string socket_path;
    std::size_t max_idle = 0;
    std::size_t max_connections = 0;
  };

  enum class Freshness { any, new_connection };

  Pool(boost::asio::any_io_executor executor, Options options);

  /// Waits, in order of arrival and at most within `bounds`, while all connections are in use.
  /// Errors: `connect_failed`, `timed_out`, `stopped`.
  [[nodiscard]] boost::asio::awaitable<Result<Lease>> acquire(const base::CallBounds& bounds,
                                                              Freshness freshness);

  void close_idle();

  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  [[nodiscard]] std::size_t idle() const { return idle_.size(); }

 private:
  friend class Lease;

  struct Waiter {
    explicit Waiter(const boost::asio::any_io_executor& executor) : granted(executor) {}
    base::Event granted;
  };
  class Place;

  [[nodiscard]] std::shared_ptr<Connection> take_idle();
  void release(const std::shared_ptr<Connection>& connection, bool reusable);
  /// A place among `max_connections` has become free: the longest waiter inherits it.
  void free_place();

  boost::asio::any_io_executor executor_;
  Options options_;
  std::size_t in_use_ = 0;  ///< Places taken: connections on loan or being made.
  std::vector<std::shared_ptr<Connection>> idle_;
  std::list<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace sallyport::docker::detail

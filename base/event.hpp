// A flag that coroutines wait for.
#pragma once

#include "base/deadline.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace sallyport::base {

enum class WaitStatus {
  ready,      ///< The event was set.
  timed_out,  ///< The deadline passed first.
  stopped,    ///< The stop token was triggered first.
};

/// Set once, awaited by any number of coroutines. Used wherever one task waits for another: a queue place, a
/// finished run, a drained set of tasks.
///
/// Thread-safety: `set` and `wait` belong to the executor's one thread (or strand); the stop token may be
/// triggered from any thread. The event may be destroyed while nobody waits on it.
class Event {
 public:
  explicit Event(boost::asio::any_io_executor executor);

  /// Wakes all waiters, now and later. Calling it again does nothing.
  void set();
  [[nodiscard]] bool is_set() const;

  /// Waits for `set`, at most within `bounds`. Never throws for a time-out or a stop; both are results.
  boost::asio::awaitable<WaitStatus> wait(CallBounds bounds);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Sleeps until the deadline of `bounds` or its stop. Gives `timed_out` for a full sleep, else `stopped`.
boost::asio::awaitable<WaitStatus> sleep(CallBounds bounds);

}  // namespace sallyport::base

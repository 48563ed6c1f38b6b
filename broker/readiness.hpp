// Whether submissions would be served now.
#pragma once

#include "base/event.hpp"
#include "runners/runner.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::broker {

/// Asks the runner, at most one question at a time and one a second: probes come from many sides at once and
/// must not become a load on the engine. The question belongs to no request, so no impatient client can spoil
/// the answer for the others.
///
/// Thread-safety: the executor's one thread.
class Readiness {
 public:
  /// `runner` must live until `finish` has returned. A check that takes longer than `timeout` counts as a no.
  Readiness(boost::asio::any_io_executor executor, runners::Runner& runner, std::string image,
            base::Clock::duration timeout, base::Clock::duration keep = std::chrono::seconds(1));

  /// The answer, at most `keep` old; "not ready" when `bounds` end first.
  boost::asio::awaitable<runners::Health> get(base::CallBounds bounds);

  /// Stops the check under way and begins no further one: from now on the answer is no.
  void stop();

  /// Stops, and waits for the end of the check under way.
  boost::asio::awaitable<void> finish(base::CallBounds bounds);

 private:
  struct State;
  static boost::asio::awaitable<void> ask(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace sallyport::broker

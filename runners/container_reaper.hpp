// Removes containers behind the runs that used them.
#pragma once

#include "base/deadline.hpp"
#include "base/event.hpp"
#include "docker/client.hpp"
#include "runners/container_spec.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_set>

namespace sallyport::runners {

struct ReaperOptions {
  /// From the end of a run to the agent's dismissal, and from there to the removal. Either costs the CPU time
  /// of several warm replies, which would come later by it in a burst.
  std::chrono::milliseconds settle{50};
  std::chrono::milliseconds remove_timeout{60'000};
  std::chrono::milliseconds list_timeout{20'000};
  std::chrono::milliseconds sweep_interval{60'000};
};

struct ReaperCounts {
  std::uint64_t removed = 0;
  std::uint64_t failed = 0;  ///< Removals that did not succeed; the sweep tries these again.
  std::uint64_t swept = 0;   ///< Containers that only a sweep found.
  std::size_t pending = 0;   ///< Removals under way.
};

/// Receives one line about each thing worth an operator's notice.
using ReaperLog = std::function<void(const std::string& message)>;

/// Owns the removal of every container of this instance. A removal can take 30 s or hang with a wedged
/// runtime, so nobody waits for one: a run hands its container's name over and is done. What could not be
/// removed is found again by its label, at intervals and at the next start.
///
/// Thread-safety: the executor's one thread. Destroy it only after `shut_down`.
class ContainerReaper {
 public:
  ContainerReaper(boost::asio::any_io_executor executor, docker::Client& client, InstanceIdentity identity,
                  ReaperOptions options, ReaperLog log);
  ~ContainerReaper();
  ContainerReaper(const ContainerReaper&) = delete;
  ContainerReaper& operator=(const ContainerReaper&) = delete;

  /// A container of this name is in use: sweeps leave it alone until `remove`.
  void claim(const std::string& name);

  /// Removes a claimed container in the background, forcibly; one that never came to be is fine. Its agent,
  /// if it still waits at the other end of `stream`, is dismissed first by closing that, so that it ends by
  /// itself.
  void remove(std::string name, std::optional<docker::AttachedStream> stream = std::nullopt);

  /// Kills a container in the background. Gives what is set when the engine has answered, which it does when
  /// the container has ended, or refused, or when `deadline` has passed.
  base::Event kill(std::string id, base::Deadline deadline);

  /// Removes all containers that a former run of this instance left. For the start of the broker. Gives the
  /// number removed.
  boost::asio::awaitable<docker::Result<std::size_t>> remove_orphans(base::CallBounds bounds);

  /// Begins the periodic sweep for containers of this run that nobody claims.
  void start_sweeping();

  /// Ends the sweep, waits for the removals under way, and tries those again that failed; at most within
  /// `bounds`.
  boost::asio::awaitable<void> shut_down(base::CallBounds bounds);

  [[nodiscard]] ReaperCounts counts() const;

  /// A line about a container to where the reaper's own go.
  void log(const std::string& message) const;

 private:
  struct State;

  static boost::asio::awaitable<void> kill_one(std::shared_ptr<State> state, std::string id,
                                               base::Deadline deadline, base::Event answered);
  static boost::asio::awaitable<void> remove_one(std::shared_ptr<State> state, std::string name,
                                                 std::optional<docker::AttachedStream> stream);
  static boost::asio::awaitable<void> sweep_forever(std::shared_ptr<State> state);
  /// `until`: for all of it, in place of a time for each call.
  static boost::asio::awaitable<void> sweep_once(std::shared_ptr<State> state,
                                                 std::optional<base::Deadline> until);

  std::shared_ptr<State> state_;
};

}  // namespace sallyport::runners

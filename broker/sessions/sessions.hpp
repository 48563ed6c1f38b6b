// The sessions of this broker: whose they are, what they do, and when they end.
#pragma once

#include "base/deadline.hpp"
#include "base/event.hpp"
#include "broker/admission/owner.hpp"
#include "broker/api_error.hpp"
#include "broker/audit_sink.hpp"
#include "broker/sessions/session_counts.hpp"
#include "broker/sessions/session_request.hpp"
#include "config/config.hpp"
#include "runners/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

/// One session. Its members are for reading; `Sessions` changes them.
struct SessionEntry {
  enum class State { starting, idle, busy, ended };

  std::string id;
  Owner owner;
  SessionRequest request;
  State state = State::starting;
  std::string why_ended;  ///< For people; only when it has.
  std::uint64_t cells = 0;
  std::string judged_code;  ///< Of the cells that the policy judged; ends with a newline, or is empty.
  std::chrono::system_clock::time_point created;
  std::chrono::system_clock::time_point last_used;
  base::Clock::time_point born;
  base::Clock::time_point used;
  std::shared_ptr<runners::Session> session;  ///< Null while it starts, and when it has ended.
  bool closing = false;                       ///< Deleted while a cell ran.
  std::stop_source cell_stop;                 ///< Interrupts the cell that runs.
  std::stop_source watch_stop;
  std::optional<base::Event> watched;  ///< Set when nobody watches it any more.
};

[[nodiscard]] std::string_view to_string(SessionEntry::State state);

/// All sessions, within their bounds of number, idle time and lifetime. A session that ended by itself is
/// remembered for a while, so that its owner learns why.
///
/// Thread-safety: the executor's one thread. Destroy it after `shut_down`, or when the executor runs no more.
class Sessions {
 public:
  using Pointer = std::shared_ptr<SessionEntry>;

  /// `audit` hears of sessions that begin and end; it must outlive them all.
  Sessions(boost::asio::any_io_executor executor, config::Sessions limits, AuditSink& audit);

  /// A place for a session that is about to start. 429 when its user or its key has enough of them, 503 when
  /// all have.
  [[nodiscard]] ApiResult<Pointer> reserve(std::string id, Owner owner, SessionRequest request);
  /// The sandbox stands. Not for one that has been removed meanwhile: then the sandbox goes at once.
  void start(const Pointer& entry, std::unique_ptr<runners::Session> session);

  /// This owner's, or null.
  [[nodiscard]] Pointer find(std::string_view id, const Owner& owner) const;
  /// Newest first.
  [[nodiscard]] std::vector<Pointer> of(const Owner& owner) const;

  /// A cell is about to run: ends the watch. 409 if another one does, 410 if the session has ended. After a
  /// success `release` follows.
  boost::asio::awaitable<std::optional<ApiError>> acquire(Pointer entry);
  /// The cell is through, or has not run.
  void release(const Pointer& entry);

  /// Ends it and forgets it; a cell that runs is interrupted first.
  void remove(const Pointer& entry);

  /// Ends all, at most within `bounds`; no cell may run any more.
  boost::asio::awaitable<void> shut_down(base::CallBounds bounds);

  [[nodiscard]] const config::Sessions& limits() const;
  /// Those that have a sandbox, or wait for one.
  [[nodiscard]] std::size_t count() const;
  /// For the metrics.
  [[nodiscard]] SessionCounts counts() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// The answer to whoever uses a session that has ended: 410.
[[nodiscard]] ApiError session_gone(const SessionEntry& entry);

/// "; its variables and files are lost"
extern const char* const kSessionLost;

}  // namespace sallyport::broker

// An interpreter that stays: cells of one owner, one after the other, in one sandbox.
#pragma once

#include "runners/runner.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::runners {

/// One sandbox whose interpreter keeps its variables, imports and files from one cell to the next. All cells
/// are of one owner: nothing in the sandbox holds against what an earlier cell did there. Destroying it ends
/// the sandbox, whatever it does.
///
/// Thread-safety: the executor's one thread, and one call of `run` or `idle` at a time.
class Session {
 public:
  virtual ~Session() = default;

  /// Runs a job, which is a cell, to its end. At its time limit, its output limit or the stop token the cell
  /// is interrupted (SIGINT, in Python a KeyboardInterrupt); if it does not yield within a few seconds, or
  /// the sandbox ends, the session is over. The first cell's limits on memory, processes and files hold for
  /// all. `sink` may be null.
  virtual boost::asio::awaitable<Outcome> run(Job job, OutputSink* sink, base::CallBounds bounds) = 0;

  /// Between two cells: watches until the session ends by itself, and gives why; no value when `bounds` end
  /// the watch. What the program writes meanwhile is kept for the next cell, within a bound; beyond it the
  /// program waits, and its end is seen only with the next cell.
  virtual boost::asio::awaitable<std::optional<std::string>> idle(base::CallBounds bounds) = 0;

  /// False for good once the interpreter is gone; `why_ended` then says what ended it, for people.
  [[nodiscard]] virtual bool alive() const = 0;
  [[nodiscard]] virtual const std::string& why_ended() const = 0;
};

/// A session, or what stood in the way.
struct OpenedSession {
  std::unique_ptr<Session> session;
  Outcome failure;  ///< If there is none: sandbox_failed or stopped, as `Runner::run` gives it.
  bool warm = false;
};

/// What is fixed when a session begins.
struct SessionSpec {
  std::string id;     ///< For the container's label.
  std::string image;  ///< As a Job has it.
  Limits limits;      ///< Memory, CPUs, network, sizes of folders.
};

/// Begins sessions. Declared apart from Runner: not everything that runs submissions can keep one waiting.
class SessionOpener {
 public:
  virtual ~SessionOpener() = default;

  /// Does not throw for anything that a sandbox or the engine does.
  virtual boost::asio::awaitable<OpenedSession> open_session(SessionSpec spec, base::CallBounds bounds) = 0;
};

}  // namespace sallyport::runners

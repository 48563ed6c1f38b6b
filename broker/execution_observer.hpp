// Who is told of an execution while it goes on.
#pragma once

#include "broker/doors.hpp"
#include "runners/runner.hpp"

#include <string_view>

namespace sallyport::broker {

/// Hears in this order: `queued`, `started`, and then output and violations as they come. A submission that
/// the first door stops is never queued; the violations of that door come before `queued`.
///
/// Thread-safety: called on the executor's one thread; must not block, throw or keep what it is given.
class ExecutionObserver {
 public:
  virtual ~ExecutionObserver() = default;

  /// The submission waits for its turn, be it for no time at all.
  virtual void on_queued(std::string_view execution_id) = 0;
  /// It has its turn, and a sandbox is being got for it.
  virtual void on_started(std::string_view execution_id, double queue_ms) = 0;
  /// What may be seen of its output: valid UTF-8, never empty, cut between characters. All pieces of a stream
  /// put together are that stream in the reply, unless the second door withholds the output.
  virtual void on_output(runners::OutputStream stream, std::string_view text) = 0;
  virtual void on_violation(const ValidationViolation& violation) = 0;
  /// At the first finding of a rule in a text; the reply has the final count.
  virtual void on_violation(const OutputViolation& violation) = 0;
};

}  // namespace sallyport::broker

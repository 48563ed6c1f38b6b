// How a submission fared, in the terms that other services share: a compiler's word, streams, a status, a
// signal.
#pragma once

#include "broker/api/execution_reply.hpp"

#include <optional>
#include <string>

namespace sallyport::broker::compat {

enum class End {
  success,
  refused,  ///< By the first door: what others call a compile error.
  nonzero,  ///< An exception, an exit status, output that an output rule blocks.
  signal,
  time,  ///< Wall or CPU time.
  memory,
  output,  ///< More output than allowed.
  broken,  ///< The sandbox itself.
};

struct Outcome {
  End end = End::success;
  std::string compile_output;  ///< Of `refused`: the diagnostics.
  std::string stdout_text;
  std::string stderr_text;       ///< With the broker's own word where the program could not say it itself.
  std::optional<int> exit_code;  ///< Never 0 unless it was a success.
  std::optional<std::string> signal;
  std::string message;  ///< Why it was no success.
  double cpu_seconds = 0;
  double wall_seconds = 0;
  double memory_mb = 0;
};

[[nodiscard]] Outcome outcome_of(ExecutionReply reply);

/// The number of "SIGKILL"; 0 if it is not known.
[[nodiscard]] int signal_number(const std::string& name);

}  // namespace sallyport::broker::compat

// The body of a 200 answer to `POST /v1/executions`.
#pragma once

#include "broker/doors.hpp"
#include "runners/runner.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker {

/// What only a cell of a session has.
struct CellReply {
  std::string id;  ///< Of the session.
  std::uint64_t cell = 0;
  std::string state;                     ///< Behind the cell: "idle" or "ended".
  std::optional<std::string> why_ended;  ///< For people.
};

/// How a submission fared. Every field means what DESIGN's table of the reply says under the same name.
struct ExecutionReply {
  std::string id;
  bool success = false;
  std::string stdout_text;  ///< Valid UTF-8.
  std::string stderr_text;
  std::optional<std::string> error_type;
  std::optional<std::string> error_message;
  std::optional<int>
      error_line;  ///< Line of the submission where the exception was raised, or that is no Python.
  std::optional<int> exit_code;
  std::optional<std::string> signal;
  bool timed_out = false;
  bool oom_killed = false;
  std::optional<double> execution_time_seconds;  ///< None when nothing was executed.
  double total_time_seconds = 0;
  bool cached = false;  ///< The result of an earlier submission, given again; nothing was executed.
  std::vector<ValidationViolation> validation_violations;
  std::vector<OutputViolation> output_violations;
  bool was_output_redacted = false;
  bool was_output_truncated = false;
  /// U+FFFD that were put into the streams in place of bytes that are not UTF-8.
  std::uint64_t invalid_utf8_replaced = 0;
  std::vector<runners::Artifact> artifacts;
  std::vector<std::string> notes;       ///< What was left out, and why.
  std::optional<runners::Usage> usage;  ///< None when nothing was executed.

  std::optional<CellReply> session;
  std::optional<runners::DisplayBundle> result;
  std::vector<runners::DisplayBundle> displays;

  struct Timings {
    double validation_ms = 0;
    double queue_ms = 0;
    double sandbox_ms = 0;
    double output_ms = 0;
  } timings;
};

/// Of the streams and the artifacts: what a reply costs to read through and to write.
[[nodiscard]] std::size_t bytes_of(const ExecutionReply& reply);

/// Whether artifacts come with their `content_base64`.
enum class Contents { included, left_out };

[[nodiscard]] std::string to_json(const ExecutionReply& reply, Contents contents = Contents::included);

}  // namespace sallyport::broker

#include "broker/verdict.hpp"

#include "broker/api/utf8.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace sallyport::broker {
namespace {

using runners::SandboxFailure;
using runners::Verdict;

constexpr std::size_t kMaxTypeBytes = 256;
constexpr std::size_t kMaxMessageBytes = 16'384;

/// For an engine that is down or busy: long enough not to hammer it, short enough not to miss its return.
constexpr int kRetryAfterSeconds = 5;

/// Text that a submission chose: made valid, and bounded.
std::string bounded(std::string text, std::size_t limit) {
  text = to_valid_utf8(std::move(text));
  return std::string(cut_utf8(text, limit));
}

std::string number_text(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.10g", value);
  return text.data();
}

ApiError not_served(int status, std::string error_type, std::string message, SandboxFailure failure) {
  ApiError error;
  error.status = status;
  error.error_type = std::move(error_type);
  error.message = std::move(message);
  if (status == 503) error.retry_after_seconds = kRetryAfterSeconds;
  if (failure != SandboxFailure::none) {
    nlohmann::json details;
    details["failure"] = runners::to_string(failure);
    error.details_json = details.dump();
  }
  return error;
}

std::string or_else(std::string message, const char* otherwise) {
  return message.empty() ? std::string(otherwise) : std::move(message);
}

/// The error if a failed sandbox means that the submission was not served.
std::optional<ApiError> unserved(SandboxFailure failure, const std::string& message) {
  switch (failure) {
    case SandboxFailure::engine_unreachable:
      return not_served(503, "SandboxError", or_else(message, "the container engine does not answer"),
                        failure);
    case SandboxFailure::engine_refused:
      return not_served(503, "SandboxError", or_else(message, "the container engine refused"), failure);
    case SandboxFailure::engine_timed_out:
      return not_served(503, "SandboxError", or_else(message, "the container engine took too long"), failure);
    case SandboxFailure::image_missing:
      return not_served(503, "SandboxError", or_else(message, "the runner image is missing"), failure);
    case SandboxFailure::runtime_missing:
      return not_served(503, "SandboxError", or_else(message, "the sandbox runtime is missing"), failure);
    case SandboxFailure::unsupported:
      return not_served(422, "ValidationError",
                        or_else(message, "the runner cannot honour a limit or option"), failure);
    case SandboxFailure::none:
    case SandboxFailure::start_failed:
    case SandboxFailure::sandbox_crashed:
      break;
  }
  return std::nullopt;
}

void set_error(ExecutionReply& reply, std::string type, std::string message) {
  reply.error_type = std::move(type);
  reply.error_message = std::move(message);
}

}  // namespace

std::optional<ApiError> apply_outcome(runners::Outcome outcome, const runners::Limits& limits,
                                      ExecutionReply& reply) {
  std::string message = bounded(std::move(outcome.message), kMaxMessageBytes);
  if (outcome.verdict == Verdict::stopped) {
    return not_served(499, "CancelledError", "the client went away; its submission was stopped",
                      SandboxFailure::none);
  }
  if (outcome.verdict == Verdict::sandbox_failed) {
    if (auto error = unserved(outcome.failure, message)) return error;
  }

  reply.success = outcome.verdict == Verdict::completed;
  reply.stdout_text = to_valid_utf8(std::move(outcome.stdout_bytes), &reply.invalid_utf8_replaced);
  reply.stderr_text = to_valid_utf8(std::move(outcome.stderr_bytes), &reply.invalid_utf8_replaced);
  reply.exit_code = outcome.exit_code;
  reply.signal = outcome.signal;
  reply.oom_killed = outcome.oom_killed;
  reply.was_output_truncated = outcome.output_truncated;
  reply.execution_time_seconds = std::chrono::duration<double>(outcome.execution_time).count();
  reply.artifacts = std::move(outcome.artifacts);
  reply.result = std::move(outcome.result);
  reply.displays = std::move(outcome.displays);
  for (std::string& note : outcome.notes) reply.notes.push_back(to_valid_utf8(std::move(note)));
  reply.usage = outcome.usage;

  switch (outcome.verdict) {
    case Verdict::completed:
    case Verdict::stopped:
      break;
    case Verdict::exited: {
      const std::string code = outcome.exit_code ? std::to_string(*outcome.exit_code) : "unknown";
      set_error(reply, "SystemExit", "SystemExit: " + code);
      break;
    }
    case Verdict::exception: {
      std::string type = bounded(std::move(outcome.exception_type), kMaxTypeBytes);
      if (type.empty()) type = "Exception";
      if (!outcome.refused_import.empty()) type = "SecurityViolationError";
      set_error(reply, type, message.empty() ? type : message);
      reply.error_line = outcome.exception_line;
      break;
    }
    case Verdict::killed_by_signal:
      set_error(reply, "SystemError",
                "the submission was killed by " + outcome.signal.value_or("an unknown signal"));
      break;
    case Verdict::timed_out:
      reply.timed_out = true;
      set_error(reply, "TimeoutError",
                "the submission exceeded its time limit of " +
                    number_text(std::chrono::duration<double>(limits.timeout).count()) + " seconds");
      break;
    case Verdict::cpu_limit:
      set_error(
          reply, "ResourceLimitError",
          "the submission exceeded its limit of " + number_text(limits.cpu_seconds) + " seconds of CPU time");
      break;
    case Verdict::out_of_memory:
      reply.oom_killed = true;
      set_error(
          reply, "ResourceLimitError",
          "the submission exceeded its memory limit of " + std::to_string(limits.max_memory_mb) + " MB");
      break;
    case Verdict::output_limit:
      reply.was_output_truncated = true;
      set_error(reply, "ResourceLimitError",
                "the submission exceeded its output limit of " + std::to_string(limits.max_output_bytes) +
                    " bytes");
      break;
    case Verdict::sandbox_failed:
      set_error(reply, "SandboxError",
                or_else(std::move(message), outcome.failure == SandboxFailure::start_failed
                                                ? "the sandbox did not start"
                                                : "the sandbox failed while the submission ran"));
      break;
  }
  return std::nullopt;
}

}  // namespace sallyport::broker

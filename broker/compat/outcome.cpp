#include "broker/compat/outcome.hpp"

#include "broker/diagnostics.hpp"

#include <array>
#include <csignal>
#include <string_view>
#include <utility>

namespace sallyport::broker::compat {
namespace {

End end_of(const ExecutionReply& reply) {
  if (reply.success) return End::success;
  const std::string type = reply.error_type.value_or("");
  if (type == "ValidationError" && !reply.exit_code) return End::refused;
  if (type == "SandboxError" && !reply.exit_code) return End::broken;
  if (reply.timed_out || reply.signal == "SIGXCPU") return End::time;
  if (reply.oom_killed) return End::memory;
  if (type == "ResourceLimitError") return reply.was_output_truncated ? End::output : End::time;
  if (reply.signal) return End::signal;
  return End::nonzero;
}

/// Whether the program's own stderr says it: that of an exception has its traceback.
bool said_by_program(const Outcome& outcome) {
  if (outcome.end != End::nonzero || outcome.message.empty()) return outcome.end == End::success;
  return outcome.stderr_text.find(outcome.message) != std::string::npos;
}

}  // namespace

Outcome outcome_of(ExecutionReply reply) {
  Outcome outcome;
  outcome.end = end_of(reply);
  outcome.stdout_text = std::move(reply.stdout_text);
  outcome.stderr_text = std::move(reply.stderr_text);
  outcome.exit_code = reply.exit_code;
  outcome.signal = std::move(reply.signal);
  outcome.message = reply.error_message.value_or("");
  if (reply.usage) {
    outcome.cpu_seconds = reply.usage->cpu_seconds;
    outcome.memory_mb = reply.usage->peak_memory_mb;
  }
  outcome.wall_seconds = reply.execution_time_seconds.value_or(0);
  if (outcome.end == End::success) return outcome;
  if (outcome.end == End::refused) {
    outcome.compile_output = diagnostics(outcome.message, reply.validation_violations);
    outcome.message = "the program did not pass validation";
    return outcome;
  }
  const bool killed = outcome.signal.has_value();
  if (!killed && outcome.exit_code.value_or(0) == 0) outcome.exit_code = 1;
  if (!said_by_program(outcome)) {
    if (!outcome.stderr_text.empty() && !outcome.stderr_text.ends_with('\n')) outcome.stderr_text += '\n';
    outcome.stderr_text += outcome.message + "\n";
  }
  return outcome;
}

int signal_number(const std::string& name) {
  static constexpr std::array<std::pair<std::string_view, int>, 14> kNumbers = {{{"SIGHUP", SIGHUP},
                                                                                 {"SIGINT", SIGINT},
                                                                                 {"SIGQUIT", SIGQUIT},
                                                                                 {"SIGILL", SIGILL},
                                                                                 {"SIGTRAP", SIGTRAP},
                                                                                 {"SIGABRT", SIGABRT},
                                                                                 {"SIGBUS", SIGBUS},
                                                                                 {"SIGFPE", SIGFPE},
                                                                                 {"SIGKILL", SIGKILL},
                                                                                 {"SIGSEGV", SIGSEGV},
                                                                                 {"SIGPIPE", SIGPIPE},
                                                                                 {"SIGTERM", SIGTERM},
                                                                                 {"SIGXCPU", SIGXCPU},
                                                                                 {"SIGXFSZ", SIGXFSZ}}};
  for (const auto& [known, number] : kNumbers) {
    if (known == name) return number;
  }
  return 0;
}

}  // namespace sallyport::broker::compat

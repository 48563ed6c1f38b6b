#include "runners/classify.hpp"

#include <csignal>
#include <cstdio>
#include <string>

namespace sallyport::runners {
namespace {

// How a container's exit status tells of a signal: 128 and the number, as in a shell.
constexpr std::int64_t kSignalBase = 128;
constexpr std::int64_t kMaxSignal = 64;

// What gVisor's sandbox process exits with when its own kernel panics or hits the host's limits. Measured; Go
// programs exit so.
constexpr std::int64_t kSandboxCrashStatus = 2;

std::string number_text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", value);
  return buffer;
}

std::string seconds_text(std::chrono::milliseconds duration) {
  return number_text(static_cast<double>(duration.count()) / 1000.0);
}

void by_report(const AgentReport& report, Outcome& outcome) {
  outcome.exit_code = report.exit_code;
  switch (report.outcome) {
    case AgentReport::Outcome::exception:
      outcome.verdict = Verdict::exception;
      outcome.exception_type = report.exception_type;
      outcome.message = report.exception_message;
      outcome.exception_line = report.exception_line;
      outcome.refused_import = report.refused_import;
      return;
    case AgentReport::Outcome::returned:
    case AgentReport::Outcome::exit:
    case AgentReport::Outcome::os_exit:
      break;
  }
  if (report.exit_code == 0) {
    outcome.verdict = Verdict::completed;
    return;
  }
  outcome.verdict = Verdict::exited;
  const bool hard = report.outcome == AgentReport::Outcome::os_exit;
  outcome.message = "the program ended itself with exit status " + std::to_string(report.exit_code) +
                    (hard ? " (os._exit)" : "");
}

void by_signal(int number, const Limits& limits, Outcome& outcome) {
  outcome.signal = signal_name(number);
  if (number == SIGXCPU) {
    outcome.verdict = Verdict::cpu_limit;
    outcome.message =
        "the program used more than its " + number_text(limits.cpu_seconds) + " seconds of CPU time";
    return;
  }
  outcome.verdict = Verdict::killed_by_signal;
  outcome.message = "the interpreter was killed by " + *outcome.signal;
  if (number == SIGSEGV) outcome.message += " (segmentation fault)";
  if (number == SIGABRT) outcome.message += " (abort)";
}

void by_exit_status(std::int64_t status, const Limits& limits, Outcome& outcome) {
  if (status == 0) {
    outcome.verdict = Verdict::completed;
    outcome.exit_code = 0;
    return;
  }
  if (status > kSignalBase && status <= kSignalBase + kMaxSignal) {
    by_signal(static_cast<int>(status - kSignalBase), limits, outcome);
    return;
  }
  if (status == kSandboxCrashStatus) {
    outcome.verdict = Verdict::sandbox_failed;
    outcome.failure = SandboxFailure::sandbox_crashed;
    outcome.message =
        "the sandbox ended without a report of the program, as it does when its own kernel fails or runs "
        "into "
        "the host's process limit";
    return;
  }
  outcome.verdict = Verdict::exited;
  outcome.exit_code = static_cast<int>(status);
  outcome.message = "the program ended with exit status " + std::to_string(status) +
                    " and without its report (it replaced the interpreter or closed its descriptors)";
}

/// The program was through before our kill reached it: only then does the engine show its own exit status.
/// What it had written is too much all the same.
bool ended_before_kill(const Evidence& evidence) {
  return evidence.report && evidence.kill_reason != KillReason::output_limit &&
         evidence.exit_status == evidence.report->exit_code && *evidence.exit_status != kSignalBase + SIGKILL;
}

void by_kill_reason(const Evidence& evidence, const Limits& limits, Outcome& outcome) {
  outcome.signal = signal_name(SIGKILL);
  switch (evidence.kill_reason) {
    case KillReason::timeout:
      outcome.verdict = Verdict::timed_out;
      outcome.message = "the program ran longer than its " + seconds_text(limits.timeout) + " seconds";
      return;
    case KillReason::output_limit:
      outcome.verdict = Verdict::output_limit;
      outcome.message =
          "the program wrote more than its " + std::to_string(limits.max_output_bytes) + " bytes of output";
      return;
    case KillReason::stop:
      outcome.verdict = Verdict::stopped;
      outcome.message = "the execution was cancelled";
      return;
    case KillReason::none:
      return;
  }
}

}  // namespace

std::string signal_name(int number) {
  // glibc's table; the numbers of x86-64 and arm64, which is what gVisor shows to the program.
  if (const char* name = sigabbrev_np(number)) return std::string("SIG") + name;
  return "signal " + std::to_string(number);
}

bool may_rest_on_report(const Evidence& evidence, const Limits& limits) {
  return evidence.report && evidence.kill_reason == KillReason::none && !evidence.oom_killed &&
         !limits.enable_network;
}

void classify(const Evidence& evidence, const Limits& limits, Outcome& outcome) {
  outcome.oom_killed = evidence.oom_killed;
  if (evidence.kill_reason != KillReason::none && !ended_before_kill(evidence)) {
    by_kill_reason(evidence, limits, outcome);
    return;
  }
  if (evidence.oom_killed) {
    outcome.verdict = Verdict::out_of_memory;
    outcome.signal = signal_name(SIGKILL);
    outcome.message = "the program used more than its " + std::to_string(limits.max_memory_mb) +
                      " MiB of memory and was killed";
    return;
  }
  const bool engine_agrees =
      evidence.report && (!evidence.exit_status || evidence.report->exit_code == *evidence.exit_status);
  if (engine_agrees) {
    by_report(*evidence.report, outcome);
    return;
  }
  if (evidence.report) {
    outcome.notes.push_back("the program's own report claims exit status " +
                            std::to_string(evidence.report->exit_code) + ", the sandbox ended with " +
                            std::to_string(*evidence.exit_status));
  }
  by_exit_status(evidence.exit_status.value_or(kSandboxCrashStatus), limits, outcome);
}

}  // namespace sallyport::runners

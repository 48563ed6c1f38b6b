// From evidence to a verdict. Pure, so that every combination is a line of a test table.
#pragma once

#include "runners/guest_protocol.hpp"
#include "runners/runner.hpp"

#include <cstdint>
#include <optional>

namespace sallyport::runners {

/// Why the runner itself killed a sandbox.
enum class KillReason { none, timeout, output_limit, stop };

/// What is known at the end of a run whose program was started.
struct Evidence {
  KillReason kill_reason = KillReason::none;  ///< Ours.
  std::optional<std::int64_t> exit_status;    ///< The engine's; none: it was not asked (ADR 0007).
  bool oom_killed = false;                    ///< The engine's.
  std::optional<AgentReport> report;          ///< The guest's claim, well-formed.
};

/// Fills verdict, exit code, signal, exception and message of `outcome`.
///
/// The engine's word on exit status and memory goes before the agent's report; the report only tells apart
/// what the engine cannot see: an exception from an exit, os._exit(139) from a segmentation fault. A report
/// whose exit status is not the engine's is noted and set aside. Without the engine's word the report stands
/// alone; that is for ends which a program may choose anyway, see `may_rest_on_report`.
void classify(const Evidence& evidence, const Limits& limits, Outcome& outcome);

/// Whether the end may be told from the guest's report alone, before the engine has said anything: the
/// sandbox has no network, nobody killed it, and the engine has told of no memory kill. All that a report can
/// say, the program could have brought about by other means, so a forged one lies about nothing but itself.
[[nodiscard]] bool may_rest_on_report(const Evidence& evidence, const Limits& limits);

/// "SIGSEGV" for 11; "signal 77" for one without a name.
[[nodiscard]] std::string signal_name(int number);

}  // namespace sallyport::runners

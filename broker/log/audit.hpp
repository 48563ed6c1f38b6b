// The audit log: who had which code executed, and what came of it.
#pragma once

#include "broker/log/log.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::broker::log {

class Channel;
struct Context;

/// The `event` of a record; operators search for these sentences.
enum class AuditEvent {
  requested,  ///< "Code execution requested", info: user, code, image, policy, limits.
  completed,  ///< "Code execution completed", info: also how it ended.
  failed,     ///< "Code execution failed", warning: the same, when `success` is false.
  violations  ///< "Security violations detected", warning: also the violations.
};

/// What is on record beside executions, by the same kind of sentence. Its fields are its own.
enum class AuditAction {
  session_created,  ///< "Session created", info
  session_ended,    ///< "Session ended", info
  webhook_dead,     ///< "Webhook dead", warning
  key_created,      ///< "API key created", info
  key_revoked,      ///< "API key revoked", info
  key_rotated       ///< "API key rotated", info
};

using UserId = std::variant<std::monostate, std::int64_t, std::string>;

/// A violation by the name of its rule; never what the code or the output held.
struct AuditViolation {
  std::string rule;
  std::string severity;
};

enum class Start { unknown, warm, cold };

/// In milliseconds; none for a step that was not reached.
struct AuditDurations {
  std::optional<double> validation_ms;
  std::optional<double> queue_ms;
  std::optional<double> sandbox_ms;
  std::optional<double> output_ms;
  std::optional<double> total_ms;
};

/// One execution, as far as it is known at the time of the event. Fields of the end are left out of
/// `requested`.
struct AuditRecord {
  AuditEvent event = AuditEvent::requested;
  /// The request's switch. False leaves the fact, its timing and its outcome in the record, and takes out
  /// whatever tells user or code: `user_id`, the code with its length and digest, exception names that the
  /// code chose.
  bool log_executions = true;

  std::string execution_id;
  std::string key_id;  ///< The API key; empty: none was needed.
  UserId user_id;
  std::string_view code;    ///< Borrowed for the call. In the record only if `log.include_code` is true.
  std::string code_sha256;  ///< `base::sha256_hex(code)`: computed once an execution, by the caller.
  std::string image;
  std::string policy;
  config::SandboxLimits limits;

  bool success = false;
  std::optional<std::string> error_type;
  std::optional<int> exit_code;
  std::optional<std::string> signal;
  bool timed_out = false;
  bool oom_killed = false;
  bool truncated = false;
  bool redacted = false;
  bool cached = false;  ///< An earlier result was given again; nothing was executed.
  std::vector<AuditViolation> violations;
  AuditDurations durations;
  std::string container_id;
  Start start = Start::unknown;
};

/// Writes one line of JSON a record; form and escaping are those of `Log`.
///
/// Audit records are not lost to a full queue: when `log.max_queued_audit_records` wait for the disk, `write`
/// waits too, so executions slow down to what the disk takes. A record that the destination itself refuses
/// (the disk is full, nobody reads the pipe) is counted and told of by an event `log_records_lost`, since
/// waiting for a disk to be emptied would stop the broker. `log.level` does not apply.
///
/// No call throws. Safe from any thread. Made and owned by `Logs`.
class AuditLog {
 public:
  AuditLog(Channel& channel, const Context& context);

  void write(const AuditRecord& record) noexcept;
  void write(AuditAction action, Fields fields) noexcept;

 private:
  Channel& channel_;
  const Context& context_;
};

}  // namespace sallyport::broker::log

#include "broker/cli/log_adapters.hpp"

#include "validators/output/redactor.hpp"

namespace sallyport::broker::cli {
namespace {

config::SandboxLimits to_config(const runners::Limits& limits) {
  config::SandboxLimits made;
  made.timeout_seconds = static_cast<double>(limits.timeout.count()) / 1000.0;
  made.max_cpu_seconds = limits.cpu_seconds;
  made.max_memory_mb = limits.max_memory_mb;
  made.max_output_bytes = limits.max_output_bytes;
  made.cpus = limits.cpus;
  made.max_processes = limits.max_processes;
  made.max_file_mb = limits.max_file_mb;
  made.enable_network = limits.enable_network;
  made.max_artifacts = limits.max_artifacts;
  made.max_artifact_bytes = limits.max_artifact_bytes;
  return made;
}

void add_reply(const ExecutionReply& reply, log::AuditRecord& record) {
  record.success = reply.success;
  record.error_type = reply.error_type;
  record.exit_code = reply.exit_code;
  record.signal = reply.signal;
  record.timed_out = reply.timed_out;
  record.oom_killed = reply.oom_killed;
  record.truncated = reply.was_output_truncated;
  record.redacted = reply.was_output_redacted;
  record.cached = reply.cached;
  for (const ValidationViolation& violation : reply.validation_violations) {
    record.violations.push_back({violation.rule, violation.severity});
  }
  for (const OutputViolation& violation : reply.output_violations) {
    record.violations.push_back({violation.rule, violation.severity});
  }
  record.durations.validation_ms = reply.timings.validation_ms;
  record.durations.queue_ms = reply.timings.queue_ms;
  record.durations.sandbox_ms = reply.timings.sandbox_ms;
  record.durations.output_ms = reply.timings.output_ms;
  record.durations.total_ms = reply.total_time_seconds * 1000.0;
  if (reply.usage) record.start = reply.usage->warm ? log::Start::warm : log::Start::cold;
}

log::FieldValue value_or_null(const std::string& text) {
  return text.empty() ? log::FieldValue(nullptr) : log::FieldValue(text);
}

log::FieldValue value_of(const UserId& user) {
  if (const auto* number = std::get_if<std::int64_t>(&user)) return *number;
  if (const auto* text = std::get_if<std::string>(&user)) return *text;
  return nullptr;
}

}  // namespace

log::Logs::TextFilter secrets_filter(const OutputRules& rules) {
  return [&rules](std::string_view text) {
    std::string filtered;
    validators::output::Redactor redactor(rules.current());
    return redactor.run(text, filtered) ? filtered : std::string(text);
  };
}

void LogEvents::write(Severity severity, std::string_view event, std::string_view message) {
  const log::Level level = severity == Severity::info      ? log::Level::info
                           : severity == Severity::warning ? log::Level::warning
                                                           : log::Level::error;
  log_.write(level, event, {{"message", message}});
}

void LogAudit::record(const AuditEntry& entry) {
  const ExecutionRequest& request = entry.request;
  log::AuditRecord record;
  record.log_executions = request.layers.log_executions;
  record.execution_id = entry.execution_id;
  record.key_id = request.caller->key_id;
  record.user_id = request.user_id;
  record.code = request.code;
  record.code_sha256 = entry.code_sha256;
  record.image = request.image.name;
  record.policy = request.policy;
  record.limits = to_config(request.limits);
  record.container_id = entry.container_id;
  if (entry.reply == nullptr && entry.error == nullptr) {
    record.event = log::AuditEvent::requested;
    log_.write(record);
    return;
  }

  if (entry.reply != nullptr) add_reply(*entry.reply, record);
  if (entry.error != nullptr) record.error_type = entry.error->error_type;
  record.event = record.success ? log::AuditEvent::completed : log::AuditEvent::failed;
  log_.write(record);
  if (!record.violations.empty()) {
    record.event = log::AuditEvent::violations;
    log_.write(record);
  }
}

void LogAudit::record(const AuditAction& action) {
  const log::FieldValue key = value_or_null(action.key_id);
  // A record has no field of this name where the session withholds its user.
  const char* const user_field = action.log_executions ? "user_id" : "identity_withheld";
  const log::FieldValue user = action.log_executions ? value_of(action.user_id) : log::FieldValue(true);
  switch (action.what) {
    case AuditAction::What::session_created:
      log_.write(log::AuditAction::session_created,
                 {{"session_id", action.id}, {"key_id", key}, {user_field, user}});
      break;
    case AuditAction::What::session_ended:
      log_.write(log::AuditAction::session_ended, {{"session_id", action.id},
                                                   {"key_id", key},
                                                   {user_field, user},
                                                   {"reason", action.reason},
                                                   {"cells", action.count}});
      break;
    case AuditAction::What::webhook_dead:
      log_.write(log::AuditAction::webhook_dead, {{"execution_id", action.id},
                                                  {"key_id", key},
                                                  {"attempts", action.count},
                                                  {"reason", action.reason}});
      break;
  }
}

}  // namespace sallyport::broker::cli

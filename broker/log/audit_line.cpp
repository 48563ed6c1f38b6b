#include "broker/log/audit_line.hpp"

#include "base/json_text.hpp"
#include "broker/log/json_line.hpp"
#include "broker/log/log.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sallyport::broker::log {

using base::JsonText;

namespace {

constexpr std::size_t longest_name = 1024;

const char* sentence(AuditEvent event) {
  switch (event) {
    case AuditEvent::requested:
      return "Code execution requested";
    case AuditEvent::completed:
      return "Code execution completed";
    case AuditEvent::failed:
      return "Code execution failed";
    case AuditEvent::violations:
      return "Security violations detected";
  }
  return "";
}

Level level_of(AuditEvent event) {
  return event == AuditEvent::failed || event == AuditEvent::violations ? Level::warning : Level::info;
}

// The error types that the broker gives. All others are names of exceptions, which the code may define.
bool is_own_error_type(std::string_view type) {
  static constexpr std::array<std::string_view, 6> own = {"ValidationError",        "SandboxError",
                                                          "TimeoutError",           "ResourceLimitError",
                                                          "SecurityViolationError", "OutputValidationError"};
  return std::find(own.begin(), own.end(), type) != own.end();
}

// As line_of writes them: U+FFFD for what is not UTF-8.
void append_ascii(std::string& out, std::string_view text) {
  out += line_of(Json(text));
}

void add_limits(JsonText& json, const config::SandboxLimits& limits) {
  json.begin_object("limits");
  json.add("timeout_seconds", limits.timeout_seconds);
  json.add("max_cpu_seconds", limits.max_cpu_seconds);
  json.add("max_memory_mb", limits.max_memory_mb);
  json.add("max_output_bytes", limits.max_output_bytes);
  json.add("cpus", limits.cpus);
  json.add("max_processes", limits.max_processes);
  json.add("max_file_mb", limits.max_file_mb);
  json.add("enable_network", limits.enable_network);
  json.add("max_artifacts", limits.max_artifacts);
  json.add("max_artifact_bytes", limits.max_artifact_bytes);
  json.end_object();
}

void add_identity(JsonText& json, const AuditRecord& record, const Context& context) {
  if (!record.log_executions) {
    json.add("identity_withheld", true);
    return;
  }
  if (const auto* number = std::get_if<std::int64_t>(&record.user_id)) {
    json.add("user_id", *number);
  } else if (const auto* text = std::get_if<std::string>(&record.user_id)) {
    json.add("user_id", bounded(context.filtered(*text), longest_name));
  } else {
    json.add_null("user_id");
  }
  json.add("code_length", record.code.size());
  json.add_or_null("code_sha256", record.code_sha256);
  if (context.config.include_code) {
    const std::size_t limit = context.config.max_code_bytes;
    json.add("code", bounded(context.filtered(record.code), limit));
    json.add("code_truncated", record.code.size() > limit);
  }
}

void add_error_type(JsonText& json, const AuditRecord& record, const Context& context) {
  if (!record.error_type) {
    json.add_null("error_type");
  } else if (is_own_error_type(*record.error_type)) {
    json.add("error_type", *record.error_type);
  } else if (!record.log_executions) {
    json.add("error_type", "Exception");
  } else {
    json.add("error_type", bounded(context.filtered(*record.error_type), longest_name));
  }
}

void add_violations(JsonText& json, const std::vector<AuditViolation>& violations) {
  json.begin_list("violations");
  for (std::size_t i = 0; i < std::min(violations.size(), longest_list); ++i) {
    json.begin_object();
    json.add("rule", bounded(violations[i].rule, longest_name));
    json.add("severity", bounded(violations[i].severity, longest_name));
    json.end_object();
  }
  json.end_list();
  json.add("violation_count", violations.size());
}

void add_outcome(JsonText& json, const AuditRecord& record, const Context& context) {
  json.add("success", record.success);
  add_error_type(json, record, context);
  json.add("exit_code", record.exit_code);
  json.add("signal", record.signal);
  json.add("timed_out", record.timed_out);
  json.add("oom_killed", record.oom_killed);
  json.add("truncated", record.truncated);
  json.add("redacted", record.redacted);
  json.add("cached", record.cached);
  add_violations(json, record.violations);
  const auto& durations = record.durations;
  json.begin_object("durations");
  json.add_rounded("validation_ms", durations.validation_ms, 3);
  json.add_rounded("queue_ms", durations.queue_ms, 3);
  json.add_rounded("sandbox_ms", durations.sandbox_ms, 3);
  json.add_rounded("output_ms", durations.output_ms, 3);
  json.add_rounded("total_ms", durations.total_ms, 3);
  json.end_object();
  json.add_or_null("container_id", bounded(record.container_id, longest_name));
  if (record.start == Start::unknown) {
    json.add_null("start");
  } else {
    json.add("start", record.start == Start::warm ? "warm" : "cold");
  }
}

}  // namespace

const char* sentence(AuditAction action) {
  switch (action) {
    case AuditAction::session_created:
      return "Session created";
    case AuditAction::session_ended:
      return "Session ended";
    case AuditAction::webhook_dead:
      return "Webhook dead";
    case AuditAction::key_created:
      return "API key created";
    case AuditAction::key_revoked:
      return "API key revoked";
    case AuditAction::key_rotated:
      return "API key rotated";
  }
  return "";
}

std::string audit_line(AuditAction action, Fields fields, const Context& context) {
  const Level level = action == AuditAction::webhook_dead ? Level::warning : Level::info;
  return line_with(level, sentence(action), fields, context);
}

std::string audit_line(const AuditRecord& record, const Context& context) {
  JsonText json(append_ascii);
  json.add("ts", timestamp(context.now()));
  json.add("level", to_string(level_of(record.event)));
  json.add("event", sentence(record.event));
  json.add("execution_id", bounded(record.execution_id, longest_name));
  json.add_or_null("key_id", bounded(record.key_id, longest_name));
  add_identity(json, record, context);
  json.add("image", bounded(record.image, longest_name));
  json.add("policy", bounded(record.policy, longest_name));
  add_limits(json, record.limits);
  if (record.event != AuditEvent::requested) add_outcome(json, record, context);
  return json.take();
}

}  // namespace sallyport::broker::log

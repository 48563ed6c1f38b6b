#include "broker/log/audit_line.hpp"

#include "broker/log/json_line.hpp"
#include "broker/log/log.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sallyport::broker::log {
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

Json user_json(const UserId& user, const Context& context) {
  if (const auto* number = std::get_if<std::int64_t>(&user)) return *number;
  if (const auto* text = std::get_if<std::string>(&user)) return bounded(context.filtered(*text), longest_name);
  return nullptr;
}

Json limits_json(const config::SandboxLimits& limits) {
  return {{"timeout_seconds", limits.timeout_seconds},
          {"max_cpu_seconds", limits.max_cpu_seconds},
          {"max_memory_mb", limits.max_memory_mb},
          {"max_output_bytes", limits.max_output_bytes},
          {"cpus", limits.cpus},
          {"max_processes", limits.max_processes},
          {"max_file_mb", limits.max_file_mb},
          {"enable_network", limits.enable_network},
          {"max_artifacts", limits.max_artifacts},
          {"max_artifact_bytes", limits.max_artifact_bytes}};
}

void add_identity(Json& json, const AuditRecord& record, const Context& context) {
  if (!record.log_executions) {
    json.emplace("identity_withheld", true);
    return;
  }
  json.emplace("user_id", user_json(record.user_id, context));
  json.emplace("code_length", record.code.size());
  json.emplace("code_sha256", record.code_sha256.empty() ? Json(nullptr) : Json(record.code_sha256));
  if (context.config.include_code) {
    const std::size_t limit = context.config.max_code_bytes;
    json.emplace("code", bounded(context.filtered(record.code), limit));
    json.emplace("code_truncated", record.code.size() > limit);
  }
}

Json error_type_json(const AuditRecord& record, const Context& context) {
  if (!record.error_type) return nullptr;
  if (is_own_error_type(*record.error_type)) return *record.error_type;
  if (!record.log_executions) return "Exception";
  return bounded(context.filtered(*record.error_type), longest_name);
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json violations_json(const std::vector<AuditViolation>& violations) {
  Json json = Json::array();
  for (const auto& violation : violations) {
    if (json.size() == longest_list) break;
    json.push_back({{"rule", bounded(violation.rule, longest_name)},
                    {"severity", bounded(violation.severity, longest_name)}});
  }
  return json;
}

const char* start_word(Start start) {
  return start == Start::warm ? "warm" : "cold";
}

void add_outcome(Json& json, const AuditRecord& record, const Context& context) {
  json.emplace("success", record.success);
  json.emplace("error_type", error_type_json(record, context));
  json.emplace("exit_code", or_null(record.exit_code));
  json.emplace("signal", or_null(record.signal));
  json.emplace("timed_out", record.timed_out);
  json.emplace("oom_killed", record.oom_killed);
  json.emplace("truncated", record.truncated);
  json.emplace("redacted", record.redacted);
  json.emplace("cached", record.cached);
  json.emplace("violations", violations_json(record.violations));
  json.emplace("violation_count", record.violations.size());
  const auto& durations = record.durations;
  json.emplace("durations", Json{{"validation_ms", or_null(durations.validation_ms)},
                                 {"queue_ms", or_null(durations.queue_ms)},
                                 {"sandbox_ms", or_null(durations.sandbox_ms)},
                                 {"output_ms", or_null(durations.output_ms)},
                                 {"total_ms", or_null(durations.total_ms)}});
  json.emplace("container_id", record.container_id.empty()
                                   ? Json(nullptr)
                                   : Json(bounded(record.container_id, longest_name)));
  json.emplace("start", record.start == Start::unknown ? Json(nullptr) : Json(start_word(record.start)));
}

}  // namespace

std::string audit_line(const AuditRecord& record, const Context& context) {
  auto json = log::record(context.now(), level_of(record.event), sentence(record.event));
  json.emplace("execution_id", bounded(record.execution_id, longest_name));
  add_identity(json, record, context);
  json.emplace("image", bounded(record.image, longest_name));
  json.emplace("policy", bounded(record.policy, longest_name));
  json.emplace("limits", limits_json(record.limits));
  if (record.event != AuditEvent::requested) add_outcome(json, record, context);
  return line_of(json);
}

}  // namespace sallyport::broker::log

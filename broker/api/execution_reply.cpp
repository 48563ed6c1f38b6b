#include "broker/api/execution_reply.hpp"

#include "base/base64.hpp"
#include "broker/api/media_type.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <utility>

namespace sallyport::broker {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(std::optional<T> value) {
  return value ? Json(std::move(*value)) : Json(nullptr);
}

Json position(int value) {
  return value > 0 ? Json(value) : Json(nullptr);
}

/// Microseconds are what the clock is worth; more digits are noise.
double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

Json to_object(ValidationViolation violation) {
  Json object;
  object["type"] = std::move(violation.type);
  object["rule"] = std::move(violation.rule);
  object["severity"] = std::move(violation.severity);
  object["message"] = std::move(violation.message);
  object["line"] = position(violation.line);
  object["column"] = position(violation.column);
  object["end_line"] = position(violation.end_line);
  object["end_column"] = position(violation.end_column);
  object["hint"] = violation.hint.empty() ? Json(nullptr) : Json(std::move(violation.hint));
  return object;
}

Json to_object(OutputViolation violation) {
  Json object;
  object["type"] = std::move(violation.type);
  object["rule"] = std::move(violation.rule);
  object["category"] = std::move(violation.category);
  object["severity"] = std::move(violation.severity);
  object["stream"] = std::move(violation.stream);
  object["message"] = std::move(violation.message);
  object["count"] = violation.count;
  return object;
}

Json to_object(runners::Artifact artifact) {
  Json object;
  const std::string_view type = media_type(artifact.path, artifact.content);
  object["path"] = std::move(artifact.path);
  object["size"] = artifact.size;
  object["media_type"] = type;
  object["content_base64"] = base::base64_encode(artifact.content);
  return object;
}

template <class T>
Json to_list(std::vector<T> items) {
  Json list = Json::array();
  for (T& item : items) list.push_back(to_object(std::move(item)));
  return list;
}

Json to_object(const runners::Usage& usage) {
  Json object;
  object["cpu_seconds"] = rounded(usage.cpu_seconds, 1e6);
  object["peak_memory_mb"] = rounded(usage.peak_memory_mb, 1e3);
  object["start"] = usage.warm ? "warm" : "cold";
  return object;
}

}  // namespace

std::string to_json(ExecutionReply reply) {
  Json body;
  body["id"] = std::move(reply.id);
  body["success"] = reply.success;
  body["stdout"] = std::move(reply.stdout_text);
  body["stderr"] = std::move(reply.stderr_text);
  body["error_type"] = or_null(std::move(reply.error_type));
  body["error_message"] = or_null(std::move(reply.error_message));
  body["error_line"] = or_null(reply.error_line);
  body["exit_code"] = or_null(reply.exit_code);
  body["signal"] = or_null(std::move(reply.signal));
  body["timed_out"] = reply.timed_out;
  body["oom_killed"] = reply.oom_killed;
  body["execution_time_seconds"] =
      reply.execution_time_seconds ? Json(rounded(*reply.execution_time_seconds, 1e6)) : Json(nullptr);
  body["total_time_seconds"] = rounded(reply.total_time_seconds, 1e6);
  body["validation_violations"] = to_list(std::move(reply.validation_violations));
  body["output_violations"] = to_list(std::move(reply.output_violations));
  body["was_output_redacted"] = reply.was_output_redacted;
  body["was_output_truncated"] = reply.was_output_truncated;
  body["artifacts"] = to_list(std::move(reply.artifacts));
  body["notes"] = std::move(reply.notes);
  body["usage"] = reply.usage ? to_object(*reply.usage) : Json(nullptr);
  Json& timings = body["timings"];
  timings["validation_ms"] = rounded(reply.timings.validation_ms, 1e3);
  timings["queue_ms"] = rounded(reply.timings.queue_ms, 1e3);
  timings["sandbox_ms"] = rounded(reply.timings.sandbox_ms, 1e3);
  timings["output_ms"] = rounded(reply.timings.output_ms, 1e3);
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sallyport::broker

#include "broker/api/execution_reply.hpp"

#include "base/base64.hpp"
#include "base/json_text.hpp"
#include "broker/api/json_string.hpp"
#include "broker/api/media_type.hpp"
#include "broker/api/violation_json.hpp"

namespace sallyport::broker {
namespace {

using base::JsonText;

/// Microseconds are what the clock is worth; more digits are noise.
constexpr int kOfSeconds = 6;
constexpr int kOfMilliseconds = 3;
constexpr int kOfMegabytes = 3;

void add_artifacts(JsonText& json, const std::vector<runners::Artifact>& artifacts, Contents contents) {
  json.begin_list("artifacts");
  for (const runners::Artifact& artifact : artifacts) {
    json.begin_object();
    json.add("path", artifact.path);
    json.add("size", artifact.size);
    json.add("media_type", media_type(artifact.path, artifact.content));
    if (contents == Contents::included) json.add("content_base64", base::base64_encode(artifact.content));
    json.end_object();
  }
  json.end_list();
}

void add_members(JsonText& json, const runners::DisplayBundle& bundle) {
  for (const auto& [media_type, content] : bundle) json.add_escaped(media_type, content);
}

void add_displays(JsonText& json, const ExecutionReply& reply) {
  if (reply.result) {
    json.begin_object("result");
    add_members(json, *reply.result);
    json.end_object();
  } else {
    json.add_null("result");
  }
  json.begin_list("displays");
  for (const runners::DisplayBundle& bundle : reply.displays) {
    json.begin_object();
    add_members(json, bundle);
    json.end_object();
  }
  json.end_list();
}

void add_session(JsonText& json, const CellReply& session) {
  json.begin_object("session");
  json.add("id", session.id);
  json.add("cell", session.cell);
  json.add("state", session.state);
  json.add("why_ended", session.why_ended);
  json.end_object();
}

void add_usage(JsonText& json, const std::optional<runners::Usage>& usage) {
  if (!usage) {
    json.add_null("usage");
    return;
  }
  json.begin_object("usage");
  json.add_rounded("cpu_seconds", usage->cpu_seconds, kOfSeconds);
  json.add_rounded("peak_memory_mb", usage->peak_memory_mb, kOfMegabytes);
  json.add("start", usage->warm ? "warm" : "cold");
  json.end_object();
}

void add_timings(JsonText& json, const ExecutionReply::Timings& timings) {
  json.begin_object("timings");
  json.add_rounded("validation_ms", timings.validation_ms, kOfMilliseconds);
  json.add_rounded("queue_ms", timings.queue_ms, kOfMilliseconds);
  json.add_rounded("sandbox_ms", timings.sandbox_ms, kOfMilliseconds);
  json.add_rounded("output_ms", timings.output_ms, kOfMilliseconds);
  json.end_object();
}

}  // namespace

std::size_t bytes_of(const ExecutionReply& reply) {
  std::size_t bytes = reply.stdout_text.size() + reply.stderr_text.size();
  for (const runners::Artifact& artifact : reply.artifacts) bytes += artifact.content.size();
  const auto count = [&bytes](const runners::DisplayBundle& bundle) {
    for (const auto& [media_type, content] : bundle) bytes += content.size();
  };
  if (reply.result) count(*reply.result);
  for (const runners::DisplayBundle& bundle : reply.displays) count(bundle);
  return bytes;
}

std::string to_json(const ExecutionReply& reply, Contents contents) {
  JsonText json(append_json_string);
  json.add("id", reply.id);
  json.add("success", reply.success);
  json.add("stdout", reply.stdout_text);
  json.add("stderr", reply.stderr_text);
  json.add("error_type", reply.error_type);
  json.add("error_message", reply.error_message);
  json.add("error_line", reply.error_line);
  json.add("exit_code", reply.exit_code);
  json.add("signal", reply.signal);
  json.add("timed_out", reply.timed_out);
  json.add("oom_killed", reply.oom_killed);
  json.add_rounded("execution_time_seconds", reply.execution_time_seconds, kOfSeconds);
  json.add_rounded("total_time_seconds", reply.total_time_seconds, kOfSeconds);
  json.add("cached", reply.cached);
  add_violations(json, "validation_violations", reply.validation_violations);
  add_violations(json, "output_violations", reply.output_violations);
  json.add("was_output_redacted", reply.was_output_redacted);
  json.add("was_output_truncated", reply.was_output_truncated);
  json.add("invalid_utf8_replaced", reply.invalid_utf8_replaced);
  add_artifacts(json, reply.artifacts, contents);
  if (reply.session) {
    add_displays(json, reply);
    add_session(json, *reply.session);
  }
  json.begin_list("notes");
  for (const std::string& note : reply.notes) json.add_item(note);
  json.end_list();
  add_usage(json, reply.usage);
  add_timings(json, reply.timings);
  return json.take();
}

}  // namespace sallyport::broker

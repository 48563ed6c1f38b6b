#include "broker/api/execution_reply.hpp"

#include "base/base64.hpp"
#include "broker/api/json_values.hpp"
#include "broker/api/json_writer.hpp"
#include "broker/api/media_type.hpp"
#include "broker/api/reply_object.hpp"
#include "broker/api/violation_json.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sallyport::broker {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson to_list(std::vector<runners::Artifact> artifacts, Contents contents) {
  OrderedJson list = OrderedJson::array();
  for (runners::Artifact& artifact : artifacts) {
    OrderedJson object;
    const std::string_view type = media_type(artifact.path, artifact.content);
    object["path"] = std::move(artifact.path);
    object["size"] = artifact.size;
    object["media_type"] = type;
    if (contents == Contents::included) object["content_base64"] = base::base64_encode(artifact.content);
    list.push_back(std::move(object));
  }
  return list;
}

OrderedJson to_object(const runners::Usage& usage) {
  OrderedJson object;
  object["cpu_seconds"] = rounded(usage.cpu_seconds, 1e6);
  object["peak_memory_mb"] = rounded(usage.peak_memory_mb, 1e3);
  object["start"] = usage.warm ? "warm" : "cold";
  return object;
}

OrderedJson to_object(CellReply session) {
  OrderedJson object;
  object["id"] = std::move(session.id);
  object["cell"] = session.cell;
  object["state"] = std::move(session.state);
  object["why_ended"] = or_null(std::move(session.why_ended));
  return object;
}

/// Of a reply, and some to spare.
constexpr std::size_t kMembers = 32;

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

OrderedJson reply_object(ExecutionReply reply, Contents contents) {
  // Not by operator[], which looks for each key among those before it.
  OrderedJson::object_t members;
  members.reserve(kMembers);
  const auto add = [&members](const char* key, OrderedJson value) {
    members.emplace_back(key, std::move(value));
  };
  add("id", std::move(reply.id));
  add("success", reply.success);
  add("stdout", std::move(reply.stdout_text));
  add("stderr", std::move(reply.stderr_text));
  add("error_type", or_null(std::move(reply.error_type)));
  add("error_message", or_null(std::move(reply.error_message)));
  add("error_line", or_null(reply.error_line));
  add("exit_code", or_null(reply.exit_code));
  add("signal", or_null(std::move(reply.signal)));
  add("timed_out", reply.timed_out);
  add("oom_killed", reply.oom_killed);
  add("execution_time_seconds", reply.execution_time_seconds
                                    ? OrderedJson(rounded(*reply.execution_time_seconds, 1e6))
                                    : OrderedJson(nullptr));
  add("total_time_seconds", rounded(reply.total_time_seconds, 1e6));
  add("cached", reply.cached);
  add("validation_violations", to_json(std::move(reply.validation_violations)));
  add("output_violations", to_json(std::move(reply.output_violations)));
  add("was_output_redacted", reply.was_output_redacted);
  add("was_output_truncated", reply.was_output_truncated);
  add("invalid_utf8_replaced", reply.invalid_utf8_replaced);
  add("artifacts", to_list(std::move(reply.artifacts), contents));
  if (reply.session) {
    add("result", or_null(std::move(reply.result)));
    add("displays", std::move(reply.displays));
    add("session", to_object(std::move(*reply.session)));
  }
  add("notes", std::move(reply.notes));
  add("usage", reply.usage ? to_object(*reply.usage) : OrderedJson(nullptr));
  OrderedJson timings;
  timings["validation_ms"] = rounded(reply.timings.validation_ms, 1e3);
  timings["queue_ms"] = rounded(reply.timings.queue_ms, 1e3);
  timings["sandbox_ms"] = rounded(reply.timings.sandbox_ms, 1e3);
  timings["output_ms"] = rounded(reply.timings.output_ms, 1e3);
  add("timings", std::move(timings));
  return OrderedJson(std::move(members));
}

std::string to_json(ExecutionReply reply) {
  return write_json(reply_object(std::move(reply), Contents::included));
}

}  // namespace sallyport::broker

#include "broker/compat/stored_reply.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace sallyport::broker::compat {
namespace {

using Json = nlohmann::json;

std::string text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

std::optional<std::string> text_or_none(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

bool flag(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

double number(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_number() ? 0 : found->get<double>();
}

}  // namespace

std::optional<ExecutionReply> stored_reply(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  ExecutionReply reply;
  reply.id = text(object, "id");
  reply.success = flag(object, "success");
  reply.stdout_text = text(object, "stdout");
  reply.stderr_text = text(object, "stderr");
  reply.error_type = text_or_none(object, "error_type");
  reply.error_message = text_or_none(object, "error_message");
  if (const auto code = object.find("exit_code"); code != object.end() && code->is_number_integer()) {
    reply.exit_code = code->get<int>();
  }
  reply.signal = text_or_none(object, "signal");
  reply.timed_out = flag(object, "timed_out");
  reply.oom_killed = flag(object, "oom_killed");
  reply.was_output_truncated = flag(object, "was_output_truncated");
  reply.execution_time_seconds = number(object, "execution_time_seconds");
  if (const auto usage = object.find("usage"); usage != object.end() && usage->is_object()) {
    reply.usage.emplace();
    reply.usage->cpu_seconds = number(*usage, "cpu_seconds");
    reply.usage->peak_memory_mb = number(*usage, "peak_memory_mb");
  }
  if (const auto list = object.find("validation_violations"); list != object.end() && list->is_array()) {
    for (const Json& item : *list) {
      if (!item.is_object()) continue;
      ValidationViolation violation;
      violation.type = text(item, "type");
      violation.hint = text(item, "hint");
      reply.validation_violations.push_back(std::move(violation));
    }
  }
  return reply;
}

}  // namespace sallyport::broker::compat

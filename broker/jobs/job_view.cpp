#include "broker/jobs/job_view.hpp"

#include "broker/api/json_string.hpp"
#include "broker/jobs/moment.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

namespace sallyport::broker {
namespace {

std::string moment_json(const std::optional<std::int64_t>& when) {
  return when ? '"' + format_moment(*when) + '"' : "null";
}

/// Everything but the closing brace.
std::string open_json(const store::Job& job) {
  std::string text = R"({"id":)";
  append_json_string(text, job.id);
  text += R"(,"state":")";
  text += store::to_string(job.state);
  text += R"(","user_id":)" + job.user_json;
  text += R"(,"created_at":)" + moment_json(job.created_ms);
  text += R"(,"started_at":)" + moment_json(job.started_ms);
  text += R"(,"ended_at":)" + moment_json(job.ended_ms);
  return text;
}

}  // namespace

std::string job_json(const store::Job& job) {
  return open_json(job) + "}";
}

std::string job_json(store::StoredJob job) {
  // Both were written by this broker, as JSON.
  std::string text = open_json(job.job);
  text += R"(,"result":)";
  text += job.result_json.empty() ? std::string("null") : std::move(job.result_json);
  text += R"(,"error":)";
  text += job.error_json.empty() ? std::string("null") : std::move(job.error_json);
  text += '}';
  return text;
}

std::string job_list_json(const std::vector<store::Job>& jobs, std::size_t most) {
  std::string text = R"({"executions":[)";
  const std::size_t shown = std::min(jobs.size(), most);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += ',';
    text += job_json(jobs[i]);
  }
  text += R"(],"next_cursor":)";
  if (jobs.size() > most && shown > 0) {
    append_json_string(text, jobs[shown - 1].id);
  } else {
    text += "null";
  }
  text += '}';
  return text;
}

std::string accepted_json(std::string_view id) {
  std::string text = R"({"id":)";
  append_json_string(text, id);
  text += R"(,"state":"queued"})";
  return text;
}

std::string user_json(const UserId& user) {
  if (const auto* number = std::get_if<std::int64_t>(&user)) return std::to_string(*number);
  if (const auto* name = std::get_if<std::string>(&user)) {
    std::string text;
    append_json_string(text, *name);
    return text;
  }
  return "null";
}

}  // namespace sallyport::broker

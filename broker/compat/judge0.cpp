#include "broker/compat/judge0.hpp"

#include "base/base64.hpp"
#include "broker/api/strict_json.hpp"
#include "broker/api/utf8.hpp"
#include "broker/compat/fields.hpp"
#include "broker/compat/judge0_result.hpp"
#include "broker/submission_body.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace sallyport::broker::compat {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::array<FieldName, 8> kJudge0Names = {
    {{"code", "source_code"},
     {"stdin", "stdin"},
     {"sandbox_config.timeout_seconds", "wall_time_limit"},
     {"sandbox_config.max_cpu_seconds", "cpu_time_limit"},
     {"sandbox_config.max_memory_mb", "memory_limit"},
     {"sandbox_config.max_processes", "max_processes_and_or_threads"},
     {"sandbox_config.max_file_mb", "max_file_size"},
     {"sandbox_config.enable_network", "enable_network"}}};
constexpr double kKilobytesOfMegabyte = 1024;

constexpr std::int64_t kUsualId = 71;  // Python 3.8 there.
struct VersionId {
  std::string_view version;
  std::int64_t id;
};
constexpr std::array<VersionId, 4> kVersionIds = {
    {{"3.11", 92}, {"3.12", 100}, {"3.13", 109}, {"3.14", 113}}};

/// A text in base64, which line breaks may divide, and which need not be padded.
std::string decoded(std::string text, const char* name) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  while (text.size() % 4 != 0) text += '=';
  auto bytes = base::base64_decode(text);
  if (!bytes) refuse_field(name, "is not base64");
  if (find_invalid_utf8(*bytes) != std::string_view::npos) refuse_field(name, "is not UTF-8");
  return std::move(*bytes);
}

std::optional<std::string> take_coded(Json& body, const char* name, bool base64) {
  auto text = take_text(body, name);
  if (text && base64) return decoded(std::move(*text), name);
  return text;
}

std::int64_t read_language(const Json& body, const std::vector<Judge0Language>& languages) {
  const Json* const value = given(body, "language_id");
  if (value == nullptr) refuse_field("language_id", "can't be blank");
  std::string shown;
  std::optional<std::int64_t> id;
  if (value->is_number_integer()) {
    id = value->get<std::int64_t>();
    shown = value->dump();
  } else if (value->is_string()) {
    // The peer takes "71" too.
    shown = value->get<std::string>();
    const bool digits = !shown.empty() && shown.size() < 10 &&
                        std::all_of(shown.begin(), shown.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits) id = std::stoll(shown);
    shown = quote(shown);
  } else {
    refuse_type("language_id", "an integer", *value);
  }
  const bool known = id && std::any_of(languages.begin(), languages.end(),
                                       [&](const Judge0Language& language) { return language.id == *id; });
  if (!known) refuse_field("language_id", "language with id " + shown + " doesn't exist");
  return *id;
}

/// Options that stand for something that is not there: refused unless they ask for nothing.
void refuse_unserved(Json& body) {
  for (const char* const name : {"compiler_options", "command_line_arguments", "additional_files"}) {
    const auto text = take_text(body, name);
    if (text && !text->empty()) refuse_field(name, "is not supported here");
  }
  for (const char* const name :
       {"enable_per_process_and_thread_time_limit", "enable_per_process_and_thread_memory_limit"}) {
    if (read_bool(body, name).value_or(false)) refuse_field(name, "is not supported here");
  }
  if (read_number(body, "number_of_runs").value_or(1) != 1) refuse_field("number_of_runs", "must be 1");
}

void read_limits(const Json& body, Judge0Job& job, SubmissionBody& submission) {
  if (const auto seconds = read_number(body, "wall_time_limit")) {
    submission.set_limit("timeout_seconds", *seconds);
  }
  job.cpu_time_limit = read_number(body, "cpu_time_limit");
  if (job.cpu_time_limit) {
    if (!(*job.cpu_time_limit > 0)) refuse_field("cpu_time_limit", "must be greater than 0");
    submission.set_limit("max_cpu_seconds", rounded_up(*job.cpu_time_limit, 1));
  }
  if (const auto kilobytes = read_number(body, "memory_limit")) {
    submission.set_limit("max_memory_mb", rounded_up(*kilobytes, kKilobytesOfMegabyte));
  }
  if (const auto count = read_number(body, "max_processes_and_or_threads")) {
    submission.set_limit("max_processes", *count);
  }
  if (const auto kilobytes = read_number(body, "max_file_size")) {
    submission.set_limit("max_file_mb", rounded_up(*kilobytes, kKilobytesOfMegabyte));
  }
  if (read_bool(body, "enable_network").value_or(false)) submission.set_limit("enable_network", true);
  // The stack is within the memory, and a program over its time is not given any more.
  (void)read_number(body, "stack_limit");
  (void)read_number(body, "cpu_extra_time");
}

Judge0Job translate(Json& body, bool base64, const std::vector<Judge0Language>& languages) {
  if (!body.is_object()) refuse(422, "a submission must be an object");
  Judge0Job job;
  auto source = take_coded(body, "source_code", base64);
  if (!source || source->empty()) refuse_field("source_code", "can't be blank");
  job.language_id = read_language(body, languages);
  refuse_unserved(body);
  SubmissionBody submission;
  job.stdin_text = take_coded(body, "stdin", base64);
  job.expected_output = take_coded(body, "expected_output", base64);
  job.redirect_stderr = read_bool(body, "redirect_stderr_to_stdout").value_or(false);
  read_limits(body, job, submission);
  submission.set("code", *source);
  if (job.stdin_text) submission.set("stdin", *job.stdin_text);
  if (const auto url = take_text(body, "callback_url"); url && !url->empty()) {
    submission.set("callback_url", *url);
  }
  job.source_code = std::move(*source);
  job.body = std::move(submission).text();
  return job;
}

ApiResult<Judge0Job> read_one(Json& body, bool base64, const std::vector<Judge0Language>& languages) {
  try {
    return translate(body, base64, languages);
  } catch (Refused& refused) {
    return std::move(refused.error);
  }
}

}  // namespace

std::vector<Judge0Language> judge0_languages(const std::vector<Runtime>& known) {
  std::vector<Judge0Language> languages;
  if (known.empty() || known.front().language != "python") return languages;
  const std::string& version = known.front().version;
  const std::string name = "Python (" + version + ")";
  languages.push_back({kUsualId, name});
  for (const VersionId& entry : kVersionIds) {
    if (version.starts_with(std::string(entry.version) + ".")) languages.push_back({entry.id, name});
  }
  return languages;
}

ApiResult<Judge0Job> read_judge0(std::string_view body, bool base64,
                                 const std::vector<Judge0Language>& languages) {
  auto document = parse_strict_json(body, JsonBounds());
  if (document.has_error()) return document.error();
  return read_one(document->root, base64, languages);
}

ApiResult<std::vector<ApiResult<Judge0Job>>> read_judge0_batch(std::string_view body, bool base64,
                                                               const std::vector<Judge0Language>& languages) {
  auto document = parse_strict_json(body, JsonBounds());
  if (document.has_error()) return document.error();
  try {
    Json& root = document->root;
    if (!root.is_object()) refuse(422, "the body must be an object");
    const auto list = root.find("submissions");
    if (list == root.end() || !list->is_array()) refuse_field("submissions", "is required as an array");
    if (list->empty()) refuse(400, "there should be at least one submission in a batch");
    if (list->size() > kMaxJudge0Batch) {
      refuse(400, "number of submissions in a batch should be less than or equal to " +
                      std::to_string(kMaxJudge0Batch));
    }
    std::vector<ApiResult<Judge0Job>> jobs;
    for (Json& item : *list) jobs.push_back(read_one(item, base64, languages));
    return jobs;
  } catch (Refused& refused) {
    return std::move(refused.error);
  }
}

std::string judge0_languages_body(const std::vector<Judge0Language>& languages) {
  OrderedJson list = OrderedJson::array();
  for (const Judge0Language& language : languages) {
    OrderedJson entry;
    entry["id"] = language.id;
    entry["name"] = language.name;
    list.push_back(std::move(entry));
  }
  return list.dump();
}

std::string judge0_error(const ApiError& given_error) {
  const ApiError error = in_words_of_peer(given_error, kJudge0Names);
  OrderedJson body;
  const std::string field = field_of(error);
  if (field.empty() || error.status != 422) {
    body["error"] = error.message;
  } else {
    std::string message = error.message;
    if (message.starts_with(field)) message.erase(0, field.size());
    message.erase(0, message.find_first_not_of(": "));
    body[field] = OrderedJson::array({message});
  }
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sallyport::broker::compat

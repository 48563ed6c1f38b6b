#include "broker/compat/judge0_result.hpp"

#include "base/base64.hpp"
#include "base/sha256.hpp"
#include "broker/api/request_fields.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>

namespace sallyport::broker::compat {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::array<std::string_view, 8> kDefaultFields = {"stdout", "time",           "memory",  "stderr",
                                                            "token",  "compile_output", "message", "status"};
constexpr std::array<std::string_view, 18> kAllFields = {
    "source_code", "language_id", "stdin",     "expected_output", "stdout",         "stderr",
    "time",        "wall_time",   "memory",    "token",           "compile_output", "message",
    "status",      "status_id",   "exit_code", "exit_signal",     "created_at",     "finished_at"};
constexpr std::array<std::string_view, 7> kTextFields = {
    "source_code", "stdin", "expected_output", "stdout", "stderr", "compile_output", "message"};

OrderedJson text_or_null(std::string text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(std::move(text));
}

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.3f", seconds);
  return {text.data(), static_cast<std::size_t>(length)};
}

Judge0Status signal_status(const std::string& name) {
  if (name == "SIGSEGV") return {7, "Runtime Error (SIGSEGV)"};
  if (name == "SIGXFSZ") return {8, "Runtime Error (SIGXFSZ)"};
  if (name == "SIGFPE") return {9, "Runtime Error (SIGFPE)"};
  if (name == "SIGABRT") return {10, "Runtime Error (SIGABRT)"};
  return {12, "Runtime Error (Other)"};
}

}  // namespace

std::string_view judge0_trimmed(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n\v\f");
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

Judge0Status judge0_status(const Judge0Job& job, const Outcome& outcome) {
  switch (outcome.end) {
    case End::refused:
      return {6, "Compilation Error"};
    case End::time:
      return {5, "Time Limit Exceeded"};
    case End::broken:
      return {13, "Internal Error"};
    case End::signal:
      return signal_status(outcome.signal.value_or(""));
    case End::memory:
      return {12, "Runtime Error (Other)"};
    case End::output:
    case End::nonzero:
      return {11, "Runtime Error (NZEC)"};
    case End::success:
      break;
  }
  if (job.cpu_time_limit && outcome.cpu_seconds > *job.cpu_time_limit) return {5, "Time Limit Exceeded"};
  const std::string_view output = judge0_trimmed(outcome.stdout_text);
  const bool wrong = job.expected_output
                         ? output != judge0_trimmed(*job.expected_output)
                         : !job.expected_digest.empty() && base::sha256_hex(output) != job.expected_digest;
  if (wrong) return {4, "Wrong Answer"};
  return {3, "Accepted"};
}

namespace {

/// Of a submission of which nothing else is known.
OrderedJson empty_members(const Judge0Job& job, const std::string& token, Judge0Status status,
                          const Judge0Times& times) {
  OrderedJson members;
  for (const std::string_view name : kAllFields) members[std::string(name)] = nullptr;
  members["source_code"] = text_or_null(job.source_code);
  members["language_id"] = job.language_id;
  if (job.stdin_text) members["stdin"] = *job.stdin_text;
  if (job.expected_output) members["expected_output"] = *job.expected_output;
  members["token"] = token;
  members["status"] = OrderedJson::object();
  members["status"]["id"] = status.id;
  members["status"]["description"] = status.description;
  members["status_id"] = status.id;
  members["created_at"] = text_or_null(times.created);
  members["finished_at"] = text_or_null(times.finished);
  return members;
}

}  // namespace

OrderedJson judge0_members(const Judge0Job& job, const std::string& token, Outcome outcome,
                           const Judge0Times& times) {
  if (job.redirect_stderr) outcome.stdout_text += std::exchange(outcome.stderr_text, {});
  const Judge0Status status = judge0_status(job, outcome);
  const bool ran = outcome.end != End::refused;
  OrderedJson members = empty_members(job, token, status, times);
  members["stdout"] = text_or_null(std::move(outcome.stdout_text));
  members["stderr"] = text_or_null(std::move(outcome.stderr_text));
  members["time"] = ran ? OrderedJson(seconds_text(outcome.cpu_seconds)) : OrderedJson(nullptr);
  members["wall_time"] = ran ? OrderedJson(seconds_text(outcome.wall_seconds)) : OrderedJson(nullptr);
  members["memory"] = ran ? OrderedJson(std::llround(outcome.memory_mb * 1024)) : OrderedJson(nullptr);
  members["compile_output"] = text_or_null(std::move(outcome.compile_output));
  members["message"] = text_or_null(ran ? std::move(outcome.message) : std::string());
  members["exit_code"] = ran && outcome.exit_code ? OrderedJson(*outcome.exit_code) : OrderedJson(nullptr);
  members["exit_signal"] =
      outcome.signal ? OrderedJson(signal_number(*outcome.signal)) : OrderedJson(nullptr);
  return members;
}

std::string judge0_text(OrderedJson members, const Judge0View& view) {
  OrderedJson body = OrderedJson::object();
  const auto add = [&](const std::string& name) {
    OrderedJson& value = members[name];
    const bool is_text = std::find(kTextFields.begin(), kTextFields.end(), name) != kTextFields.end();
    if (view.base64 && is_text && value.is_string()) {
      value = base::base64_encode(value.get_ref<const std::string&>());
    }
    body[name] = std::move(value);
  };
  if (view.fields.empty()) {
    for (const std::string_view name : kDefaultFields) add(std::string(name));
  }
  for (const std::string& name : view.fields) add(name);
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

ApiResult<std::vector<std::string>> read_judge0_fields(std::string_view fields) {
  std::vector<std::string> names;
  while (!fields.empty()) {
    const auto comma = fields.find(',');
    const std::string_view name = fields.substr(0, comma);
    fields = comma == std::string_view::npos ? std::string_view() : fields.substr(comma + 1);
    if (name == "*") return std::vector<std::string>(kAllFields.begin(), kAllFields.end());
    if (std::find(kAllFields.begin(), kAllFields.end(), name) == kAllFields.end()) {
      ApiError error;
      error.status = 400;
      error.error_type = error_type_of(400);
      error.message = "invalid field " + quote(name) + "; there are: " + join(kAllFields);
      return error;
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  }
  return names;
}

std::string judge0_submission(const Judge0Job& job, const std::string& token, Judge0Status status,
                              const std::string& message, const Judge0Times& times, const Judge0View& view) {
  OrderedJson members = empty_members(job, token, status, times);
  members["message"] = text_or_null(message);
  return judge0_text(std::move(members), view);
}

std::string judge0_submission(const Judge0Job& job, const std::string& token, ExecutionReply reply,
                              const Judge0Times& times, const Judge0View& view) {
  return judge0_text(judge0_members(job, token, outcome_of(std::move(reply)), times), view);
}

}  // namespace sallyport::broker::compat

#include "broker/compat/piston.hpp"

#include "base/base64.hpp"
#include "broker/api/strict_json.hpp"
#include "broker/api/utf8.hpp"
#include "broker/compat/fields.hpp"
#include "broker/compat/outcome.hpp"
#include "broker/submission_body.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace sallyport::broker::compat {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::array<FieldName, 6> kPistonNames = {{{"code", "files"},
                                                    {"stdin", "stdin"},
                                                    {"sandbox_config.timeout_seconds", "run_timeout"},
                                                    {"sandbox_config.max_cpu_seconds", "run_cpu_time"},
                                                    {"sandbox_config.max_memory_mb", "run_memory_limit"},
                                                    {"image", "language"}}};
constexpr double kMegabyte = 1024.0 * 1024.0;
constexpr std::size_t kMaxFiles = 1024;  // What may be sent is bounded further by sandbox.max_files.

std::string from_hex(const std::string& text, const std::string& place) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string bytes;
  if (text.size() % 2 != 0) refuse_field(place, "is not hexadecimal");
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) refuse_field(place, "is not hexadecimal");
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

struct File {
  std::string name;
  std::string content;
};

File read_file(Json& item, const std::string& place) {
  if (!item.is_object()) refuse_type(place, "an object", item);
  File file;
  file.name = take_text(item, "name").value_or("");
  auto content = take_text(item, "content");
  if (!content) refuse_field(place + ".content", "is required as a string");
  const std::string encoding = take_text(item, "encoding").value_or("utf8");
  if (encoding == "utf8") {
    file.content = std::move(*content);
  } else if (encoding == "hex") {
    file.content = from_hex(*content, place + ".content");
  } else if (encoding == "base64") {
    auto bytes = base::base64_decode(*content);
    if (!bytes) refuse_field(place + ".content", "is not base64");
    file.content = std::move(*bytes);
  } else {
    refuse_field(place + ".encoding", "must be utf8, base64 or hex");
  }
  return file;
}

void read_files(Json& body, SubmissionBody& submission) {
  const auto files = body.find("files");
  if (files == body.end() || !files->is_array() || files->empty()) {
    refuse_field("files", "is required as an array of files, the program first");
  }
  if (files->size() > kMaxFiles) refuse_field("files", "are more than " + std::to_string(kMaxFiles));
  Json others = Json::array();
  for (std::size_t i = 0; i < files->size(); ++i) {
    const std::string place = "files[" + std::to_string(i) + "]";
    File file = read_file((*files)[i], place);
    if (i == 0) {
      if (find_invalid_utf8(file.content) != std::string_view::npos) {
        refuse_field(place + ".content", "is the program, and not in UTF-8");
      }
      submission.set("code", std::move(file.content));
      continue;
    }
    // One without a name gets one that nobody can know, so nothing can ask for it.
    if (file.name.empty()) file.name = "file" + std::to_string(i);
    Json other;
    other["path"] = std::move(file.name);
    other["content_base64"] = base::base64_encode(file.content);
    others.push_back(std::move(other));
  }
  if (!others.empty()) submission.set("files", std::move(others));
}

/// A limit of the run; -1 is none, and gets the default.
void read_limit(const Json& body, const char* name, const char* ours, double unit, bool whole,
                SubmissionBody& submission) {
  const auto value = read_number(body, name);
  if (!value || *value == -1) return;
  submission.set_limit(ours, whole ? rounded_up(*value, unit) : Json(*value / unit));
}

PistonJob translate(Json body, const std::vector<Runtime>& known) {
  if (!body.is_object()) refuse(422, "the body must be an object");
  const auto language = take_text(body, "language");
  if (!language) refuse_field("language", "is required as a string");
  const auto version = take_text(body, "version");
  if (!version) refuse_field("version", "is required as a string");
  const Runtime* const runtime = find_runtime(known, *language, *version);
  if (runtime == nullptr) {
    refuse(422, quote(*language + "-" + *version) + " runtime is unknown; see the list of runtimes");
  }
  SubmissionBody submission;
  submission.set("image", runtime->image);
  read_files(body, submission);
  if (auto text = take_text(body, "stdin")) submission.set("stdin", std::move(*text));
  if (const Json* const arguments = given(body, "args"); arguments != nullptr) {
    if (!arguments->is_array()) refuse_type("args", "an array", *arguments);
    if (!arguments->empty()) refuse_field("args", "are not passed to programs here; use stdin");
  }
  read_limit(body, "run_timeout", "timeout_seconds", 1000, false, submission);
  read_limit(body, "run_cpu_time", "max_cpu_seconds", 1000, true, submission);
  read_limit(body, "run_memory_limit", "max_memory_mb", kMegabyte, true, submission);
  for (const char* const name : {"compile_timeout", "compile_cpu_time", "compile_memory_limit"}) {
    (void)read_number(body, name);  // Nothing is compiled.
  }
  PistonJob job;
  job.body = std::move(submission).text();
  job.language = runtime->language;
  job.version = runtime->version;
  return job;
}

const char* status_of(End end) {
  switch (end) {
    case End::success:
      return nullptr;
    case End::refused:
    case End::nonzero:
    case End::memory:
      return "RE";
    case End::signal:
      return "SG";
    case End::time:
      return "TO";
    case End::output:
      return "OL";
    case End::broken:
      return "XX";
  }
  return nullptr;
}

OrderedJson stage(std::string stdout_text, std::string stderr_text) {
  OrderedJson object;
  object["output"] = stdout_text + stderr_text;
  object["stdout"] = std::move(stdout_text);
  object["stderr"] = std::move(stderr_text);
  return object;
}

OrderedJson refused_stage(const Outcome& outcome) {
  OrderedJson object = stage("", outcome.compile_output + "\n");
  object["code"] = 1;
  object["signal"] = nullptr;
  object["message"] = outcome.message;
  object["status"] = "RE";
  object["cpu_time"] = 0;
  object["wall_time"] = 0;
  object["memory"] = 0;
  return object;
}

}  // namespace

ApiResult<PistonJob> read_piston(std::string_view body, const std::vector<Runtime>& known) {
  JsonBounds bounds;
  bounds.max_values = 64 + 8 * kMaxFiles;
  auto document = parse_strict_json(body, bounds);
  if (document.has_error()) return document.error();
  try {
    return translate(std::move(document->root), known);
  } catch (Refused& refused) {
    return std::move(refused.error);
  }
}

std::string piston_reply(const PistonJob& job, ExecutionReply reply) {
  Outcome outcome = outcome_of(std::move(reply));
  OrderedJson body;
  if (outcome.end == End::refused) {
    body["compile"] = refused_stage(outcome);
    body["run"] = refused_stage(outcome);
  } else {
    OrderedJson run = stage(std::move(outcome.stdout_text), std::move(outcome.stderr_text));
    run["code"] =
        outcome.signal || !outcome.exit_code ? OrderedJson(nullptr) : OrderedJson(*outcome.exit_code);
    run["signal"] = outcome.signal ? OrderedJson(*outcome.signal) : OrderedJson(nullptr);
    const char* const status = status_of(outcome.end);
    run["message"] = status == nullptr ? OrderedJson(nullptr) : OrderedJson(outcome.message);
    run["status"] = status == nullptr ? OrderedJson(nullptr) : OrderedJson(status);
    run["cpu_time"] = std::llround(outcome.cpu_seconds * 1000);
    run["wall_time"] = std::llround(outcome.wall_seconds * 1000);
    run["memory"] = std::llround(outcome.memory_mb * kMegabyte);
    body["run"] = std::move(run);
  }
  body["language"] = job.language;
  body["version"] = job.version;
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string piston_runtimes(const std::vector<Runtime>& known) {
  OrderedJson list = OrderedJson::array();
  for (const Runtime& runtime : known) {
    OrderedJson entry;
    entry["language"] = runtime.language;
    entry["version"] = runtime.version;
    entry["aliases"] = runtime.aliases;
    entry["runtime"] = runtime.image;
    list.push_back(std::move(entry));
  }
  return list.dump();
}

ApiError piston_error(ApiError error) {
  error = in_words_of_peer(std::move(error), kPistonNames);
  if (error.status == 422) error.status = 400;
  return error;
}

std::string piston_error_body(const ApiError& error) {
  OrderedJson body;
  body["message"] = error.message;
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sallyport::broker::compat

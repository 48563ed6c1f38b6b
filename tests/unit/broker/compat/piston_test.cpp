#include "broker/compat/piston.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sallyport::broker::compat {
namespace {

using nlohmann::json;

const std::vector<Runtime> kKnown = {{"base", "python", {"py"}, "3.11.0"}};

json translated(const std::string& body) {
  auto job = read_piston(body, kKnown);
  EXPECT_TRUE(job.has_value()) << job.error().message;
  return job.has_value() ? json::parse(job->body) : json();
}

std::string refusal_of(const std::string& body) {
  auto job = read_piston(body, kKnown);
  EXPECT_TRUE(job.has_error()) << body;
  return job.has_error() ? piston_error(job.error()).message : std::string();
}

TEST(Piston, TranslatesARequest) {
  EXPECT_EQ(translated(R"j({"language": "py", "version": "3.x", "files": [
                {"name": "main.py", "content": "print(1)"},
                {"name": "a.txt", "content": "aGk=", "encoding": "base64"},
                {"content": "6869", "encoding": "hex"}],
              "stdin": "in", "args": [], "run_timeout": 1500, "run_cpu_time": 1500, "run_memory_limit": 134217729,
              "compile_timeout": 10000, "compile_memory_limit": -1, "unknown": 1
})j"),
            json::parse(R"j({"image": "base", "code": "print(1)", "stdin": "in", "files": [
                {"path": "a.txt", "content_base64": "aGk="}, {"path": "file2", "content_base64": "aGk="}],
              "sandbox_config": {
  "timeout_seconds" : 1.5, "max_cpu_seconds" : 2, "max_memory_mb" : 129}
})j"));
  EXPECT_EQ(
      translated(R"j({"language": "py", "version": "*", "files": [{"content": "1"}], "run_memory_limit": -1,
                           "stdin": null, "run_timeout": -1})j"),
      json::parse(R"j({"image": "base", "code": "1"})j"));
}

TEST(Piston, RefusesWhatItCannotHonour) {
  const auto with = [](const std::string& more) {
    return R"j({"language": "py", "version": "*", "files": [{"content": "1"}])j" + more + "}";
  };
  EXPECT_EQ(refusal_of(with(R"j(, "args": ["1"])j")), "args are not passed to programs here; use stdin");
  refusal_of(with(R"j(, "args": "1")j"));
  refusal_of(with(R"j(, "run_timeout": "3")j"));
  refusal_of(with(R"j(, "compile_timeout": "3")j"));
  refusal_of(with(R"j(, "stdin": 3)j"));
  refusal_of(R"j({"language": "py", "version": "*"})j");
  refusal_of(R"j({"language": "py", "version": "*", "files": []})j");
  refusal_of(R"j({"language": "py", "version": "*", "files": ["1"]})j");
  refusal_of(R"j({"language": "py", "version": "*", "files": [{"name": "a"}]})j");
  refusal_of(R"j({"language": "py", "version": "*", "files": [{"content": "1", "encoding": "utf16"}]})j");
  refusal_of(R"j({"language": "py", "version": "*", "files": [{"content": "1", "encoding": "hex"}]})j");
  refusal_of(R"j({"language": "py", "version": "*", "files": [{"content": "ff", "encoding": "hex"}]})j");
  refusal_of(R"j({"language": "py", "version": "*", "files": [{"content": "?", "encoding": "base64"}]})j");
  refusal_of(R"j({"language": "py", "files": [{"content": "1"}]})j");
  EXPECT_EQ(refusal_of(R"j({"language": "c", "version": "*", "files": [{"content": "1"}]})j"),
            "\"c-*\" runtime is unknown; see the list of runtimes");
  refusal_of("[]");
  refusal_of("{");
}

TEST(Piston, SpeaksOfItsOwnFields) {
  ApiError error;
  error.status = 422;
  error.message = "sandbox_config.timeout_seconds: 500 is above the ceiling of 300";
  error.details_json = R"j({"field": "sandbox_config.timeout_seconds"})j";
  error = piston_error(error);
  EXPECT_EQ(error.status, 400);
  EXPECT_EQ(piston_error_body(error), R"j({"message":"run_timeout: 500 is above the ceiling of 300"})j");
}

TEST(Piston, WritesReplies) {
  PistonJob job;
  job.language = "python";
  job.version = "3.11.0";
  ExecutionReply reply;
  reply.success = true;
  reply.exit_code = 0;
  reply.stdout_text = "a\n";
  reply.stderr_text = "b\n";
  json body = json::parse(piston_reply(job, reply));
  EXPECT_EQ(body["run"]["output"], "a\nb\n");
  EXPECT_EQ(body["run"]["code"], 0);
  EXPECT_EQ(body["run"]["signal"], nullptr);
  EXPECT_EQ(body["run"]["status"], nullptr);
  EXPECT_FALSE(body.contains("compile"));
  EXPECT_EQ(body["version"], "3.11.0");

  reply = ExecutionReply();
  reply.error_type = "TimeoutError";
  reply.error_message = "too long";
  reply.timed_out = true;
  reply.signal = "SIGKILL";
  body = json::parse(piston_reply(job, reply));
  EXPECT_EQ(body["run"]["code"], nullptr);
  EXPECT_EQ(body["run"]["signal"], "SIGKILL");
  EXPECT_EQ(body["run"]["status"], "TO");

  reply = ExecutionReply();
  reply.error_type = "ValidationError";
  reply.error_message = "no";
  body = json::parse(piston_reply(job, reply));
  EXPECT_EQ(body["compile"]["stderr"], "no\n");
  EXPECT_EQ(body["compile"]["code"], 1);
  EXPECT_EQ(body["run"]["stderr"], "no\n");
}

}  // namespace
}  // namespace sallyport::broker::compat

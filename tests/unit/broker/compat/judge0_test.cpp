#include "broker/compat/judge0.hpp"

#include "broker/compat/judge0_result.hpp"
#include "broker/compat/judge0_stored.hpp"
#include "broker/compat/judge0_token.hpp"
#include "broker/compat/stored_reply.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sallyport::broker::compat {
namespace {

using nlohmann::json;

const std::vector<Judge0Language> kLanguages = judge0_languages({{"base", "python", {}, "3.11.0"}});

Judge0Job read(const std::string& body, bool base64 = false) {
  auto job = read_judge0(body, base64, kLanguages);
  EXPECT_TRUE(job.has_value()) << job.error().message;
  return job.has_value() ? *job : Judge0Job();
}

std::string refusal(const std::string& body, bool base64 = false) {
  auto job = read_judge0(body, base64, kLanguages);
  EXPECT_TRUE(job.has_error()) << body;
  return job.has_error() ? judge0_error(job.error()) : std::string();
}

TEST(Judge0, ListsTheLanguagesOfTheDefaultImage) {
  EXPECT_EQ(judge0_languages_body(kLanguages),
            R"j([{"id":71,"name":"Python (3.11.0)"},{"id":92,"name":"Python (3.11.0)"}])j");
  EXPECT_TRUE(judge0_languages({{"other", "other", {}, "3.11.0"}}).empty());
}

TEST(Judge0, TranslatesASubmission) {
  const Judge0Job job = read(R"j({"source_code": "print(input())", "language_id": 71, "stdin": "Judge0",
      "expected_output": "Judge0", "cpu_time_limit": 1.5, "cpu_extra_time": 0.5, "wall_time_limit": 5,
      "memory_limit": 128001, "stack_limit": 64000, "max_processes_and_or_threads": 60, "max_file_size": 1024,
      "enable_per_process_and_thread_time_limit": false, "number_of_runs": 1, "compiler_options": null,
      "command_line_arguments": "", "input": "of no meaning"})j");
  EXPECT_EQ(json::parse(job.body),
            json::parse(R"j({"code": "print(input())", "stdin": "Judge0", "sandbox_config": {
  "timeout_seconds" : 5, "max_cpu_seconds" : 2, "max_memory_mb" : 126, "max_processes" : 60, "max_file_mb" : 1}
})j"));
  EXPECT_EQ(job.expected_output, "Judge0");
  EXPECT_EQ(job.cpu_time_limit, 1.5);
  EXPECT_EQ(read(R"j({"source_code": "1", "language_id": "92"})j").language_id, 92);
}

TEST(Judge0, DecodesTexts) {
  const Judge0Job job =
      read("{\"source_code\": \"cHJp\\nbnQoMSk\", \"language_id\": 71, \"stdin\": \"aGk=\"}", true);
  EXPECT_EQ(job.source_code, "print(1)");
  EXPECT_EQ(job.stdin_text, "hi");
  EXPECT_EQ(refusal(R"j({"source_code": "?", "language_id": 71})j", true),
            R"j({"source_code":["is not base64"]})j");
  EXPECT_EQ(refusal(R"j({"source_code": "/w==", "language_id": 71})j", true),
            R"j({"source_code":["is not UTF-8"]})j");
}

TEST(Judge0, RefusesInItsWords) {
  EXPECT_EQ(refusal(R"j({"source_code": "1"})j"), R"j({"language_id":["can't be blank"]})j");
  EXPECT_EQ(refusal(R"j({"language_id": 71})j"), R"j({"source_code":["can't be blank"]})j");
  EXPECT_EQ(refusal(R"j({"source_code": "1", "language_id": 150000})j"),
            R"j({"language_id":["language with id 150000 doesn't exist"]})j");
  for (const char* more :
       {R"j("compiler_options": "-O3")j", R"j("command_line_arguments": "a")j",
        R"j("additional_files": "UEs=")j", R"j("number_of_runs": 2)j", R"j("cpu_time_limit": 0)j",
        R"j("enable_per_process_and_thread_memory_limit": true)j", R"j("cpu_time_limit": "1")j",
        R"j("callback_url": 1)j", R"j("stdin": 1)j", R"j("stack_limit": "a")j"}) {
    refusal(R"j({"source_code": "1", "language_id": 71, )j" + std::string(more) + "}");
  }
  ApiError error;
  error.status = 422;
  error.message = "sandbox_config.timeout_seconds: 500 is above the ceiling of 300";
  error.details_json = R"j({"field": "sandbox_config.timeout_seconds"})j";
  EXPECT_EQ(judge0_error(error), R"j({"wall_time_limit":["500 is above the ceiling of 300"]})j");
  error.status = 503;
  error.details_json = "{}";
  error.message = "queue is full";
  EXPECT_EQ(judge0_error(error), R"j({"error":"queue is full"})j");
}

TEST(Judge0, ReadsBatches) {
  auto jobs = read_judge0_batch(
      R"j({"submissions": [{"source_code": "1", "language_id": 71}, {"source_code": "1"}]})j", false,
      kLanguages);
  ASSERT_TRUE(jobs.has_value());
  ASSERT_EQ(jobs->size(), 2U);
  EXPECT_TRUE((*jobs)[0].has_value());
  EXPECT_EQ(judge0_error((*jobs)[1].error()), R"j({"language_id":["can't be blank"]})j");
  json many;
  many["submissions"] = json::array();
  EXPECT_TRUE(read_judge0_batch(many.dump(), false, kLanguages).has_error());
  for (std::size_t i = 0; i <= kMaxJudge0Batch; ++i) many["submissions"].push_back(json::object());
  EXPECT_TRUE(read_judge0_batch(many.dump(), false, kLanguages).has_error());
  EXPECT_TRUE(read_judge0_batch("[]", false, kLanguages).has_error());
  EXPECT_TRUE(read_judge0_batch("{}", false, kLanguages).has_error());
}

TEST(Judge0, JudgesTheOutcome) {
  Judge0Job job;
  Outcome outcome;
  outcome.stdout_text = "42\n";
  EXPECT_EQ(judge0_status(job, outcome).id, 3);
  job.expected_output = "42 \n\n";
  EXPECT_EQ(judge0_status(job, outcome).id, 3);
  job.expected_output = " 42";
  EXPECT_EQ(judge0_status(job, outcome).id, 4);
  job.cpu_time_limit = 0.5;
  outcome.cpu_seconds = 0.6;
  EXPECT_EQ(judge0_status(job, outcome).id, 5);
  for (const auto& [end, id] : {std::pair(End::refused, 6),
                                {End::time, 5},
                                {End::memory, 12},
                                {End::nonzero, 11},
                                {End::output, 11},
                                {End::broken, 13}}) {
    outcome.end = end;
    EXPECT_EQ(judge0_status(job, outcome).id, id);
  }
  outcome.end = End::signal;
  for (const auto& [name, id] :
       {std::pair("SIGSEGV", 7), {"SIGXFSZ", 8}, {"SIGFPE", 9}, {"SIGABRT", 10}, {"SIGBUS", 12}}) {
    outcome.signal = name;
    EXPECT_EQ(judge0_status(job, outcome).id, id);
  }
}

TEST(Judge0, TokensSayWhatTheSandboxNeedNotKnow) {
  Judge0Job job;
  job.language_id = 71;
  EXPECT_EQ(judge0_token("01a2-b", job), "01a2-b_71_0_0_");
  job.expected_output = "42\n";
  job.cpu_time_limit = 1.5;
  job.redirect_stderr = true;
  const std::string token = judge0_token("01a2-b", job);
  const auto read_back = read_judge0_token(token);
  ASSERT_TRUE(read_back) << token;
  EXPECT_EQ(read_back->job_id, "01a2-b");
  EXPECT_EQ(read_back->job.language_id, 71);
  EXPECT_EQ(read_back->job.cpu_time_limit, 1.5);
  EXPECT_TRUE(read_back->job.redirect_stderr);
  Outcome outcome;
  outcome.stdout_text = "42 \n";
  EXPECT_EQ(judge0_status(read_back->job, outcome).id, 3);
  outcome.stdout_text = "43\n";
  EXPECT_EQ(judge0_status(read_back->job, outcome).id, 4);
  EXPECT_EQ(judge0_token("01a2-b", read_back->job), "01a2-b_71_1500000_1_");
  for (const char* text : {"", "a", "a_71_0_0", "_71_0_0_", "a_71_0_0__", "a_x_0_0_", "a_71_-1_0_",
                           "a_71_0_2_", "a_71_0_0_abc", "a_99999999999999999999_0_0_", "batch"}) {
    EXPECT_FALSE(read_judge0_token(text)) << text;
  }
  EXPECT_FALSE(read_judge0_token(std::string(kMaxJudge0Token, 'a') + "_71_0_0_"));
}

TEST(Judge0, ReadsStoredReplies) {
  ExecutionReply reply;
  reply.success = false;
  reply.stdout_text = "out";
  reply.stderr_text = "err";
  reply.error_type = "ValidationError";
  reply.error_message = "no";
  reply.signal = "SIGKILL";
  reply.exit_code = 3;
  reply.timed_out = true;
  reply.oom_killed = true;
  reply.was_output_truncated = true;
  reply.execution_time_seconds = 1.5;
  reply.usage.emplace();
  reply.usage->cpu_seconds = 0.5;
  reply.usage->peak_memory_mb = 20;
  reply.validation_violations.emplace_back();
  reply.validation_violations[0].type = "syntax";
  reply.validation_violations[0].hint = "hint";
  const auto read_back = stored_reply(to_json(reply));
  ASSERT_TRUE(read_back);
  const Outcome expected = outcome_of(reply);
  const Outcome outcome = outcome_of(*read_back);
  EXPECT_EQ(outcome.end, expected.end);
  EXPECT_EQ(outcome.compile_output, expected.compile_output);
  EXPECT_EQ(outcome.stdout_text, expected.stdout_text);
  EXPECT_EQ(outcome.stderr_text, expected.stderr_text);
  EXPECT_EQ(outcome.exit_code, expected.exit_code);
  EXPECT_EQ(outcome.signal, expected.signal);
  EXPECT_EQ(outcome.message, expected.message);
  EXPECT_EQ(outcome.cpu_seconds, expected.cpu_seconds);
  EXPECT_EQ(outcome.wall_seconds, expected.wall_seconds);
  EXPECT_EQ(outcome.memory_mb, expected.memory_mb);
  EXPECT_FALSE(stored_reply(""));
  EXPECT_FALSE(stored_reply("[]"));
}

TEST(Judge0, CallsBackAsThePeerDoes) {
  const Judge0Job job = read(R"j({"source_code": "1", "language_id": 71, "expected_output": "b",
      "callback_url": "https://example.org/hook"})j");
  EXPECT_EQ(json::parse(job.body)["callback_url"], "https://example.org/hook");
  EXPECT_FALSE(json::parse(read(R"j({"source_code": "1", "language_id": 71, "callback_url": ""})j").body)
                   .contains("callback_url"));

  ExecutionReply reply;
  reply.success = true;
  reply.exit_code = 0;
  reply.stdout_text = "a\n";
  store::StoredJob stored;
  stored.job.id = "01a2-b";
  stored.job.state = store::JobState::succeeded;
  stored.result_json = to_json(reply);
  const auto body = judge0_callback_body(judge0_callback_form(job), stored);
  ASSERT_TRUE(body);
  const json told = json::parse(*body);
  EXPECT_EQ(told["stdout"], "YQo=");
  EXPECT_EQ(told["status"]["id"], 4);
  EXPECT_EQ(told["token"], judge0_token("01a2-b", job));
  EXPECT_EQ(told.size(), 8U) << "what the peer shows by itself";

  stored.result_json.clear();
  stored.job.state = store::JobState::cancelled;
  const json cancelled = json::parse(*judge0_callback_body(judge0_callback_form(job), stored));
  EXPECT_EQ(cancelled["status"]["id"], 13);
  EXPECT_EQ(cancelled["message"], "dGhlIHN1Ym1pc3Npb24gd2FzIGNhbmNlbGxlZA==");

  EXPECT_FALSE(judge0_callback_body("", stored));
  EXPECT_FALSE(judge0_callback_body("01a2-b_71_0_0_", stored));
}

TEST(Judge0, ShowsWhatHasNotEnded) {
  Judge0View view;
  view.fields = *read_judge0_fields("*");
  Judge0Job job;
  job.language_id = 71;
  const json members = json::parse(judge0_submission(job, "t", Judge0Status{1, "In Queue"}, "", {}, view));
  EXPECT_EQ(members.size(), 18U);
  EXPECT_EQ(members["status"]["description"], "In Queue");
  EXPECT_EQ(members["stdout"], nullptr);
  EXPECT_EQ(members["source_code"], nullptr);
}

TEST(Judge0, WritesSubmissions) {
  Judge0Job job;
  job.language_id = 71;
  job.redirect_stderr = true;
  ExecutionReply reply;
  reply.success = true;
  reply.exit_code = 0;
  reply.stdout_text = "a";
  reply.stderr_text = "b";
  Judge0View view;
  EXPECT_EQ(judge0_submission(job, "t", reply, {}, view),
            R"j({"stdout":"ab","time":"0.000","memory":0,"stderr":null,"token":"t","compile_output":null,)j"
            R"j("message":null,"status":{"id":3,"description":"Accepted"}})j");
  view.base64 = true;
  view.fields = *read_judge0_fields("stdout,status_id,language_id,stderr");
  EXPECT_EQ(judge0_submission(job, "t", reply, {}, view),
            R"j({"stdout":"YWI=","status_id":3,"language_id":71,"stderr":null})j");
  EXPECT_EQ(read_judge0_fields("*")->size(), 18U);
  EXPECT_TRUE(read_judge0_fields("").value().empty());
  EXPECT_EQ(read_judge0_fields("stdout,nope").error().status, 400);
}

}  // namespace
}  // namespace sallyport::broker::compat

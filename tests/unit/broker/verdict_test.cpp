#include "broker/verdict.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker {
namespace {

using runners::Outcome;
using runners::SandboxFailure;
using runners::Verdict;

struct Row {
  const char* name;
  std::function<void(Outcome&)> outcome;
  bool success;
  std::optional<std::string> error_type;
  std::optional<std::string> error_message;
  std::optional<int> error_line;
  bool timed_out;
  bool oom_killed;
  bool truncated;
};

TEST(Verdict, BecomesAReply) {
  runners::Limits limits;
  limits.timeout = std::chrono::milliseconds(2500);
  limits.cpu_seconds = 3;
  const std::vector<Row> table = {
      {"completed",
       [](Outcome& o) { o.verdict = Verdict::completed; },
       true,
       {},
       {},
       {},
       false,
       false,
       false},
      {"completed, cut",
       [](Outcome& o) {
         o.verdict = Verdict::completed;
         o.output_truncated = true;
       },
       true,
       {},
       {},
       {},
       false,
       false,
       true},
      {"exited",
       [](Outcome& o) {
         o.verdict = Verdict::exited;
         o.exit_code = 3;
       },
       false,
       "SystemExit",
       "SystemExit: 3",
       {},
       false,
       false,
       false},
      {"exception",
       [](Outcome& o) {
         o.verdict = Verdict::exception;
         o.exception_type = "ValueError";
         o.message = "ValueError: bad";
         o.exception_line = 7;
       },
       false, "ValueError", "ValueError: bad", 7, false, false, false},
      {"exception of a refused import",
       [](Outcome& o) {
         o.verdict = Verdict::exception;
         o.exception_type = "ImportError";
         o.message = "ImportError: the policy does not allow the import of 'os'";
         o.exception_line = 2;
         o.refused_import = "os";
       },
       false, "SecurityViolationError", "ImportError: the policy does not allow the import of 'os'", 2, false,
       false, false},
      {"exception without a word",
       [](Outcome& o) { o.verdict = Verdict::exception; },
       false,
       "Exception",
       "Exception",
       {},
       false,
       false,
       false},
      {"exception in bad bytes",
       [](Outcome& o) {
         o.verdict = Verdict::exception;
         o.exception_type = "E\xFF";
         o.message = "E: \xFF";
       },
       false,
       "E\xEF\xBF\xBD",
       "E: \xEF\xBF\xBD",
       {},
       false,
       false,
       false},
      {"signal",
       [](Outcome& o) {
         o.verdict = Verdict::killed_by_signal;
         o.signal = "SIGSEGV";
       },
       false,
       "SystemError",
       "the submission was killed by SIGSEGV",
       {},
       false,
       false,
       false},
      {"timed out",
       [](Outcome& o) { o.verdict = Verdict::timed_out; },
       false,
       "TimeoutError",
       "the submission exceeded its time limit of 2.5 seconds",
       {},
       true,
       false,
       false},
      {"cpu",
       [](Outcome& o) {
         o.verdict = Verdict::cpu_limit;
         o.signal = "SIGXCPU";
       },
       false,
       "ResourceLimitError",
       "the submission exceeded its limit of 3 seconds of CPU time",
       {},
       false,
       false,
       false},
      {"memory",
       [](Outcome& o) {
         o.verdict = Verdict::out_of_memory;
         o.oom_killed = true;
       },
       false,
       "ResourceLimitError",
       "the submission exceeded its memory limit of 512 MB",
       {},
       false,
       true,
       false},
      {"output",
       [](Outcome& o) { o.verdict = Verdict::output_limit; },
       false,
       "ResourceLimitError",
       "the submission exceeded its output limit of 1000000 bytes",
       {},
       false,
       false,
       true},
      {"start failed",
       [](Outcome& o) {
         o.verdict = Verdict::sandbox_failed;
         o.failure = SandboxFailure::start_failed;
       },
       false,
       "SandboxError",
       "the sandbox did not start",
       {},
       false,
       false,
       false},
      {"crashed",
       [](Outcome& o) {
         o.verdict = Verdict::sandbox_failed;
         o.failure = SandboxFailure::sandbox_crashed;
         o.message = "the kernel is gone";
       },
       false,
       "SandboxError",
       "the kernel is gone",
       {},
       false,
       false,
       false},
  };
  for (const Row& row : table) {
    Outcome outcome;
    row.outcome(outcome);
    ExecutionReply reply;
    const auto error = apply_outcome(outcome, limits, reply);
    ASSERT_FALSE(error.has_value()) << row.name;
    EXPECT_EQ(reply.success, row.success) << row.name;
    EXPECT_EQ(reply.error_type, row.error_type) << row.name;
    EXPECT_EQ(reply.error_message, row.error_message) << row.name;
    EXPECT_EQ(reply.error_line, row.error_line) << row.name;
    EXPECT_EQ(reply.exit_code, outcome.exit_code) << row.name;
    EXPECT_EQ(reply.signal, outcome.signal) << row.name;
    EXPECT_EQ(reply.timed_out, row.timed_out) << row.name;
    EXPECT_EQ(reply.oom_killed, row.oom_killed) << row.name;
    EXPECT_EQ(reply.was_output_truncated, row.truncated) << row.name;
  }
}

TEST(Verdict, CarriesWhatTheRunnerFound) {
  Outcome outcome;
  outcome.verdict = Verdict::completed;
  outcome.stdout_bytes = "out \xFF";
  outcome.stderr_bytes = "err \xE2\x82";
  outcome.artifacts.push_back({"a", 1, "x"});
  outcome.notes = {"left out b\xFF"};
  outcome.usage.warm = true;
  outcome.execution_time = std::chrono::milliseconds(1500);
  ExecutionReply reply;
  ASSERT_FALSE(apply_outcome(outcome, runners::Limits(), reply).has_value());
  EXPECT_EQ(reply.stdout_text, "out \xEF\xBF\xBD");
  EXPECT_EQ(reply.stderr_text, "err \xEF\xBF\xBD");
  EXPECT_EQ(reply.invalid_utf8_replaced, 2U);
  ASSERT_EQ(reply.artifacts.size(), 1U);
  EXPECT_EQ(reply.notes, std::vector<std::string>{"left out b\xEF\xBF\xBD"});
  EXPECT_TRUE(reply.usage->warm);
  EXPECT_EQ(reply.execution_time_seconds, 1.5);
}

TEST(Verdict, AMessageOfASubmissionIsBounded) {
  Outcome outcome;
  outcome.verdict = Verdict::exception;
  outcome.exception_type = std::string(1 << 20, 'T');
  outcome.message = std::string(1 << 20, 'm');
  ExecutionReply reply;
  ASSERT_FALSE(apply_outcome(outcome, runners::Limits(), reply).has_value());
  EXPECT_EQ(reply.error_type->size(), 256U);
  EXPECT_EQ(reply.error_message->size(), 16'384U);
}

TEST(Verdict, WhatWasNotServedIsAnError) {
  struct Case {
    Verdict verdict;
    SandboxFailure failure;
    int status;
    const char* type;
    const char* message;
  };
  const std::vector<Case> table = {
      {Verdict::sandbox_failed, SandboxFailure::engine_unreachable, 503, "SandboxError",
       "the container engine does not answer"},
      {Verdict::sandbox_failed, SandboxFailure::engine_refused, 503, "SandboxError",
       "the container engine refused"},
      {Verdict::sandbox_failed, SandboxFailure::engine_timed_out, 503, "SandboxError",
       "the container engine took too long"},
      {Verdict::sandbox_failed, SandboxFailure::image_missing, 503, "SandboxError",
       "the runner image is missing"},
      {Verdict::sandbox_failed, SandboxFailure::runtime_missing, 503, "SandboxError",
       "the sandbox runtime is missing"},
      {Verdict::sandbox_failed, SandboxFailure::unsupported, 422, "ValidationError",
       "the runner cannot honour a limit or option"},
      {Verdict::stopped, SandboxFailure::none, 499, "CancelledError",
       "the client went away; its submission was stopped"},
  };
  for (const Case& item : table) {
    Outcome outcome;
    outcome.verdict = item.verdict;
    outcome.failure = item.failure;
    ExecutionReply reply;
    auto error = apply_outcome(outcome, runners::Limits(), reply);
    ASSERT_TRUE(error.has_value()) << item.message;
    EXPECT_EQ(error->status, item.status);
    EXPECT_EQ(error->error_type, item.type);
    EXPECT_EQ(error->message, item.message);
    EXPECT_EQ(error->retry_after_seconds > 0, item.status == 503);
    if (item.failure != SandboxFailure::none) {
      EXPECT_EQ(nlohmann::json::parse(error->details_json)["failure"], runners::to_string(item.failure));
      outcome.message = "in its own words";
      error = apply_outcome(outcome, runners::Limits(), reply);
      EXPECT_EQ(error->message, "in its own words");
    }
  }
}

}  // namespace
}  // namespace sallyport::broker

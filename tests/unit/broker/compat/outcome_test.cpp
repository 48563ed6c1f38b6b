#include "broker/compat/outcome.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::broker::compat {
namespace {

ExecutionReply failed(const char* type, const char* message) {
  ExecutionReply reply;
  reply.error_type = type;
  reply.error_message = message;
  return reply;
}

TEST(Outcome, OfASuccess) {
  ExecutionReply reply;
  reply.success = true;
  reply.exit_code = 0;
  reply.stdout_text = "a";
  reply.usage.emplace();
  reply.usage->cpu_seconds = 0.5;
  const Outcome outcome = outcome_of(reply);
  EXPECT_EQ(outcome.end, End::success);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.stderr_text, "");
  EXPECT_EQ(outcome.cpu_seconds, 0.5);
}

TEST(Outcome, OfARefusal) {
  const Outcome outcome = outcome_of(failed("ValidationError", "no\n    x\n    ^"));
  EXPECT_EQ(outcome.end, End::refused);
  EXPECT_EQ(outcome.compile_output, "no\n    x\n    ^");
  EXPECT_EQ(outcome.stderr_text, "");
}

TEST(Outcome, AProgramMayRaiseWhatTheDoorsSay) {
  ExecutionReply reply = failed("ValidationError", "ValidationError: own");
  reply.exit_code = 1;
  EXPECT_EQ(outcome_of(reply).end, End::nonzero);
}

TEST(Outcome, SaysWhatTheProgramCouldNot) {
  ExecutionReply reply = failed("TimeoutError", "too long");
  reply.timed_out = true;
  reply.signal = "SIGKILL";
  reply.stderr_text = "so far";
  Outcome outcome = outcome_of(reply);
  EXPECT_EQ(outcome.end, End::time);
  EXPECT_EQ(outcome.exit_code, std::nullopt);
  EXPECT_EQ(outcome.stderr_text, "so far\ntoo long\n");

  reply = failed("ValueError", "ValueError: bad");
  reply.exit_code = 1;
  reply.stderr_text = "Traceback\nValueError: bad\n";
  outcome = outcome_of(reply);
  EXPECT_EQ(outcome.end, End::nonzero);
  EXPECT_EQ(outcome.stderr_text, "Traceback\nValueError: bad\n");

  // What the second door keeps back must not look like a success.
  reply = failed("OutputValidationError", "blocked");
  reply.exit_code = 0;
  outcome = outcome_of(reply);
  EXPECT_EQ(outcome.end, End::nonzero);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.stderr_text, "blocked\n");
}

TEST(Outcome, TellsLimitsApart) {
  ExecutionReply reply = failed("ResourceLimitError", "m");
  reply.oom_killed = true;
  EXPECT_EQ(outcome_of(reply).end, End::memory);
  reply = failed("ResourceLimitError", "m");
  reply.was_output_truncated = true;
  EXPECT_EQ(outcome_of(reply).end, End::output);
  reply = failed("ResourceLimitError", "m");
  reply.signal = "SIGXCPU";
  EXPECT_EQ(outcome_of(reply).end, End::time);
  reply = failed("SystemError", "m");
  reply.signal = "SIGSEGV";
  EXPECT_EQ(outcome_of(reply).end, End::signal);
  EXPECT_EQ(outcome_of(failed("SandboxError", "m")).end, End::broken);
  EXPECT_EQ(signal_number("SIGSEGV"), 11);
  EXPECT_EQ(signal_number("signal 77"), 0);
}

}  // namespace
}  // namespace sallyport::broker::compat

#include "broker/pipeline.hpp"

#include "tests/unit/broker/fakes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;
using base::CallBounds;
using base::Deadline;

/// The doors, noting who passed.
struct FakeFirst : FirstDoor {
  std::vector<std::string>& calls;
  CodeVerdict verdict;
  mutable std::thread::id thread;
  std::uint64_t rules = 0;
  explicit FakeFirst(std::vector<std::string>& calls_in) : calls(calls_in) {}
  std::uint64_t generation() const override { return rules; }
  CodeVerdict check(const CodeQuestion& question) const override {
    thread = std::this_thread::get_id();
    std::string call =
        "first " + std::string(question.code.substr(0, 10)) + " " + std::string(question.python_version);
    if (question.check_syntax) call += " syntax";
    if (question.check_policy) call += " " + std::string(question.policy);
    if (const auto& imports = question.adjustments->allowed_imports) call += " " + imports->front();
    calls.push_back(call);
    return verdict;
  }
};

struct FakeOutput : OutputDoor {
  std::vector<std::string>& calls;
  bool passes = true;
  std::uint64_t rules = 0;
  explicit FakeOutput(std::vector<std::string>& calls_in) : calls(calls_in) {}
  mutable std::thread::id thread;
  std::uint64_t generation() const override { return rules; }
  std::vector<std::string> known_secrets(std::string_view context_json) const override {
    return {"secret of " + std::string(context_json)};
  }
  OutputVerdict check(OutputQuestion question) const override {
    thread = std::this_thread::get_id();
    std::string call = std::string("output ") + (question.redact ? "redact" : "look");
    for (const std::string& known : question.known_secrets) call += " " + known;
    if (question.was_truncated) call += " truncated";
    calls.push_back(call);
    OutputVerdict verdict;
    verdict.passed = passes;
    if (!passes) verdict.error_message = "too many secrets";
    verdict.redacted = question.redact;
    verdict.texts = std::move(question.texts);
    for (std::string* text : {&verdict.texts.stdout_text, &verdict.texts.stderr_text}) {
      *text = "[" + *text + "]";
    }
    if (auto& message = verdict.texts.error_message) message = "[" + *message + "]";
    for (runners::Artifact& artifact : verdict.texts.artifacts) artifact.path = "[" + artifact.path + "]";
    for (std::string& note : verdict.texts.notes) note = "[" + note + "]";
    verdict.violations.push_back({"sensitive_data", "r", "c", "high", "stdout", "m", 1, 1});
    return verdict;
  }

  /// Blocks at an exclamation mark, holds back what follows a question mark.
  struct Live : LiveInspection {
    const FakeOutput& door;
    bool is_blocked = false;
    std::string held;
    std::size_t news = 0;
    explicit Live(const FakeOutput& door_in) : door(door_in) {}
    void feed(runners::OutputStream, std::string_view text, std::string& out) override {
      is_blocked = is_blocked || text.find('!') != std::string::npos;
      if (is_blocked) ++news;
      held += text;
      const auto end = std::min(held.find('?'), held.size());
      out += held.substr(0, end);
      held.erase(0, end);
    }
    void finish(runners::OutputStream, std::string& out) override { out += std::exchange(held, ""); }
    bool blocked() const override { return is_blocked; }
    std::vector<OutputViolation> new_violations() override {
      return std::vector<OutputViolation>(std::exchange(news, 0),
                                          {"sensitive_data", "mark", "c", "high", "stdout", "m", 1, 1});
    }
    OutputVerdict conclude(OutputQuestion question) override {
      door.calls.push_back("conclude");
      OutputVerdict verdict = door.check(std::move(question));
      verdict.passed = verdict.passed && !is_blocked;
      return verdict;
    }
  };
  std::unique_ptr<LiveInspection> inspect_live(bool redact,
                                               std::vector<std::string> known_secrets) const override {
    calls.push_back(std::string("live ") + (redact ? "redact" : "look") + " " + known_secrets.at(0));
    return std::make_unique<Live>(*this);
  }
};

/// Notes what it is told.
struct FakeObserver : ExecutionObserver {
  std::vector<std::string> seen;
  void on_queued(std::string_view id) override { seen.push_back("queued " + std::string(id)); }
  void on_started(std::string_view id, double) override { seen.push_back("started " + std::string(id)); }
  void on_output(runners::OutputStream stream, std::string_view text) override {
    const bool is_stdout = stream == runners::OutputStream::stdout_stream;
    seen.push_back((is_stdout ? "stdout " : "stderr ") + std::string(text));
  }
  void on_violation(const ValidationViolation& violation) override { seen.push_back(violation.rule); }
  void on_violation(const OutputViolation& violation) override { seen.push_back(violation.rule); }
};

const char* const kRedact = R"(output redact secret of {"a":1})";

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() : admission_(context_.get_executor(), config(), limits()) {
    doors_.first = &first_;
    doors_.output = &output_;
    runner_.on_run = [this] { calls_.push_back("run"); };
    runner_.outcome.stdout_bytes = "out";
    runner_.outcome.stderr_bytes = "err";
    request_.code = "code";
    request_.image.name = "python";
    request_.image.python_version = "3.11";
    request_.context_json = "{\"a\":1}";
    request_.stdin_text = "in";
    request_.files.push_back({"f", "content"});
  }

  static config::Admission config() {
    config::Admission config;
    config.max_concurrent = 1;
    config.max_queued = 1;
    return config;
  }

  /// Tight enough for a test to reach, too wide for the others.
  static config::Limits limits() {
    config::Limits limits;
    limits.rate_per_minute = 1;
    limits.burst = 20;
    return limits;
  }

  static config::Cache cache_config() {
    config::Cache config;
    config.enabled = true;
    return config;
  }

  std::future<ApiResult<ExecutionReply>> begin(CallBounds bounds = CallBounds(Deadline::after(100s)),
                                               ExecutionObserver* observer = nullptr) {
    if (!pipeline_) {
      PipelineParts parts(runner_, admission_, audit_);
      parts.doors = doors_;
      parts.cache = &cache_;
      parts.metrics = &metrics_;
      parts.workers = workers_;
      parts.short_workers = short_workers_;
      parts.new_id = [] { return std::string("id-1"); };
      parts.run_overhead = 10s;
      pipeline_ = std::make_unique<Pipeline>(parts);
    }
    auto result = boost::asio::co_spawn(context_, pipeline_->execute(request_, observer, std::move(bounds)),
                                        boost::asio::use_future);
    turn();
    return result;
  }

  ApiResult<ExecutionReply> execute() { return begin().get(); }

  void turn() {
    context_.restart();
    context_.poll();
  }

  using Calls = std::vector<std::string>;

  boost::asio::io_context context_{1};
  Calls calls_;
  FakeFirst first_{calls_};
  FakeOutput output_{calls_};
  Doors doors_;
  boost::asio::any_io_executor workers_;
  boost::asio::any_io_executor short_workers_;
  test::FakeRunner runner_;
  test::FakeAudit audit_;
  Admission admission_;
  ResultCache cache_{cache_config()};
  metrics::BrokerMetrics metrics_{"test"};
  ExecutionRequest request_;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(PipelineTest, WalksThroughBothDoors) {
  const auto result = execute();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(calls_, (Calls{"first code 3.11 syntax default", "run", kRedact}));
  EXPECT_EQ(result->id, "id-1");
  EXPECT_TRUE(result->success);
  EXPECT_EQ(result->stdout_text, "[out]");
  EXPECT_EQ(result->stderr_text, "[err]");
  EXPECT_FALSE(result->error_message.has_value());
  EXPECT_TRUE(result->was_output_redacted);
  EXPECT_EQ(result->output_violations.size(), 1U);
  EXPECT_GE(result->total_time_seconds * 1000 + 0.001,
            result->timings.validation_ms + result->timings.queue_ms + result->timings.sandbox_ms);
  EXPECT_EQ(admission_.running(), 0U);
}

TEST_F(PipelineTest, HandsTheWholeRequestToTheRunner) {
  request_.limits.timeout = 5s;
  ASSERT_TRUE(execute().has_value());
  ASSERT_EQ(runner_.jobs.size(), 1U);
  const runners::Job& job = runner_.jobs[0];
  EXPECT_EQ(job.execution_id, "id-1");
  EXPECT_EQ(job.image, "python");
  EXPECT_EQ(job.code, "code");
  EXPECT_EQ(job.context_json, "{\"a\":1}");
  EXPECT_EQ(job.stdin_text, "in");
  ASSERT_EQ(job.files.size(), 1U);
  EXPECT_EQ(job.limits.timeout, 5s);
  const auto left = runner_.deadlines[0].when() - base::Clock::now();
  EXPECT_GT(left, 14s);
  EXPECT_LE(left, 15s);
}

TEST_F(PipelineTest, UsersOfDifferentKeysAreDifferentUsers) {
  request_.deterministic = true;
  request_.image.digest = "sha256:1";
  const auto as = [this](const char* key, const char* user) {
    Caller caller;
    caller.key_id = key;
    request_.caller = std::make_shared<const Caller>(caller);
    request_.user_id = UserId(std::string(user));
    ASSERT_TRUE(execute().has_value());
  };
  as("a", "user");
  as("b", "user");
  as("", "user");
  as("a", "user");  // From the cache.
  as("a b", "user");
  as("a", "b suser");
  ASSERT_EQ(runner_.jobs.size(), 5U);
  std::set<std::string> owners;
  for (const runners::Job& job : runner_.jobs) owners.insert(job.owner);
  EXPECT_EQ(owners.size(), 5U);
  request_.user_id = UserId();
  ASSERT_TRUE(execute().has_value());
  EXPECT_EQ(runner_.jobs.back().owner, "");  // Nobody's sandbox is used again.
}

TEST_F(PipelineTest, SkipsWhatTheRequestSwitchedOff) {
  request_.layers.enable_syntax_validation = false;
  ASSERT_TRUE(execute().has_value());
  EXPECT_EQ(calls_, (Calls{"first code 3.11 default", "run", kRedact}));

  calls_.clear();
  request_.layers.enable_ast_validation = false;
  request_.layers.redact_sensitive_output = false;
  ASSERT_TRUE(execute().has_value());
  EXPECT_EQ(calls_, (Calls{"run", R"(output look secret of {"a":1})"}));

  calls_.clear();
  request_.layers.enable_output_validation = false;
  const auto bare = execute();
  EXPECT_EQ(calls_, Calls{"run"});
  EXPECT_EQ(bare->stdout_text, "out");
}

TEST_F(PipelineTest, RefusesToRunWithoutALayerThatIsWanted) {
  doors_ = Doors();
  const auto none = execute();
  ASSERT_TRUE(none.has_error());
  EXPECT_EQ(none.error().status, 422);
  EXPECT_EQ(none.error().error_type, "ValidationError");
  EXPECT_EQ(
      none.error().message,
      "this broker does not have: syntax validation, AST validation, output validation; to run without, "
      "send \"enable_syntax_validation\": false, \"enable_ast_validation\": false, "
      "\"enable_output_validation\": false");
  EXPECT_EQ(
      nlohmann::json::parse(none.error().details_json)["missing_layers"],
      nlohmann::json({"enable_syntax_validation", "enable_ast_validation", "enable_output_validation"}));
  EXPECT_TRUE(calls_.empty());
}

TEST_F(PipelineTest, AMissingLayerIsNoMatterToWhomSwitchedItOff) {
  doors_.output = nullptr;
  request_.layers.enable_output_validation = false;
  EXPECT_TRUE(execute().has_value());
  request_.layers.enable_output_validation = true;
  EXPECT_EQ(execute().error().message,
            "this broker does not have: output validation; to run without, send "
            "\"enable_output_validation\": false");
}

TEST_F(PipelineTest, LiveOutputPassesTheSecondDoorInPieces) {
  FakeObserver observer;
  runner_.on_run = [this] {
    calls_.push_back("run");
    runner_.pieces = {"a\xc3", "\xa4?", "held", "\xff"};
  };
  const auto reply = begin(CallBounds(Deadline::after(10s)), &observer).get();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(observer.seen, Calls({"queued id-1", "started id-1", "stdout a", "stdout \xc3\xa4",
                                  "stdout ?held\xef\xbf\xbd"}));
  EXPECT_EQ(reply->stdout_text, "a\xc3\xa4?held\xef\xbf\xbd");
  EXPECT_TRUE(reply->success);
  EXPECT_EQ(calls_, Calls({"first code 3.11 syntax default", R"(live redact secret of {"a":1})", "run",
                           "conclude", kRedact}));
}

TEST_F(PipelineTest, LiveOutputThatIsBlockedStopsTheRunAndNothingMoreGoesOut) {
  FakeObserver observer;
  runner_.hold = true;
  runner_.on_run = [this] { runner_.pieces = {"before", "the ! mark", "behind"}; };
  const auto reply = begin(CallBounds(Deadline::after(10s)), &observer).get();
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(observer.seen, Calls({"queued id-1", "started id-1", "stdout before", "mark"}));
  EXPECT_EQ(runner_.stopped, 1U);
  EXPECT_FALSE(reply->success);
  EXPECT_EQ(reply->error_type, "OutputValidationError");
  EXPECT_EQ(reply->stdout_text, "");
}

TEST_F(PipelineTest, LiveOutputNeedsTheSecondDoorUnlessTheRequestSwitchedItOff) {
  doors_.output = nullptr;
  FakeObserver observer;
  EXPECT_EQ(begin(CallBounds(Deadline::after(10s)), &observer).get().error().status, 422);
  request_.layers.enable_output_validation = false;
  const auto reply = begin(CallBounds(Deadline::after(10s)), &observer).get();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(observer.seen, Calls({"queued id-1", "started id-1", "stdout out"}));
  EXPECT_EQ(reply->stdout_text, "out");
}

TEST_F(PipelineTest, AnObserverHearsWhatTheFirstDoorFound) {
  FakeObserver observer;
  first_.verdict.passed = false;
  first_.verdict.violations.push_back({"import", "no-import", "high", "m", 1, 1, 1, 1, ""});
  EXPECT_TRUE(begin(CallBounds(Deadline::after(10s)), &observer).get().has_value());
  EXPECT_EQ(observer.seen, Calls({"no-import"}));
}

TEST_F(PipelineTest, WhatDoesNotPassTheFirstDoorDoesNotRun) {
  first_.verdict.passed = false;
  first_.verdict.error_message = "SyntaxError: invalid syntax";
  first_.verdict.error_line = 4;
  first_.verdict.violations.push_back({"syntax", "syntax", "high", "invalid syntax", 4, 2, 4, 3, ""});
  const auto result = execute();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(calls_, Calls{"first code 3.11 syntax default"});
  EXPECT_FALSE(result->success);
  EXPECT_EQ(result->error_type, "ValidationError");
  EXPECT_EQ(result->error_message, "SyntaxError: invalid syntax");
  EXPECT_EQ(result->error_line, 4);
  EXPECT_EQ(result->validation_violations.size(), 1U);
  EXPECT_FALSE(result->execution_time_seconds.has_value());
  EXPECT_FALSE(result->usage.has_value());
  ASSERT_EQ(audit_.entries.size(), 2U);
  EXPECT_FALSE(audit_.entries[1].verdict.has_value());
}

TEST_F(PipelineTest, TheRequestsOwnListReachesTheDoorAndTheDoorsListTheSandbox) {
  request_.adjustments.allowed_imports = std::vector<std::string>{"math"};
  first_.verdict.imports = std::make_shared<runners::ImportRules>(runners::ImportRules{{{"math"}}, {"os"}});
  ASSERT_TRUE(execute().has_value());
  EXPECT_EQ(calls_.front(), "first code 3.11 syntax default math");
  ASSERT_NE(runner_.jobs.at(0).imports, nullptr);
  EXPECT_EQ(runner_.jobs[0].imports->allowed, std::vector<std::string>{"math"});
  EXPECT_EQ(runner_.jobs[0].imports->denied, std::vector<std::string>{"os"});
}

TEST_F(PipelineTest, ALongProgramIsValidatedBesideTheExecutor) {
  boost::asio::thread_pool workers(1);
  workers_ = workers.get_executor();
  ASSERT_TRUE(execute().has_value());
  EXPECT_EQ(first_.thread, std::this_thread::get_id());

  request_.code = std::string(100'000, 'x');
  auto result = begin();
  workers.join();
  turn();
  ASSERT_TRUE(result.get().has_value());
  EXPECT_NE(first_.thread, std::this_thread::get_id());
}

TEST_F(PipelineTest, AShortProgramDoesNotWaitBehindALongOne) {
  boost::asio::thread_pool long_ones(1);
  boost::asio::thread_pool short_ones(1);
  workers_ = long_ones.get_executor();
  short_workers_ = short_ones.get_executor();
  std::promise<void> gate;
  boost::asio::post(long_ones, [&gate] { gate.get_future().wait(); });
  request_.code = std::string(100'000, 'x');
  auto behind = begin();
  request_.code = "short";
  auto ahead = begin();
  short_ones.join();
  turn();
  EXPECT_TRUE(ahead.get().has_value());
  EXPECT_NE(first_.thread, std::this_thread::get_id());
  EXPECT_EQ(calls_, (Calls{"first short 3.11 syntax default", "run", kRedact}));
  gate.set_value();
  long_ones.join();
  turn();
  EXPECT_TRUE(behind.get().has_value());
}

TEST_F(PipelineTest, ValidatesWithoutRunning) {
  execute();
  calls_.clear();
  audit_.entries.clear();
  first_.verdict.passed = false;
  first_.verdict.error_message = "no";
  first_.verdict.error_line = 7;
  first_.verdict.violations.push_back({"import", "r", "low", "m", 7, 1, 7, 2, "h"});
  auto future = boost::asio::co_spawn(context_, pipeline_->validate(request_), boost::asio::use_future);
  turn();
  const auto result = future.get();
  ASSERT_TRUE(result.has_value());
  EXPECT_FALSE(result->is_valid);
  EXPECT_EQ(result->error_type, "ValidationError");
  EXPECT_EQ(result->error_line, 7);
  EXPECT_EQ(result->validation_violations.size(), 1U);
  EXPECT_EQ(calls_, Calls{"first code 3.11 syntax default"});
  EXPECT_TRUE(audit_.entries.empty());
}

TEST_F(PipelineTest, WarningsDoNotStopASubmission) {
  first_.verdict.violations.push_back({"import", "w", "low", "m", 2, 1, 2, 2, "h"});
  const auto result = execute();
  EXPECT_TRUE(result->success);
  EXPECT_EQ(result->validation_violations.size(), 1U);
}

TEST_F(PipelineTest, TheSecondDoorSeesErrorMessagesToo) {
  runner_.outcome.verdict = runners::Verdict::exception;
  runner_.outcome.exception_type = "ValueError";
  runner_.outcome.message = "ValueError: secret";
  EXPECT_EQ(execute()->error_message, "[ValueError: secret]");
}

TEST_F(PipelineTest, TheSecondDoorSeesArtifactsAndNotes) {
  runner_.outcome.artifacts.push_back({"a", 1, "x"});
  runner_.outcome.notes.emplace_back("left out b");
  runner_.outcome.output_truncated = true;
  const auto result = execute();
  ASSERT_EQ(result->artifacts.size(), 1U);
  EXPECT_EQ(result->artifacts[0].path, "[a]");
  EXPECT_EQ(result->notes, (std::vector<std::string>{"[left out b]"}));
  EXPECT_EQ(calls_.back(), std::string(kRedact) + " truncated");
}

TEST_F(PipelineTest, LongOutputIsReadBesideTheIoThread) {
  boost::asio::thread_pool workers(1);
  workers_ = workers.get_executor();
  ASSERT_TRUE(execute().has_value());
  EXPECT_EQ(output_.thread, std::this_thread::get_id());
  runner_.outcome.stdout_bytes = std::string(100'000, 'x');
  auto result = begin();
  workers.join();
  turn();
  ASSERT_TRUE(result.get().has_value());
  EXPECT_NE(output_.thread, std::this_thread::get_id());
}

TEST_F(PipelineTest, OutputThatIsRefusedDoesNotGoOut) {
  output_.passes = false;
  runner_.outcome.artifacts.push_back({"a", 1, "x"});
  const auto result = execute();
  ASSERT_TRUE(result.has_value());
  EXPECT_FALSE(result->success);
  EXPECT_EQ(result->error_type, "OutputValidationError");
  EXPECT_EQ(result->error_message, "too many secrets");
  EXPECT_EQ(result->stdout_text + result->stderr_text, "");
  EXPECT_TRUE(result->artifacts.empty());
}

TEST_F(PipelineTest, AnOutcomeThatWasNotServedIsAnError) {
  runner_.outcome.verdict = runners::Verdict::sandbox_failed;
  runner_.outcome.failure = runners::SandboxFailure::engine_unreachable;
  const auto result = execute();
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().status, 503);
  EXPECT_EQ(audit_.entries.back().verdict, runners::Verdict::sandbox_failed);
}

TEST_F(PipelineTest, EverySubmissionIsAuditedAtItsBeginningAndItsEnd) {
  ASSERT_TRUE(execute().has_value());
  ASSERT_EQ(audit_.entries.size(), 2U);
  EXPECT_FALSE(audit_.entries[0].reply.has_value());
  EXPECT_FALSE(audit_.entries[0].error.has_value());
  const auto& entry = audit_.entries[1];
  EXPECT_EQ(entry.execution_id, "id-1");
  EXPECT_EQ(entry.code, "code");
  EXPECT_EQ(entry.container_id, "c0ffee");
  ASSERT_TRUE(entry.reply.has_value());
  EXPECT_EQ(entry.reply->stdout_text, "[out]");  // After the second door.
}

TEST_F(PipelineTest, WaitsForItsTurn) {
  runner_.hold = true;
  auto first = begin();
  auto second = begin();
  auto third = begin();
  EXPECT_EQ(runner_.running, 1U);
  EXPECT_EQ(admission_.queued(), 1U);
  const auto refused = third.get();
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().status, 503);
  EXPECT_EQ(refused.error().message, "the broker is busy and its queue is full");
  EXPECT_GE(refused.error().retry_after_seconds, 1);
  runner_.release();
  turn();
  EXPECT_TRUE(first.get().has_value());
  EXPECT_TRUE(second.get().has_value());
  EXPECT_EQ(audit_.entries.size(), 6U);
}

TEST_F(PipelineTest, AStopReachesTheRunner) {
  runner_.hold = true;
  std::stop_source stop;
  auto result = begin(CallBounds(Deadline::after(10s), stop.get_token()));
  EXPECT_EQ(runner_.running, 1U);
  stop.request_stop();
  turn();
  const auto ended = result.get();
  ASSERT_TRUE(ended.has_error());
  EXPECT_EQ(ended.error().status, 499);
  EXPECT_EQ(runner_.stopped, 1U);
  EXPECT_EQ(admission_.running(), 0U);
}

TEST_F(PipelineTest, AStopInTheQueueNeverReachesTheRunner) {
  runner_.hold = true;
  auto first = begin();
  std::stop_source stop;
  auto second = begin(CallBounds(Deadline::after(10s), stop.get_token()));
  stop.request_stop();
  turn();
  EXPECT_EQ(second.get().error().status, 499);
  EXPECT_EQ(runner_.jobs.size(), 1U);
  runner_.release();
  turn();
  EXPECT_TRUE(first.get().has_value());
}

TEST_F(PipelineTest, WhoSendsTooMuchIsRefusedBeforeTheDoorLooks) {
  request_.user_id = std::int64_t{7};
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(execute().has_value());
  calls_.clear();
  const auto refused = execute();
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().status, 429);
  EXPECT_EQ(refused.error().error_type, "TooManyRequestsError");
  EXPECT_EQ(refused.error().message, "this user has sent more requests than its rate permits");
  EXPECT_EQ(refused.error().details_json, R"({"reason":"user_rate"})");
  EXPECT_NEAR(refused.error().retry_after_seconds, 60, 1);
  EXPECT_TRUE(calls_.empty());
  EXPECT_EQ(audit_.entries.back().error->status, 429);
  // Validation and redaction alone are counted with it; another user is not.
  auto validation = boost::asio::co_spawn(context_, pipeline_->validate(request_), boost::asio::use_future);
  turn();
  EXPECT_EQ(validation.get().error().status, 429);
  RedactionRequest text;
  text.user_id = std::int64_t{7};
  auto redaction = boost::asio::co_spawn(context_, pipeline_->redact(text), boost::asio::use_future);
  turn();
  EXPECT_EQ(redaction.get().error().status, 429);
  request_.user_id = std::int64_t{8};
  EXPECT_TRUE(execute().has_value());
}

TEST_F(PipelineTest, ADeterministicResultIsGivenAgainToItsUserAlone) {
  request_.deterministic = true;
  request_.image.digest = "sha256:1";
  request_.user_id = std::int64_t{7};
  const auto first = execute();
  EXPECT_FALSE(first->cached);
  calls_.clear();
  const auto again = execute();
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(calls_.empty());
  EXPECT_TRUE(again->cached);
  EXPECT_EQ(again->id, "id-1");
  EXPECT_EQ(again->stdout_text, "[out]");  // What the second door let out.
  EXPECT_TRUE(again->was_output_redacted);
  EXPECT_FALSE(again->usage.has_value());
  ASSERT_EQ(audit_.entries.size(), 4U);
  EXPECT_TRUE(audit_.entries.back().reply->cached);
  EXPECT_FALSE(audit_.entries.back().verdict.has_value());

  request_.user_id = std::int64_t{8};
  EXPECT_FALSE(execute()->cached);
  request_.deterministic = false;
  EXPECT_FALSE(execute()->cached);
}

TEST_F(PipelineTest, ARuleThatChangedMeanwhileIsNotCircumventedByTheCache) {
  request_.deterministic = true;
  request_.image.digest = "sha256:1";
  EXPECT_FALSE(execute()->cached);
  ++first_.rules;
  EXPECT_FALSE(execute()->cached);
  EXPECT_TRUE(execute()->cached);
  ++output_.rules;
  EXPECT_FALSE(execute()->cached);
}

TEST_F(PipelineTest, AResultThatIsGivenAgainIsShownAtOnce) {
  FakeObserver first;
  request_.deterministic = true;
  request_.image.digest = "sha256:1";
  EXPECT_FALSE(begin(CallBounds(Deadline::after(10s)), &first).get()->cached);
  FakeObserver second;
  EXPECT_TRUE(begin(CallBounds(Deadline::after(10s)), &second).get()->cached);
  EXPECT_EQ(second.seen, Calls({"stdout out"}));
  EXPECT_EQ(runner_.jobs.size(), 1U);
}

TEST_F(PipelineTest, MeasuresEachStage) {
  ASSERT_TRUE(execute().has_value());
  runner_.outcome.verdict = runners::Verdict::timed_out;
  ASSERT_TRUE(execute().has_value());
  const std::string text = metrics_.text();
  for (const char* stage : {"validation", "queue", "sandbox", "output", "total"}) {
    EXPECT_NE(text.find(std::string("sallyport_stage_seconds_count{stage=\"") + stage + "\"} 2\n"),
              std::string::npos)
        << stage;
  }
  const std::string timed_out = runners::to_string(runners::Verdict::timed_out);
  EXPECT_NE(text.find("sallyport_verdicts_total{verdict=\"" + timed_out + "\"} 1\n"), std::string::npos);
}

TEST_F(PipelineTest, AFaultOfTheRunnerFreesThePlaceAndIsAudited) {
  runner_.throws = true;
  auto result = begin();
  EXPECT_THROW(static_cast<void>(result.get()), std::runtime_error);
  EXPECT_EQ(admission_.running(), 0U);
  ASSERT_EQ(audit_.entries.size(), 2U);
  EXPECT_EQ(audit_.entries[1].error->status, 500);
}

}  // namespace
}  // namespace sallyport::broker

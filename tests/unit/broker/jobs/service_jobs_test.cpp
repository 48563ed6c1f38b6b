// Jobs over HTTP: the whole broker with SQLite and a fake runner.
#include "broker/jobs/moment.hpp"
#include "broker/service.hpp"
#include "tests/unit/broker/service_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Answer;
using test::bare_submission;
using test::Client;
using test::get;
using test::Lines;
using test::post;

constexpr const char* kAsync = "Prefer: respond-async\r\n";
constexpr const char* kKey = "Idempotency-Key: k\r\n";
constexpr const char* kStreamedKey = "Idempotency-Key: k\r\nAccept: application/x-ndjson\r\n";

class ServiceJobsTest : public test::ServiceFixture {
 protected:
  ServiceJobsTest() { with_store_ = true; }

  Answer send_async(const std::string& code, const std::string& more = "") {
    return ask(post("/v1/executions", bare_submission(code, more), kAsync));
  }
  std::string accept(const std::string& code, const std::string& more = "") {
    const Answer answer = send_async(code, more);
    EXPECT_EQ(answer.status, 202) << answer.body;
    return answer.status == 202 ? json::parse(answer.body)["id"].get<std::string>() : std::string();
  }
  json show(const std::string& id) {
    const Answer answer = ask(get("/v1/executions/" + id));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body);
  }
  Answer cancel(const std::string& id) {
    return ask("DELETE /v1/executions/" + id + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  json ended(const std::string& id) {
    for (int i = 0; i < 1000; ++i) {
      json job = show(id);
      if (job["state"] != "queued" && job["state"] != "running") return job;
      std::this_thread::sleep_for(10ms);
    }
    ADD_FAILURE() << "does not end";
    return json();
  }
  /// The rest of a stream, as "event" or "event text" each.
  static std::vector<std::string> rest_of(Lines& lines) {
    std::vector<std::string> rest;
    for (json line = lines.next(); !line.is_null(); line = lines.next()) {
      rest.push_back(line["event"]);
      if (line["data"].contains("text")) rest.back() += " " + line["data"]["text"].get<std::string>();
    }
    return rest;
  }
  std::vector<std::string> streamed(const std::string& request) {
    Client client(port_);
    client.send(request);
    Lines lines(client);
    EXPECT_EQ(lines.head().status, 200) << lines.head().head;
    return rest_of(lines);
  }
  std::size_t runs_so_far() {
    return loop_.on_loop([this] { return runner_.jobs.size(); });
  }
};

TEST_F(ServiceJobsTest, AnswersBeforeTheJobHasEnded) {
  runner_.hold = true;
  runner_.outcome.stdout_bytes = "42\n";
  start();
  const Answer answer = send_async("print(42)", R"(, "user_id": 7)");
  ASSERT_EQ(answer.status, 202) << answer.body;
  const std::string id = json::parse(answer.body)["id"];
  EXPECT_EQ(json::parse(answer.body)["state"], "queued");
  EXPECT_NE(answer.head.find("Location: /v1/executions/" + id + "\r\n"), std::string::npos) << answer.head;
  EXPECT_NE(answer.head.find("Preference-Applied: respond-async\r\n"), std::string::npos);
  ASSERT_TRUE(runs(1));
  json job = show(id);
  EXPECT_EQ(job["state"], "running");
  EXPECT_EQ(job["user_id"], 7);
  EXPECT_EQ(job["result"], nullptr);
  EXPECT_TRUE(job["started_at"].is_string());
  release();
  job = ended(id);
  EXPECT_EQ(job["state"], "succeeded");
  EXPECT_EQ(job["error"], nullptr);
  EXPECT_EQ(job["result"]["stdout"], "42\n");
  EXPECT_EQ(job["result"]["id"], id);
  loop_.on_loop([&] {
    EXPECT_EQ(runner_.jobs.at(0).execution_id, id);
    EXPECT_EQ(audit_.entries.at(1).execution_id, id);
  });
}

TEST_F(ServiceJobsTest, TheModeOfTheBodyCounts) {
  start();
  EXPECT_EQ(ask(post("/v1/executions", bare_submission("1", R"(, "mode": "async")"))).status, 202);
  EXPECT_EQ(ask(post("/v1/executions", bare_submission("1", R"(, "mode": "sync")"), kAsync)).status, 200);
  EXPECT_EQ(ask(post("/v1/executions", bare_submission("1", R"(, "mode": "soon")"))).status, 422);
}

TEST_F(ServiceJobsTest, ASubmissionThatFailsIsAFailedJobWithAResult) {
  runner_.outcome.verdict = runners::Verdict::exception;
  runner_.outcome.exception_type = "KeyError";
  start();
  const json job = ended(accept("1"));
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["result"]["success"], false);
}

TEST_F(ServiceJobsTest, WhatIsWrongIsToldAtOnce) {
  start();
  EXPECT_EQ(ask(post("/v1/executions", "{", kAsync)).status, 400);
  EXPECT_EQ(ask(post("/v1/executions", R"({"code": "1"})", kAsync)).status, 422);  // Layers that are missing.
  EXPECT_EQ(ask(get("/v1/executions/nothing")).status, 404);
  EXPECT_EQ(cancel("nothing").status, 404);
  EXPECT_EQ(ask(get("/v1/executions?state=x")).status, 422);
}

TEST_F(ServiceJobsTest, AnEngineThatIsAwayIsWaitedFor) {
  runner_.outcome.verdict = runners::Verdict::sandbox_failed;
  runner_.outcome.failure = runners::SandboxFailure::engine_unreachable;
  start();
  const std::string id = accept("1");
  ASSERT_TRUE(loop_.eventually([this] { return runner_.jobs.size() == 1; }));
  loop_.on_loop([this] { runner_.outcome.verdict = runners::Verdict::completed; });
  EXPECT_EQ(ended(id)["state"], "succeeded");
  EXPECT_EQ(runs_so_far(), 2U);
}

TEST_F(ServiceJobsTest, AFaultOfTheBrokerEndsTheJob) {
  runner_.throws = true;
  start();
  const json job = ended(accept("1"));
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["result"], nullptr);
  EXPECT_EQ(job["error"]["status"], 500);
}

TEST_F(ServiceJobsTest, AQueuedJobIsCancelled) {
  config_.jobs.max_running = 1;
  runner_.hold = true;
  start();
  accept("first");
  ASSERT_TRUE(runs(1));
  const std::string second = accept("second");
  const Answer answer = cancel(second);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(json::parse(answer.body)["state"], "cancelled");
  EXPECT_EQ(cancel(second).body, answer.body);
  release();
  ASSERT_TRUE(runs(0));
  EXPECT_EQ(show(second)["state"], "cancelled");
  EXPECT_EQ(runs_so_far(), 1U);
}

TEST_F(ServiceJobsTest, ARunningJobIsStoppedAndCancelled) {
  runner_.hold = true;
  start();
  const std::string id = accept("while True: pass");
  ASSERT_TRUE(runs(1));
  EXPECT_EQ(json::parse(cancel(id).body)["state"], "cancelled");
  EXPECT_TRUE(loop_.eventually([this] { return runner_.stopped == 1; }, 2000ms));
  EXPECT_EQ(show(id)["state"], "cancelled");
  EXPECT_EQ(json::parse(cancel(id).body)["state"], "cancelled");
}

TEST_F(ServiceJobsTest, CancellingWhatHasEndedTellsHowItEnded) {
  start();
  const std::string id = accept("1");
  ended(id);
  const Answer answer = cancel(id);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["state"], "succeeded");
}

TEST_F(ServiceJobsTest, ListsPageByPage) {
  start();
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(accept("1", R"(, "user_id": )" + std::to_string(i % 2)));
  for (const std::string& id : ids) ended(id);
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const Answer answer = ask(get("/v1/executions?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor)));
    ASSERT_EQ(answer.status, 200) << answer.body;
    const json page = json::parse(answer.body);
    for (const json& job : page["executions"]) seen.push_back(job["id"]);
    cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"].get<std::string>();
  } while (!cursor.empty());
  std::reverse(ids.begin(), ids.end());
  EXPECT_EQ(seen, ids);
  EXPECT_EQ(json::parse(ask(get("/v1/executions?user_id=1")).body)["executions"].size(), 2U);
  EXPECT_EQ(json::parse(ask(get("/v1/executions?state=queued")).body)["executions"].size(), 0U);
}

TEST_F(ServiceJobsTest, AFullQueueIs503) {
  config_.jobs.max_queued = 1;
  config_.jobs.max_running = 1;
  runner_.hold = true;
  start();
  accept("1");
  ASSERT_TRUE(runs(1));
  accept("2");
  const Answer answer = send_async("3");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.head.find("Retry-After: 5\r\n"), std::string::npos) << answer.head;
  EXPECT_EQ(json::parse(answer.body)["details"]["reason"], "jobs_full");
  release();
}

TEST_F(ServiceJobsTest, ShutdownLeavesQueuedJobsForTheNextStart) {
  config_.jobs.max_running = 1;
  config_.server.shutdown_seconds = 0.2;
  runner_.hold = true;
  start();
  const std::string running = accept("1");
  ASSERT_TRUE(runs(1));
  const std::string queued = accept("2");
  stop();
  loop_.on_loop([this] {
    EXPECT_EQ(runner_.stopped, 1U);
    runner_.hold = false;
  });
  start();
  EXPECT_EQ(ended(running)["state"], "succeeded");
  EXPECT_EQ(ended(queued)["state"], "succeeded");
  EXPECT_EQ(runs_so_far(), 3U);
}

TEST_F(ServiceJobsTest, ShutdownFinishesWhatEndsInTime) {
  runner_.hold = true;
  start();
  const std::string id = accept("1");
  ASSERT_TRUE(runs(1));
  auto stopped = std::async(std::launch::async, [this] { loop_.await(service_->shut_down()); });
  EXPECT_EQ(stopped.wait_for(100ms), std::future_status::timeout);
  release();
  stopped.get();
  loop_.on_loop([this] { service_.reset(); });
  store_.reset();
  start();
  EXPECT_EQ(show(id)["state"], "succeeded");
  EXPECT_EQ(runs_so_far(), 1U);
}

TEST_F(ServiceJobsTest, AJobWhoseLeaseHasEndedUnnoticedEndsOnce) {
  runner_.hold = true;
  start();
  const std::string id = accept("1");
  ASSERT_TRUE(runs(1));
  store::SweepBounds bounds;
  bounds.now_ms = unix_milliseconds() + 60'000;
  bounds.max_kept_bytes = 1'000'000;
  EXPECT_EQ(loop_.await(store_->sweep(bounds))->reclaimed, 1U);
  // It is begun again here, and the run of before is stopped.
  EXPECT_TRUE(loop_.eventually([this] { return runner_.jobs.size() == 2 && runner_.stopped == 1; }));
  ASSERT_TRUE(runs(1));
  EXPECT_EQ(show(id)["state"], "running");
  release();
  EXPECT_EQ(ended(id)["state"], "succeeded");
  EXPECT_EQ(runs_so_far(), 2U);
}

TEST_F(ServiceJobsTest, AKeyGivesTheFirstReplyAgain) {
  runner_.outcome.stdout_bytes = "1\n";
  start();
  const std::string request = post("/v1/executions", bare_submission("1"), kKey);
  const Answer first = ask(request);
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(json::parse(first.body)["stdout"], "1\n");
  runner_.outcome.stdout_bytes = "2\n";
  EXPECT_EQ(ask(request).body, first.body);
  const Answer other = ask(post("/v1/executions", bare_submission("2"), kKey));
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(runs_so_far(), 1U);
  stop();
  start();
  EXPECT_EQ(ask(request).body, first.body);
}

TEST_F(ServiceJobsTest, AKeyIsWaitedForWhileTheFirstRuns) {
  runner_.hold = true;
  start();
  const std::string request = post("/v1/executions", bare_submission("1"), kKey);
  Client first(port_);
  ASSERT_TRUE(first.send(request));
  ASSERT_TRUE(runs(1));
  Client second(port_);
  ASSERT_TRUE(second.send(request));
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(runs_so_far(), 1U);
  release();
  const Answer answer = first.read_answer();
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(second.read_answer().body, answer.body);
}

TEST_F(ServiceJobsTest, AKeyOutlivesTheClientThatSentIt) {
  runner_.hold = true;
  start();
  const std::string request = post("/v1/executions", bare_submission("1"), kKey);
  {
    Client first(port_);
    ASSERT_TRUE(first.send(request));
    ASSERT_TRUE(runs(1));
  }
  std::this_thread::sleep_for(100ms);
  release();
  EXPECT_EQ(ask(request).status, 200);
  EXPECT_EQ(runs_so_far(), 1U);
}

TEST_F(ServiceJobsTest, AKeyOfWhatWasNotServedIsFreeAgain) {
  runner_.outcome.verdict = runners::Verdict::sandbox_failed;
  runner_.outcome.failure = runners::SandboxFailure::engine_unreachable;
  start();
  const std::string request = post("/v1/executions", bare_submission("1"), kKey);
  const Answer refused = ask(request);
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_EQ(json::parse(refused.body)["error_type"], "SandboxError");
  loop_.on_loop([this] { runner_.outcome.verdict = runners::Verdict::completed; });
  EXPECT_EQ(ask(request).status, 200);
}

TEST_F(ServiceJobsTest, AKeyOfAnAsyncRequestGivesTheSameJob) {
  start();
  const std::string request = post("/v1/executions", bare_submission("1", R"(, "mode": "async")"), kKey);
  const Answer first = ask(request);
  ASSERT_EQ(first.status, 202);
  ended(json::parse(first.body)["id"]);
  const Answer again = ask(request);
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(runs_so_far(), 1U);
}

TEST_F(ServiceJobsTest, ABatchIsAnsweredInOrder) {
  start();
  const std::string body =
      R"({"executions": [)" + bare_submission("a") + ", {\"cod\": 1}, " + bare_submission("b") + "]}";
  const Answer answer = ask(post("/v1/executions/batch", body));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json items = json::parse(answer.body)["executions"];
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0]["state"], "succeeded");
  EXPECT_EQ(items[0]["result"]["id"], items[0]["id"]);
  EXPECT_EQ(items[1]["state"], "refused");
  EXPECT_EQ(items[1]["error"]["status"], 422);
  EXPECT_EQ(items[2]["state"], "succeeded");
  loop_.on_loop([&] {
    ASSERT_EQ(runner_.jobs.size(), 2U);
    for (const runners::Job& job : runner_.jobs) {
      EXPECT_EQ(job.code, job.execution_id == items[0]["id"] ? "a" : "b");
    }
  });
}

TEST_F(ServiceJobsTest, ABatchUnderAKeyRunsOnce) {
  start();
  const std::string body = R"({"executions": [)" + bare_submission("a") + ", 7]}";
  const std::string request = post("/v1/executions/batch", body, kKey);
  const Answer first = ask(request);
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(ask(request).body, first.body);
  EXPECT_EQ(runs_so_far(), 1U);
  EXPECT_EQ(ask(post("/v1/executions/batch", R"({"executions": [7]})", kKey)).status, 422);
}

TEST_F(ServiceJobsTest, ABatchMayBeAsync) {
  start();
  const std::string body = R"({"mode": "async", "executions": [)" + bare_submission("a") + "," +
                           bare_submission("b", R"(, "mode": "sync")") + "]}";
  const Answer answer = ask(post("/v1/executions/batch", body));
  ASSERT_EQ(answer.status, 202) << answer.body;
  const json items = json::parse(answer.body)["executions"];
  EXPECT_EQ(ended(items.at(0)["id"])["state"], "succeeded");
  EXPECT_EQ(items.at(1)["error"]["status"], 422);
}

TEST_F(ServiceJobsTest, ABatchIsBounded) {
  config_.jobs.max_batch = 1;
  start();
  EXPECT_EQ(ask(post("/v1/executions/batch", R"({"executions": [1, 2]})")).status, 422);
  EXPECT_EQ(ask(post("/v1/executions/batch", R"({"executions": [1]})")).status, 200);
}

TEST_F(ServiceJobsTest, ABatchWhoseClientLeavesIsStopped) {
  runner_.hold = true;
  start();
  Client client(port_);
  const std::string body = R"({"executions": [)" + bare_submission("a") + "," + bare_submission("b") + "]}";
  ASSERT_TRUE(client.send(post("/v1/executions/batch", body)));
  ASSERT_TRUE(runs(2));
  client.close();
  EXPECT_TRUE(loop_.eventually([this] { return runner_.stopped == 2; }, 3000ms));
}

TEST_F(ServiceJobsTest, AJobThatEndsTheBrokerTooOftenFails) {
  config_.jobs.max_interruptions = 1;
  // A broker that took the job and died, twice.
  {
    test::LoopThread other;
    const std::string path = folder_.path("jobs.db");
    store::Submission accepted;
    accepted.jobs.emplace_back();
    accepted.jobs[0].id = "deadly";
    accepted.jobs[0].request_json = bare_submission("1");
    accepted.jobs[0].wait_until_ms = 4'000'000'000'000;
    for (int death = 0; death < 2; ++death) {
      auto store = store::make_sql_store(
          other.executor(), [path] { return store::open_sqlite(path); }, store::SqlThreadOptions(),
          store::StoreBounds());
      if (death == 0) {
        ASSERT_TRUE(other.await(store->accept(accepted)).has_value());
      }
      ASSERT_TRUE(other.await(store->recover()).has_value());
      ASSERT_EQ(other.await(store->claim(1, 1, 2))->size(), 1U);
    }
  }
  start();
  const json job = ended("deadly");
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["error"]["status"], 503);
  EXPECT_EQ(runs_so_far(), 0U);
}

/// The first request under a key is a stream, and so is each repetition, from the first event on.
TEST_F(ServiceJobsTest, AStreamUnderAKeyIsGivenAgain) {
  using Events = std::vector<std::string>;
  runner_.hold = true;
  start();
  const std::string request = post("/v1/executions", bare_submission("1"), kStreamedKey);
  Client first(port_);
  first.send(request);
  Lines lines(first);
  ASSERT_EQ(lines.head().status, 200) << lines.head().head;
  EXPECT_NE(lines.head().head.find("Content-Type: application/x-ndjson\r\n"), std::string::npos);
  EXPECT_EQ(lines.next()["event"], "queued");
  EXPECT_EQ(lines.next()["event"], "started");
  ASSERT_TRUE(runs(1));
  loop_.on_loop([this] { runner_.print("one\n"); });
  EXPECT_EQ(lines.next()["data"]["text"], "one\n");

  Client second(port_);
  second.send(request);
  Lines again(second);
  ASSERT_EQ(again.head().status, 200);
  EXPECT_EQ(again.next()["event"], "queued");
  EXPECT_EQ(again.next()["event"], "started");
  EXPECT_EQ(again.next()["data"]["text"], "one\n");
  release();
  const json result = lines.next();
  EXPECT_EQ(result["event"], "result");
  EXPECT_EQ(again.next(), result);
  EXPECT_TRUE(lines.next().is_null());

  EXPECT_EQ(streamed(request), (Events{"queued", "started", "stdout one\n", "result"}));
  const Answer reply = ask(post("/v1/executions", bare_submission("1"), kKey));
  EXPECT_EQ(json::parse(reply.body), result["data"]) << "one reply is the same request";
  EXPECT_EQ(ask(post("/v1/executions", bare_submission("2"), kStreamedKey)).status, 422);
  stop();
  start();
  EXPECT_EQ(streamed(request), (Events{"stdout one\n", "result"})) << "what the stored result tells";
  EXPECT_EQ(runs_so_far(), 1U);
}

TEST_F(ServiceJobsTest, AStreamUnderAKeyThatIsRefusedIsAnAnswerAndFreesTheKey) {
  config_.admission.max_concurrent = 1;
  config_.admission.max_queued = 0;
  runner_.hold = true;
  start();
  auto other =
      std::async(std::launch::async, [&] { return ask(post("/v1/executions", bare_submission("0"))); });
  ASSERT_TRUE(runs(1));
  const std::string request = post("/v1/executions", bare_submission("1"), kStreamedKey);
  const Answer refused = ask(request);
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.head.find("Retry-After: "), std::string::npos);
  EXPECT_EQ(json::parse(refused.body)["error_type"], "UnavailableError");
  release();
  EXPECT_EQ(other.get().status, 200);
  EXPECT_EQ(streamed(request).back(), "result");
}

TEST_F(ServiceJobsTest, AStreamUnderAKeyGoesOnWithoutItsReader) {
  runner_.hold = true;
  start();
  {
    Client client(port_);
    client.send(post("/v1/executions", bare_submission("1"), kStreamedKey));
    Lines lines(client);
    EXPECT_EQ(lines.next()["event"], "queued");
  }
  ASSERT_TRUE(loop_.eventually(
      [this] { return metrics_.text().find("sallyport_connections 0") != std::string::npos; }));
  EXPECT_TRUE(runs(1));
  release();
  EXPECT_EQ(ask(post("/v1/executions", bare_submission("1"), kKey)).status, 200);
  loop_.on_loop([this] { EXPECT_EQ(runner_.stopped, 0U); });
  EXPECT_EQ(runs_so_far(), 1U);
}

TEST_F(ServiceJobsTest, OfAJobThatEndedLongAgoThereIsWhatItsResultTells) {
  using Events = std::vector<std::string>;
  runner_.outcome.stdout_bytes = "42\n";
  start();
  const std::string id = accept("1");
  ended(id);
  stop();
  start();
  const std::string path = "/v1/executions/" + id + "/events";
  const std::string accept_lines = "Accept: application/x-ndjson\r\n";
  EXPECT_EQ(streamed(get(path, accept_lines)), (Events{"stdout 42\n", "result"}));
  // Who has had events of it gets the end alone.
  EXPECT_EQ(streamed(get(path, accept_lines + "Last-Event-ID: 2\r\n")), (Events{"result"}));
}

}  // namespace
}  // namespace sallyport::broker

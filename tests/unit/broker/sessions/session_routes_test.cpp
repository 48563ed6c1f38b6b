// Sessions over HTTP, with sandboxes that are none.
#include "broker/first_door.hpp"
#include "broker/output_rules.hpp"
#include "broker/policies.hpp"
#include "broker/second_door.hpp"
#include "broker/service.hpp"
#include "tests/unit/broker/service_fixture.hpp"
#include "tests/unit/broker/sessions/fake_session.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace sallyport::broker {
namespace {

using nlohmann::json;
using test::Answer;
using test::Client;
using test::get;
using test::Lines;
using test::post;

class SessionRoutesTest : public test::ServiceFixture {
 protected:
  SessionRoutesTest() { config_.server.shutdown_seconds = 1; }
  const PolicyCatalog& policies() override { return policies_; }
  void add_parts(ServiceParts& parts) override {
    parts.sessions = &opener_;
    parts.doors.first = &first_;
    parts.doors.output = &second_;
  }
  Answer drop(const std::string& path) { return ask("DELETE " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"); }
  /// The path of a new session.
  std::string begin(const std::string& body = "{}") {
    const Answer answer = ask(post("/v1/sessions", body));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return "/v1/sessions/" + json::parse(answer.body)["id"].get<std::string>();
  }
  Answer cell(const std::string& path, const std::string& code, const json& more = json::object()) {
    json body = more;
    body["code"] = code;
    return ask(post(path + "/cells", body.dump()));
  }
  json run(const std::string& path, const std::string& code, const json& more = json::object()) {
    const Answer answer = cell(path, code, more);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body);
  }
  std::string state(const std::string& path) { return json::parse(ask(get(path)).body)["state"]; }
  template <class F>
  void with_last(F function) {
    loop_.on_loop([&] { function(*opener_.opened.back()); });
  }

  /// The shipped ones, for all tests: under a sanitizer they take seconds to load.
  static OutputRules& rules() {
    static OutputRules shipped{""};
    return shipped;
  }

  test::FakeOpener opener_;
  Policies policies_{""};
  PythonFirstDoor first_{policies_};
  RedactingOutputDoor second_{rules()};
};

TEST_F(SessionRoutesTest, RunsCellsInTheSessionsSandbox) {
  start();
  const std::string path = begin(R"({"context": {"a": 12345678901234567890123}, "user_id": "u",
                                     "sandbox_config": {"max_memory_mb": 128}, "image": "data-science"})");
  with_last([](test::FakeSessionState& session) {
    session.outcome.result = runners::DisplayBundle{{"text/plain", "5"}};
    session.outcome.displays = {{{"image/png", "aaaa"}}};
  });
  const json first = run(path, "x = 5\nx", {{"user_id", "u"}, {"stdin", "in"}, {"timeout_seconds", 7}});
  EXPECT_EQ(first["result"], json::parse(R"({"text/plain": "5"})"));
  EXPECT_EQ(first["displays"], json::parse(R"([{"image/png": "aaaa"}])"));
  EXPECT_EQ(first["session"]["cell"], 1);
  EXPECT_EQ(first["session"]["state"], "idle");
  EXPECT_EQ(run(path, "2", {{"user_id", "u"}})["session"]["cell"], 2);
  with_last([this](test::FakeSessionState& session) {
    EXPECT_TRUE(runner_.jobs.empty());
    EXPECT_EQ(opener_.specs[0].image, "data-science");
    EXPECT_EQ(opener_.specs[0].limits.max_memory_mb, 128U);
    ASSERT_EQ(session.jobs.size(), 2U);
    const runners::Job& job = session.jobs[0];
    EXPECT_EQ(job.code, "x = 5\nx");
    EXPECT_EQ(job.stdin_text, "in");
    EXPECT_EQ(job.context_json, R"({"a":12345678901234567890123})");
    EXPECT_EQ(job.limits.timeout, std::chrono::seconds(7));
    EXPECT_EQ(job.limits.max_memory_mb, 128U);
    EXPECT_EQ(job.limits.max_displays, config_.sessions.max_displays);
    ASSERT_TRUE(job.cell);
    EXPECT_EQ(job.cell->number, 1U);
    EXPECT_FALSE(job.cell->collect);
    EXPECT_EQ(session.jobs[1].cell->number, 2U);
    EXPECT_EQ(session.jobs[1].limits.timeout, std::chrono::seconds(30));
    EXPECT_EQ(audit_.entries.size(), 4U);
  });
}

TEST_F(SessionRoutesTest, FilesAreCellsWithoutCode) {
  start();
  const std::string path = begin();
  const std::string files = R"({"files": [{"path": "a", "content": "b"}]})";
  EXPECT_EQ(
      ask("PUT " + path + "/files HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
          std::to_string(files.size()) + "\r\n\r\n" + files)
          .status,
      200);
  EXPECT_EQ(ask(get(path + "/files")).status, 200);
  EXPECT_EQ(ask(get(path + "/files?path=a%2Fb%20c")).status, 200);
  EXPECT_EQ(ask(get(path + "/files?path=../a")).status, 422);
  EXPECT_EQ(ask(get(path + "/files?path=%2")).status, 422);
  EXPECT_EQ(ask(get(path + "/files?paths=a")).status, 422);
  with_last([](test::FakeSessionState& session) {
    ASSERT_EQ(session.jobs.size(), 3U);
    ASSERT_EQ(session.jobs[0].files.size(), 1U);
    EXPECT_EQ(session.jobs[0].files[0].content, "b");
    EXPECT_EQ(session.jobs[1].cell->collect, "");
    EXPECT_EQ(session.jobs[2].cell->collect, "a/b c");
  });
}

TEST_F(SessionRoutesTest, NobodyElsesIsFound) {
  config_.sessions.max_per_user = 0;
  start();
  const std::string mine = begin(R"({"user_id": 7})");
  begin(R"({"user_id": "7"})");
  begin();
  EXPECT_EQ(ask(get(mine + "?user_id=7")).status, 200);
  for (const std::string query : {"", "?user_id=%227%22", "?user_id=8", "?user_id="}) {
    EXPECT_EQ(ask(get(mine + query)).status, 404) << query;
    EXPECT_EQ(ask(get(mine + "/files" + query)).status, 404) << query;
    EXPECT_EQ(drop(mine + query).status, 404) << query;
  }
  EXPECT_EQ(cell(mine, "1").status, 404);
  EXPECT_EQ(cell(mine, "1", {{"user_id", "7"}}).status, 404);
  EXPECT_EQ(cell(mine, "1", {{"user_id", "7"}, {"timeout_seconds", 1e9}}).status, 404);
  EXPECT_EQ(json::parse(ask(get("/v1/sessions?user_id=7")).body)["sessions"].size(), 1U);
  EXPECT_EQ(json::parse(ask(get("/v1/sessions")).body)["sessions"].size(), 1U);
  EXPECT_EQ(drop(mine + "?user_id=7").status, 204);
  EXPECT_EQ(ask(get(mine + "?user_id=7")).status, 404);
  loop_.on_loop([this] { EXPECT_TRUE(opener_.opened[0]->destroyed); });
}

TEST_F(SessionRoutesTest, NumbersAreBounded) {
  config_.sessions.max_sessions = 3;
  config_.sessions.max_per_user = 2;
  start();
  const std::string first = begin();
  begin();
  const Answer user = ask(post("/v1/sessions", "{}"));
  EXPECT_EQ(user.status, 429);
  EXPECT_EQ(json::parse(user.body)["details"]["reason"], "user_sessions");
  begin(R"({"user_id": 1})");
  EXPECT_EQ(ask(post("/v1/sessions", R"({"user_id": 2})")).status, 503);
  EXPECT_EQ(drop(first).status, 204);
  begin(R"({"user_id": 2})");
}

TEST_F(SessionRoutesTest, ASandboxThatDoesNotStartLeavesNothing) {
  start();
  loop_.on_loop([this] {
    opener_.failure = runners::Outcome();
    opener_.failure->failure = runners::SandboxFailure::start_failed;
    opener_.failure->message = "no";
  });
  EXPECT_EQ(ask(post("/v1/sessions", "{}")).status, 503);
  loop_.on_loop([this] { opener_.failure->failure = runners::SandboxFailure::unsupported; });
  EXPECT_EQ(ask(post("/v1/sessions", "{}")).status, 422);
  EXPECT_EQ(json::parse(ask(get("/v1/sessions")).body)["sessions"], json::array());
}

TEST_F(SessionRoutesTest, OneCellAtATime) {
  start();
  const std::string path = begin();
  with_last([](test::FakeSessionState& session) { session.hold = true; });
  auto running = std::async(std::launch::async, [&] { return cell(path, "1"); });
  ASSERT_TRUE(loop_.eventually([this] { return !opener_.opened.back()->jobs.empty(); }));
  EXPECT_EQ(state(path), "busy");
  EXPECT_EQ(cell(path, "2").status, 409);
  EXPECT_EQ(drop(path).status, 204);
  EXPECT_EQ(running.get().status, 410);
  with_last([](test::FakeSessionState& session) { EXPECT_TRUE(session.destroyed); });
}

TEST_F(SessionRoutesTest, ADeathIsTold) {
  config_.sessions.max_per_user = 1;
  start();
  const std::string during = begin();
  with_last([](test::FakeSessionState& session) {
    session.ends_with_next_cell = "it burst";
    session.outcome.verdict = runners::Verdict::out_of_memory;
  });
  const json reply = run(during, "1");
  EXPECT_EQ(reply["error_type"], "ResourceLimitError");
  EXPECT_NE(reply["error_message"].get<std::string>().find("the session has ended"), std::string::npos);
  EXPECT_EQ(reply["session"]["state"], "ended");
  EXPECT_EQ(reply["session"]["why_ended"], "it burst; its variables and files are lost");
  EXPECT_EQ(state(during), "ended");
  const Answer gone = cell(during, "1");
  EXPECT_EQ(gone.status, 410);
  EXPECT_EQ(json::parse(gone.body)["error_type"], "SandboxError");

  const std::string between = begin();  // The place is free.
  with_last([](test::FakeSessionState& session) { session.died.set(); });
  ASSERT_TRUE(loop_.eventually([this] { return opener_.opened.back()->destroyed; }));
  EXPECT_EQ(state(between), "ended");

  const std::string unserved = begin();
  with_last([](test::FakeSessionState& session) {
    session.ends_with_next_cell = "no engine";
    session.outcome.verdict = runners::Verdict::sandbox_failed;
    session.outcome.failure = runners::SandboxFailure::engine_unreachable;
  });
  const Answer away = cell(unserved, "1");
  EXPECT_EQ(away.status, 503);
  EXPECT_NE(away.body.find("variables and files are lost"), std::string::npos);
}

TEST_F(SessionRoutesTest, TimesEndASession) {
  start();
  const std::string idle = begin(R"({"idle_seconds": 1})");
  const std::string old = begin(R"({"lifetime_seconds": 1})");
  ASSERT_TRUE(
      loop_.eventually([this] { return opener_.opened[0]->destroyed && opener_.opened[1]->destroyed; }));
  EXPECT_EQ(json::parse(ask(get(idle)).body)["why_ended"], "no cell came for 1.0 seconds");
  EXPECT_EQ(json::parse(ask(get(old)).body)["why_ended"], "its lifetime of 1.0 seconds is over");
}

TEST_F(SessionRoutesTest, ACellIsJudgedWithThoseBeforeIt) {
  start();
  const std::string path = begin();
  EXPECT_EQ(run(path, "import statistics as tool\n\nname = 1")["success"], true);
  // Where nobody knows what the name stands for, it is harmless.
  const json alone = run(begin(R"({"user_id": 2})"), "1\ntool.sys.path", {{"user_id", 2}});
  EXPECT_EQ(alone["success"], true) << alone;
  const json reply = run(path, "1\ntool.sys.path");
  EXPECT_EQ(reply["error_type"], "ValidationError");
  ASSERT_FALSE(reply["validation_violations"].empty());
  EXPECT_EQ(reply["validation_violations"][0]["line"], 2);
  EXPECT_EQ(reply["session"]["cell"], 2);
  EXPECT_EQ(run(path, "2")["session"]["cell"], 2)
      << "what was refused is no cell, and not held against the next";
}

TEST_F(SessionRoutesTest, TheJudgedCodeIsBounded) {
  config_.sessions.max_code_bytes = 1024;
  start();
  const std::string path = begin();
  const std::string code = "x = '" + std::string(600, 'y') + "'";
  run(path, code);
  EXPECT_EQ(cell(path, code).status, 422);
  run(path, code, {{"enable_ast_validation", false}});
  EXPECT_EQ(state(path), "idle");
}

TEST_F(SessionRoutesTest, TheSecondDoorReadsWhatIsShown) {
  start();
  const std::string path = begin();
  const std::string secret = "AKIA" + std::string("QYLPMN5HFIQR7XYA");
  with_last([&](test::FakeSessionState& session) {
    session.outcome.result = runners::DisplayBundle{{"text/plain", secret}, {"image/png", "aaaa"}};
    session.outcome.displays = {{{"text/html", "<b>" + secret + "</b>"}}, {{"text/plain", "harmless"}}};
  });
  const json reply = run(path, "1");
  EXPECT_EQ(reply.dump().find(secret), std::string::npos);
  EXPECT_EQ(reply["was_output_redacted"], true);
  EXPECT_EQ(reply["output_violations"][0]["stream"], "display");
  EXPECT_EQ(reply["result"]["image/png"], "aaaa");
  EXPECT_EQ(reply["displays"][1]["text/plain"], "harmless");
}

TEST_F(SessionRoutesTest, WrongRequestsChangeNothing) {
  start();
  for (const char* body : {"[]", "{\"code\": \"1\"}", R"({"idle_seconds": 0})", R"({"idle_seconds": 1e9})",
                           R"({"lifetime_seconds": "1"})", R"({"image": "none"})", R"({"context": []})",
                           R"({"sandbox_config": {"max_memory_mb": 1e9}})"}) {
    EXPECT_EQ(ask(post("/v1/sessions", body)).status, 422) << body;
  }
  const std::string path = begin();
  for (const char* body :
       {"{}", R"({"code": 1})", R"({"code": "1", "image": "python"})",
        R"({"code": "1", "timeout_seconds": "x"})", R"({"code": "1", "timeout_seconds": 1e9})",
        R"({"code": "1", "user_id": 1.5})", R"({"code": "1", "context": {}})"}) {
    EXPECT_EQ(ask(post(path + "/cells", body)).status, 422) << body;
  }
  EXPECT_EQ(ask(post(path + "/cells", "{")).status, 400);
  EXPECT_EQ(state(path), "idle");
}

TEST_F(SessionRoutesTest, TheEndOfTheBrokerEndsAll) {
  start();
  const std::string path = begin();
  with_last([](test::FakeSessionState& session) { session.hold = true; });
  auto running = std::async(std::launch::async, [&] { return cell(path, "1"); });
  ASSERT_TRUE(loop_.eventually([this] { return !opener_.opened.back()->jobs.empty(); }));
  begin(R"({"user_id": 2})");
  stop();
  EXPECT_EQ(running.get().status, 503);
  loop_.on_loop([this] {
    for (const auto& session : opener_.opened) EXPECT_TRUE(session->destroyed);
  });
}

TEST_F(SessionRoutesTest, ACellIsStreamedWhereThatIsAskedFor) {
  start();
  const std::string path = begin();
  with_last([](test::FakeSessionState& session) {
    session.outcome.stdout_bytes = "hi\n";
    session.outcome.result = runners::DisplayBundle{{"text/plain", "5"}};
  });
  const std::string accept = "Accept: application/x-ndjson\r\n";
  const std::string request = post(path + "/cells", R"({"code": "5"})", accept);
  Client client(port_);
  client.send(request);
  Lines lines(client);
  ASSERT_EQ(lines.head().status, 200) << lines.head().head;
  EXPECT_EQ(lines.next()["event"], "queued");
  EXPECT_EQ(lines.next()["event"], "started");
  EXPECT_EQ(lines.next()["data"]["text"], "hi\n");
  const json last = lines.next();
  EXPECT_EQ(last["event"], "result");
  EXPECT_EQ(last["data"]["stdout"], "hi\n");
  EXPECT_EQ(last["data"]["result"]["text/plain"], "5");
  EXPECT_EQ(last["data"]["session"]["cell"], 1);
  EXPECT_EQ(last["data"]["session"]["state"], "idle");
  EXPECT_TRUE(lines.next().is_null());
  EXPECT_EQ(run(path, "6")["session"]["cell"], 2);

  // What the first door refuses, and what is no cell.
  Client refused(port_);
  refused.send(post(path + "/cells", R"({"code": "import os"})", accept));
  Lines violations(refused);
  EXPECT_EQ(violations.next()["event"], "violation");
  EXPECT_EQ(violations.next()["data"]["error_type"], "ValidationError");
  EXPECT_EQ(ask(post("/v1/sessions/x/cells", R"({"code": "5"})", accept)).status, 404);
}

TEST_F(SessionRoutesTest, AStreamedCellEndsWithItsSessionOrItsReader) {
  start();
  const std::string path = begin();
  with_last([](test::FakeSessionState& session) { session.hold = true; });
  const std::string request = post(path + "/cells", R"({"code": "5"})", "Accept: application/x-ndjson\r\n");
  {
    Client client(port_);
    client.send(request);
    Lines lines(client);
    EXPECT_EQ(lines.next()["event"], "queued");
    ASSERT_TRUE(loop_.eventually([this] { return !opener_.opened.back()->jobs.empty(); }));
    EXPECT_EQ(ask(request).status, 409);
  }
  ASSERT_TRUE(loop_.eventually([this] { return opener_.opened.back()->jobs.size() == 1; }));
  for (int i = 0; i < 500 && state(path) != "idle"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(state(path), "idle") << "the reader has gone, and the cell was stopped";

  Client client(port_);
  client.send(request);
  Lines lines(client);
  EXPECT_EQ(lines.next()["event"], "queued");
  EXPECT_EQ(lines.next()["event"], "started");
  EXPECT_EQ(drop(path).status, 204);
  const json last = lines.next();
  EXPECT_EQ(last["event"], "error");
  EXPECT_EQ(last["data"]["error_type"], "SandboxError");
}

TEST_F(SessionRoutesTest, BeginningsEndsAndCellsAreCountedAndOnRecord) {
  config_.sessions.max_per_user = 0;
  start();
  const std::string deleted = begin(R"({"user_id": 7})");
  run(deleted, "5", {{"user_id", 7}});
  run(deleted, "import os", {{"user_id", 7}});
  EXPECT_EQ(drop(deleted + "?user_id=7").status, 204);
  begin(R"({"idle_seconds": 1, "log_executions": false, "user_id": 8})");
  ASSERT_TRUE(loop_.eventually([this] { return opener_.opened.back()->destroyed; }));
  const std::string dying = begin();
  with_last([](test::FakeSessionState& session) { session.died.set(); });
  ASSERT_TRUE(loop_.eventually([this] { return opener_.opened.back()->destroyed; }));
  EXPECT_EQ(cell(dying, "5").status, 410);
  EXPECT_EQ(ask(post(dying + "/cells", R"({"code": "5", "timeout_seconds": 1e9})")).status, 410);
  begin();
  const std::string text = ask(get("/metrics")).body;
  for (const char* line : {"sallyport_sessions{state=\"idle\"} 1", "sallyport_sessions_created_total 4",
                           "sallyport_sessions_ended_total{reason=\"deleted\"} 1",
                           "sallyport_sessions_ended_total{reason=\"idle\"} 1",
                           "sallyport_sessions_ended_total{reason=\"died\"} 1",
                           "sallyport_session_cells_total{outcome=\"success\"} 1",
                           "sallyport_session_cells_total{outcome=\"refused\"} 1",
                           "sallyport_session_cells_total{outcome=\"not_served\"} 2",
                           "sallyport_session_cell_seconds_count 2"}) {
    EXPECT_NE(text.find(std::string(line) + "\n"), std::string::npos) << line;
  }
  loop_.on_loop([this] {
    std::vector<std::string> told;
    for (const AuditAction& action : audit_.actions) {
      told.push_back(action.what == AuditAction::What::session_created ? "created"
                                                                       : "ended " + action.reason);
    }
    EXPECT_EQ(told, (std::vector<std::string>{"created", "ended deleted", "created", "ended idle", "created",
                                              "ended died", "created"}));
    EXPECT_EQ(audit_.actions[1].count, 1U);
    EXPECT_EQ(audit_.actions[1].user_id, UserId(std::int64_t{7}));
    EXPECT_EQ(audit_.actions[0].id, audit_.actions[1].id);
    EXPECT_FALSE(audit_.actions[3].log_executions);
  });
}

}  // namespace
}  // namespace sallyport::broker

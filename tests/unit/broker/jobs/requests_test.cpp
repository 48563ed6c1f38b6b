// What clients say about jobs: the list's query, a batch's body, the headers.
#include "broker/api/query.hpp"
#include "broker/jobs/batch_request.hpp"
#include "broker/jobs/idempotency.hpp"
#include "broker/jobs/job_view.hpp"
#include "broker/jobs/list_request.hpp"
#include "broker/jobs/receipt_json.hpp"
#include "broker/routes/reply_mode.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sallyport::broker {
namespace {

using nlohmann::json;
using Strings = std::vector<std::string>;

TEST(Query, IsDecoded) {
  const auto query = parse_query("a=1&b=%C3%A9+x&&c=&d");
  ASSERT_TRUE(query.has_value());
  const std::vector<std::pair<std::string, std::string>> wanted = {
      {"a", "1"}, {"b", "é x"}, {"c", ""}, {"d", ""}};
  EXPECT_EQ(*query, wanted);
}

TEST(Query, RefusesWhatIsNoQuery) {
  for (const char* text : {"a=%", "a=%4", "a=%zz", "a=%ff", "a=%00", "a=1&a=2"}) {
    const auto query = parse_query(text);
    ASSERT_TRUE(query.has_error()) << text;
    EXPECT_EQ(query.error().status, 400);
  }
  std::string many;
  for (int i = 0; i < 40; ++i) many += "p" + std::to_string(i) + "=1&";
  EXPECT_TRUE(parse_query(many).has_error());
}

TEST(ListRequest, HasDefaults) {
  const auto query = parse_list_request("").value();
  EXPECT_FALSE(query.state.has_value());
  EXPECT_TRUE(query.user_json.empty());
  EXPECT_EQ(query.most, kNormalPage);
  EXPECT_EQ(query.before_id, "");
}

TEST(ListRequest, ReadsEveryParameter) {
  const auto query = parse_list_request(
                         "state=failed&user_id=7&created_after=2024-02-29T12:34:56Z&created_before="
                         "2024-02-29T12%3A34%3A57Z&limit=5&cursor=abc")
                         .value();
  EXPECT_EQ(query.state, store::JobState::failed);
  EXPECT_EQ(query.user_json, (Strings{"7", "\"7\""}));
  EXPECT_EQ(query.created_from_ms, 1'709'210'096'001);
  EXPECT_EQ(query.created_until_ms, 1'709'210'097'000);
  EXPECT_EQ(query.most, 5U);
  EXPECT_EQ(query.before_id, "abc");
  EXPECT_EQ(parse_list_request("user_id=07").value().user_json, (Strings{"\"07\""}));
  EXPECT_EQ(parse_list_request("user_id=a%22b").value().user_json, (Strings{R"("a\"b")"}));
}

TEST(ListRequest, RefusesMistakes) {
  for (const char* text : {"state=done", "created_after=yesterday", "limit=0", "limit=101", "limit=x",
                           "cursor=", "limit=1x", "stat=failed"}) {
    const auto query = parse_list_request(text);
    ASSERT_TRUE(query.has_error()) << text;
    EXPECT_EQ(query.error().status, 422) << text;
  }
  EXPECT_NE(parse_list_request("stat=failed").error().message.find("state"), std::string::npos);
}

ApiResult<BatchRequest> batch(const std::string& body) {
  return parse_batch_request(body, 3, 4);
}

TEST(BatchRequest, KeepsTheTextOfEachExecution) {
  const auto parsed =
      batch(R"({"mode": "async", "executions": [ {"code": "a,]}\"", "context": {"n": 1.0e500}},
                               {"code": "b", "files": [{"path": "x"}]}, 7 ]})");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->mode, ReplyMode::async);
  EXPECT_EQ(parsed->bodies, (Strings{R"({"code":"a,]}\"","context":{"n":1.0e500}})",
                                     R"({"code":"b","files":[{"path":"x"}]})", "7"}));
}

TEST(BatchRequest, RefusesWhatIsNone) {
  EXPECT_EQ(batch("{").error().status, 400);
  for (const char* text : {"[]", "{}", R"({"executions": {}})", R"({"executions": []})",
                           R"({"executions": [1, 2, 3, 4]})", R"({"executions": [1], "mode": "later"})",
                           R"({"executions": [1], "mod": "sync"})", R"({"executions": [[[[[[[[]]]]]]]]})"}) {
    const auto parsed = batch(text);
    ASSERT_TRUE(parsed.has_error()) << text;
    EXPECT_EQ(parsed.error().status, 422) << text;
  }
}

http::Request request_with(const std::string& name, const std::string& value) {
  http::Request request;
  request.head.path = "/v1/executions";
  request.head.headers.push_back({name, value});
  request.body = "{}";
  return request;
}

TEST(IdempotencyKeys, AreReadAndTellRequestsApart) {
  http::Request request = request_with("idempotency-key", "key 1");
  const auto key = read_idempotency_key(request, "sync").value();
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->key, "key 1");
  EXPECT_EQ(read_idempotency_key(request, "sync").value()->fingerprint, key->fingerprint);
  EXPECT_NE(read_idempotency_key(request, "async").value()->fingerprint, key->fingerprint);
  request.body = "{ }";
  EXPECT_NE(read_idempotency_key(request, "sync").value()->fingerprint, key->fingerprint);
  EXPECT_FALSE(read_idempotency_key(request_with("X", "y"), "sync").value().has_value());
}

TEST(IdempotencyKeys, AreBounded) {
  for (const std::string& key :
       {std::string(), std::string(256, 'k'), std::string("k\x7f"), std::string("é")}) {
    EXPECT_EQ(read_idempotency_key(request_with("Idempotency-Key", key), "").error().status, 400) << key;
  }
  EXPECT_TRUE(read_idempotency_key(request_with("Idempotency-Key", std::string(255, 'k')), "").has_value());
}

TEST(ReplyModes, TheBodyWinsOverTheHeader) {
  const auto async = [](const char* prefer, ReplyMode mode) {
    return wants_async(request_with("prefer", prefer).head, mode);
  };
  EXPECT_TRUE(async("respond-async", ReplyMode::unsaid));
  EXPECT_TRUE(async("wait=5, Respond-Async; x=y", ReplyMode::unsaid));
  EXPECT_FALSE(async("respond-asynchronously", ReplyMode::unsaid));
  EXPECT_FALSE(async("wait=5", ReplyMode::unsaid));
  EXPECT_FALSE(async("respond-async", ReplyMode::sync));
  EXPECT_TRUE(async("", ReplyMode::async));
}

TEST(JobViews, AreJson) {
  store::StoredJob job;
  job.job.id = "id";
  job.job.user_json = user_json(UserId(std::string("a\"b")));
  job.job.state = store::JobState::running;
  job.job.started_ms = 5;
  EXPECT_EQ(json::parse(job_json(job)), json::parse(R"({"id": "id", "state": "running", "user_id": "a\"b",
    "created_at": "1970-01-01T00:00:00.000Z", "started_at": "1970-01-01T00:00:00.005Z", "ended_at": null,
    "result": null, "error": null})"));
  job.result_json = R"({"success":true})";
  EXPECT_EQ(json::parse(job_json(job))["result"]["success"], true);
  EXPECT_EQ(user_json(UserId(std::int64_t{-7})), "-7");
  EXPECT_EQ(user_json(UserId()), "null");
}

TEST(JobViews, AListSaysWhereItGoesOn) {
  std::vector<store::Job> jobs(3);
  jobs[0].id = "c";
  jobs[1].id = "b";
  jobs[2].id = "a";
  const json page = json::parse(job_list_json(jobs, 2));
  EXPECT_EQ(page["executions"].size(), 2U);
  EXPECT_EQ(page["next_cursor"], "b");
  EXPECT_EQ(json::parse(job_list_json(jobs, 3))["next_cursor"], nullptr);
  EXPECT_EQ(json::parse(job_list_json({}, 3))["executions"], json::array());
}

TEST(Receipts, AreKeptAsText) {
  Receipt receipt;
  receipt.items.emplace_back("id");
  ApiError error;
  error.status = 422;
  error.error_type = "ValidationError";
  error.message = "wrong";
  error.details_json = R"({"field":"code"})";
  receipt.items.emplace_back(error);
  const auto again = receipt_from_json(receipt_json(receipt));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(std::get<std::string>(again->items.at(0)), "id");
  const auto& same = std::get<ApiError>(again->items.at(1));
  EXPECT_EQ(same.status, 422);
  EXPECT_EQ(same.message, "wrong");
  EXPECT_EQ(json::parse(same.details_json), json::parse(error.details_json));
  EXPECT_FALSE(receipt_from_json("nonsense").has_value());
}

}  // namespace
}  // namespace sallyport::broker

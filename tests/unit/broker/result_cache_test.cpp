#include "broker/result_cache.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;

class ResultCacheTest : public ::testing::Test {
 protected:
  ResultCacheTest() {
    config_.enabled = true;
    config_.max_entries = 3;
    config_.ttl_seconds = 60;
    request_.code = "print(1)";
    request_.image = {"python", "sha256:1", "3.11"};
    request_.deterministic = true;
    reply_.id = "id-1";
    reply_.success = true;
    reply_.stdout_text = "1\n";
    reply_.usage.emplace();
    reply_.timings.sandbox_ms = 5;
  }

  ResultCache make() {
    return ResultCache(config_, [this] { return now_; });
  }
  std::string key(const ResultCache& cache, const Owner& owner = Owner(), RuleGenerations rules = {}) {
    return cache.key_of(request_, owner, rules).value_or("none");
  }

  config::Cache config_;
  ExecutionRequest request_;
  ExecutionReply reply_;
  base::Clock::time_point now_{1h};
};

TEST_F(ResultCacheTest, GivesAResultAgainMarkedAndWithoutWhatBelongsToTheFirst) {
  ResultCache cache = make();
  const std::string mine = key(cache);
  EXPECT_EQ(cache.find(mine), nullptr);
  cache.store(mine, reply_);
  const ExecutionReply* const again = cache.find(mine);
  ASSERT_NE(again, nullptr);
  EXPECT_TRUE(again->cached);
  EXPECT_TRUE(again->success);
  EXPECT_EQ(again->stdout_text, "1\n");
  EXPECT_EQ(again->id, "");
  EXPECT_FALSE(again->usage.has_value());
  EXPECT_EQ(again->timings.sandbox_ms, 0);
  EXPECT_EQ(cache.counts().hits, 1U);
  EXPECT_EQ(cache.counts().misses, 1U);
}

TEST_F(ResultCacheTest, KeepsNothingThatWasNotAskedForOrCannotBeKnown) {
  const auto kept = [this] { return make().key_of(request_, Owner(), {}).has_value(); };
  EXPECT_TRUE(kept());
  request_.deterministic = false;
  EXPECT_FALSE(kept());
  request_.deterministic = true;
  request_.limits.enable_network = true;
  EXPECT_FALSE(kept());
  request_.limits.enable_network = false;
  request_.image.digest.clear();
  EXPECT_FALSE(kept());
  request_.image.digest = "sha256:1";
  config_.enabled = false;
  EXPECT_FALSE(kept());
}

TEST_F(ResultCacheTest, KeepsSuccessesAlone) {
  ResultCache cache = make();
  reply_.success = false;
  cache.store("k", reply_);
  EXPECT_EQ(cache.find("k"), nullptr);
  reply_.success = true;
  reply_.was_output_truncated = true;
  cache.store("k", reply_);
  EXPECT_EQ(cache.find("k"), nullptr);
}

TEST_F(ResultCacheTest, EveryFieldThatAResultDependsOnIsInTheKey) {
  using Change = std::function<void(ExecutionRequest&)>;
  const std::vector<Change> changes = {
      [](auto&) {},
      [](auto& r) { r.code = "print(2)"; },
      [](auto& r) { r.context_json = "{\"a\":1}"; },
      [](auto& r) { r.stdin_text = "in"; },
      [](auto& r) {
        r.files = {{"f", "content"}};
      },
      [](auto& r) {
        r.files = {{"fc", "ontent"}};
      },
      [](auto& r) {
        r.files = {{"f", ""}, {"content", ""}};
      },
      [](auto& r) { r.image.name = "python-data"; },
      [](auto& r) { r.image.digest = "sha256:2"; },
      [](auto& r) { r.sandbox_type = "other"; },
      [](auto& r) { r.policy = "strict"; },
      [](auto& r) { r.adjustments.forbidden_functions = {"a"}; },
      [](auto& r) { r.adjustments.forbidden_modules = {"a"}; },
      [](auto& r) { r.adjustments.forbidden_attributes = {"a"}; },
      [](auto& r) { r.adjustments.allowed_imports.emplace(); },
      [](auto& r) { r.adjustments.allowed_imports = {"a"}; },
      [](auto& r) { r.adjustments.replaces_imports = true; },
      [](auto& r) { r.limits.timeout = 29s; },
      [](auto& r) { r.limits.cpu_seconds = 29; },
      [](auto& r) { r.limits.max_memory_mb = 511; },
      [](auto& r) { r.limits.max_output_bytes = 1; },
      [](auto& r) { r.limits.cpus = 0.5; },
      [](auto& r) { r.limits.max_processes = 1; },
      [](auto& r) { r.limits.max_file_mb = 1; },
      [](auto& r) { r.limits.max_artifacts = 1; },
      [](auto& r) { r.limits.max_artifact_bytes = 1; },
      [](auto& r) { r.layers.enable_syntax_validation = false; },
      [](auto& r) { r.layers.enable_ast_validation = false; },
      [](auto& r) { r.layers.enable_output_validation = false; },
      [](auto& r) { r.layers.redact_sensitive_output = false; },
      [](auto& r) { r.layers.log_executions = false; },
      // The same bytes, divided otherwise.
      [](auto& r) {
        r.code = "print(1)";
        r.stdin_text = "{}";
        r.context_json = "";
      },
  };
  const ResultCache cache = make();
  std::set<std::string> keys;
  const ExecutionRequest plain = request_;
  for (const Change& change : changes) {
    request_ = plain;
    change(request_);
    keys.insert(key(cache));
  }
  EXPECT_EQ(keys.size(), changes.size());

  request_ = plain;
  keys = {key(cache),
          key(cache, Owner(UserId(std::string("a")))),
          key(cache, Owner(UserId(std::int64_t{1}))),
          key(cache, Owner(UserId(std::string("1")))),
          key(cache, Owner(UserId(), "key")),
          key(cache, Owner(), {1, 0}),
          key(cache, Owner(), {0, 1})};
  EXPECT_EQ(keys.size(), 7U);
  request_.priority = Priority::high;
  EXPECT_TRUE(keys.contains(key(cache)));
}

TEST_F(ResultCacheTest, ForgetsWhatIsTooOld) {
  ResultCache cache = make();
  cache.store("k", reply_);
  now_ += 59s;
  EXPECT_NE(cache.find("k"), nullptr);
  now_ += 1s;
  EXPECT_EQ(cache.find("k"), nullptr);
  EXPECT_EQ(cache.counts().entries, 0U);
  EXPECT_EQ(cache.counts().bytes, 0U);
  EXPECT_EQ(cache.counts().evictions, 0U);
}

TEST_F(ResultCacheTest, TheLeastRecentlyUsedGoesFirst) {
  ResultCache cache = make();
  for (const char* name : {"a", "b", "c"}) cache.store(name, reply_);
  EXPECT_NE(cache.find("a"), nullptr);
  cache.store("d", reply_);
  EXPECT_EQ(cache.find("b"), nullptr);
  for (const char* name : {"a", "c", "d"}) EXPECT_NE(cache.find(name), nullptr) << name;
  EXPECT_EQ(cache.counts().evictions, 1U);
}

TEST_F(ResultCacheTest, KeepsToItsBytes) {
  config_.max_entries = 1000;
  config_.max_bytes = 100'000;
  ResultCache cache = make();
  reply_.stdout_text.assign(10'000, 'x');
  for (int i = 0; i < 100; ++i) {
    cache.store(std::to_string(i), reply_);
    ASSERT_LE(cache.counts().bytes, 100'000U);
  }
  EXPECT_GE(cache.counts().entries, 8U);
  reply_.stdout_text.assign(13'000, 'x');  // More than an eighth.
  cache.store("large", reply_);
  EXPECT_EQ(cache.find("large"), nullptr);
}

TEST_F(ResultCacheTest, AResultThatIsMadeAgainTakesTheOldOnesPlace) {
  ResultCache cache = make();
  cache.store("k", reply_);
  const auto bytes = cache.counts().bytes;
  reply_.stdout_text = "2\n";
  cache.store("k", reply_);
  EXPECT_EQ(cache.counts().entries, 1U);
  EXPECT_EQ(cache.counts().bytes, bytes);
  EXPECT_EQ(cache.find("k")->stdout_text, "2\n");
}

}  // namespace
}  // namespace sallyport::broker

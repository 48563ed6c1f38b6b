// What holds for every store, on each database that the binary has.
#include "broker/store/store.hpp"

#include "base/run_to_end.hpp"
#include "broker/store/sql_store.hpp"
#include "tests/unit/broker/store/backends.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sallyport::broker::store {
namespace {

using test::kNow;

constexpr std::int64_t kLease = kNow + 30'000;
constexpr std::int64_t kLate = kNow + 3'600'000;

class StoreTest : public ::testing::TestWithParam<test::BackendKind> {
 protected:
  void SetUp() override {
    backend_ = GetParam().make();
    open();
  }
  void TearDown() override { store_.reset(); }

  std::unique_ptr<Store> another() {
    SqlThreadOptions options;
    return make_sql_store(context_.get_executor(), backend_->open(), options, bounds_);
  }
  void open() {
    store_.reset();
    store_ = another();
  }
  template <class T>
  T await(boost::asio::awaitable<StoreResult<T>> call) {
    return base::run_to_end(context_, std::move(call)).value();
  }
  template <class T>
  StoreError error_of(boost::asio::awaitable<StoreResult<T>> call) {
    const auto result = base::run_to_end(context_, std::move(call));
    EXPECT_TRUE(result.has_error());
    return result.has_error() ? result.error() : StoreError();
  }

  static NewJob job(const std::string& id, const std::string& owner = "", const std::string& user = "null") {
    NewJob made;
    made.id = id;
    made.owner_key = owner;
    made.user_json = user;
    made.request_json = R"({"code": ")" + id + R"("})";
    made.wait_until_ms = kLate;
    return made;
  }
  void queue(NewJob made) {
    Submission submission;
    submission.now_ms = kNow;
    submission.jobs.push_back(std::move(made));
    await(store_->accept(std::move(submission)));
  }
  std::vector<ClaimedJob> claim(std::size_t most = 10, std::int64_t now = kNow) {
    return await(store_->claim(most, now, kLease));
  }
  std::vector<std::string> claimed_ids(std::size_t most = 10) {
    std::vector<std::string> ids;
    for (const ClaimedJob& claimed : claim(most)) ids.push_back(claimed.job.id);
    return ids;
  }
  Ending ending(const std::string& result, std::int64_t at = kNow + 5) {
    Ending made;
    made.state = JobState::succeeded;
    made.result_json = result;
    made.ended_ms = at;
    return made;
  }
  JobState state_of(const std::string& id, const std::string& owner = "") {
    const auto found = await(store_->find(id, owner));
    EXPECT_TRUE(found.has_value()) << id;
    return found ? found->job.state : JobState::failed;
  }
  bool known(const std::string& id) { return await(store_->find(id, "")).has_value(); }
  Swept sweep(std::int64_t now = kNow, std::int64_t ended_before = 0, std::uint64_t max_bytes = 1U << 30U) {
    SweepBounds bounds;
    bounds.now_ms = now;
    bounds.ended_before_ms = ended_before;
    bounds.max_kept_bytes = max_bytes;
    return await(store_->sweep(bounds));
  }

  StoreBounds bounds_;
  boost::asio::io_context context_{1};
  std::unique_ptr<test::Backend> backend_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreTest, KeepsAJobFromItsAcceptToItsResult) {
  queue(job("a", "key", "7"));
  EXPECT_EQ(state_of("a", "key"), JobState::queued);
  const auto claimed = claim();
  ASSERT_EQ(claimed.size(), 1U);
  EXPECT_EQ(claimed[0].job.id, "a");
  EXPECT_EQ(claimed[0].job.owner_key, "key");
  EXPECT_EQ(claimed[0].job.user_json, "7");
  EXPECT_EQ(claimed[0].request_json, R"({"code": "a"})");
  EXPECT_EQ(claimed[0].interruptions, 0U);
  EXPECT_EQ(state_of("a", "key"), JobState::running);
  EXPECT_TRUE(await(store_->finish(claimed[0].claim, ending(R"({"x": "\u0000é"})"))));
  const auto found = await(store_->find("a", "key"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->job.state, JobState::succeeded);
  EXPECT_EQ(found->result_json, R"({"x": "\u0000é"})");
  EXPECT_EQ(found->error_json, "");
  EXPECT_EQ(found->job.created_ms, kNow);
  EXPECT_EQ(found->job.started_ms, kNow);
  EXPECT_EQ(found->job.ended_ms, kNow + 5);
}

TEST_P(StoreTest, ForgetsNothingWhenItIsOpenedAgain) {
  queue(job("a"));
  queue(job("b"));
  const auto claimed = claim(1);
  await(store_->finish(claimed.at(0).claim, ending("{}")));
  open();
  EXPECT_EQ(state_of("a"), JobState::succeeded);
  EXPECT_EQ(state_of("b"), JobState::queued);
}

TEST_P(StoreTest, AJobIsItsOwnersAlone) {
  queue(job("a", "key"));
  EXPECT_FALSE(await(store_->find("a", "")).has_value());
  EXPECT_FALSE(await(store_->find("a", "other")).has_value());
  EXPECT_FALSE(await(store_->cancel("a", "other", kNow)).has_value());
  EXPECT_EQ(state_of("a", "key"), JobState::queued);
  ListQuery query;
  query.owner_key = "other";
  EXPECT_TRUE(await(store_->list(query)).empty());
}

TEST_P(StoreTest, OneClaimOneJob) {
  for (const char* id : {"a", "b", "c"}) queue(job(id));
  EXPECT_EQ(claimed_ids(2).size(), 2U);
  EXPECT_EQ(claimed_ids(2).size(), 1U);
  EXPECT_TRUE(claimed_ids().empty());
}

TEST_P(StoreTest, OneResultAJob) {
  queue(job("a"));
  const auto first = claim().at(0).claim;
  EXPECT_EQ(sweep(kLease + 1).reclaimed, 1U);
  const auto second = claim().at(0);
  EXPECT_EQ(second.interruptions, 1U);
  EXPECT_FALSE(await(store_->finish(first, ending("\"first\""))));
  EXPECT_TRUE(await(store_->finish(second.claim, ending("\"second\""))));
  EXPECT_FALSE(await(store_->finish(second.claim, ending("\"third\""))));
  EXPECT_EQ(await(store_->find("a", ""))->result_json, "\"second\"");
}

TEST_P(StoreTest, UsersTakeTurns) {
  for (const char* id : {"a1", "a2", "a3", "a4"}) queue(job(id, "", "\"a\""));
  queue(job("b1", "", "\"b\""));
  queue(job("b2", "", "\"b\""));
  queue(job("c1", "key", "\"a\""));
  EXPECT_EQ(claimed_ids(3), (std::vector<std::string>{"a1", "b1", "c1"}));
  EXPECT_EQ(claimed_ids(2), (std::vector<std::string>{"a2", "b2"}));
  queue(job("d1", "", "\"d\""));
  const auto next = claimed_ids(2);
  EXPECT_TRUE(next == (std::vector<std::string>{"a3", "d1"})) << next.at(0) << next.at(1);
}

TEST_P(StoreTest, ACheaperTurnComesSooner) {
  for (const char* id : {"a1", "a2"}) {
    NewJob made = job(id, "", "1");
    made.turn_cost = 16;
    queue(std::move(made));
  }
  for (const char* id : {"b1", "b2", "b3"}) {
    NewJob made = job(id, "", "2");
    made.turn_cost = 1;
    queue(std::move(made));
  }
  const auto order = claimed_ids();
  ASSERT_EQ(order.size(), 5U);
  const std::set<std::string> first(order.begin(), order.begin() + 2);
  EXPECT_TRUE(first.contains("b1")) << order[0] << order[1];
  EXPECT_EQ(order.back(), "a2");
}

TEST_P(StoreTest, AQueueIsBounded) {
  bounds_.max_queued = 2;
  open();
  queue(job("a"));
  Submission two;
  two.now_ms = kNow;
  two.jobs = {job("b"), job("c")};
  EXPECT_EQ(error_of(store_->accept(two)).kind, StoreError::Kind::full);
  EXPECT_FALSE(known("b"));
  queue(job("d"));
  two.jobs.pop_back();
  EXPECT_EQ(error_of(store_->accept(two)).kind, StoreError::Kind::full);
  EXPECT_EQ(claim(1).size(), 1U);
  await(store_->accept(two));
  EXPECT_TRUE(known("b"));
}

TEST_P(StoreTest, AQueueIsBoundedInBytesToo) {
  bounds_.max_queued_bytes = 1000;
  open();
  NewJob large = job("a");
  large.request_json = std::string(900, 'x');
  queue(large);
  large.id = "b";
  Submission second;
  second.jobs.push_back(large);
  EXPECT_EQ(error_of(store_->accept(second)).kind, StoreError::Kind::full);
  EXPECT_EQ(await(store_->load()).queued_bytes, 900U);
}

TEST_P(StoreTest, AReleasedJobIsNextAgainAfterItsPause) {
  queue(job("a"));
  queue(job("b"));
  const auto first = claim(1).at(0);
  EXPECT_TRUE(await(store_->release(first.claim, kNow + 100)));
  EXPECT_FALSE(await(store_->release(first.claim, kNow + 100)));
  EXPECT_EQ(state_of("a"), JobState::queued);
  EXPECT_EQ(claim(1).at(0).job.id, "b");
  EXPECT_TRUE(claim(1).empty());
  const auto again = claim(1, kNow + 100);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].interruptions, 0U);
  EXPECT_NE(again[0].claim.token, first.claim.token);
}

TEST_P(StoreTest, ACancelledJobStaysCancelled) {
  queue(job("queued"));
  queue(job("running"));
  const auto first = await(store_->cancel("queued", "", kNow + 1));
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->state, JobState::cancelled);
  const auto claimed = claim();
  ASSERT_EQ(claimed.size(), 1U);
  EXPECT_EQ(await(store_->cancel("running", "", kNow + 2))->state, JobState::cancelled);
  EXPECT_EQ(await(store_->cancel("running", "", kNow + 9))->ended_ms, kNow + 2);
  EXPECT_EQ(await(store_->renew({claimed[0].claim}, kLease)), (std::vector<std::string>{"running"}));
  EXPECT_FALSE(await(store_->finish(claimed[0].claim, ending("{}"))));
  EXPECT_FALSE(await(store_->release(claimed[0].claim, 0)));
  EXPECT_EQ(state_of("running"), JobState::cancelled);
  EXPECT_FALSE(await(store_->cancel("unknown", "", kNow)).has_value());
}

TEST_P(StoreTest, CancellingWhatHasEndedChangesNothing) {
  queue(job("a"));
  await(store_->finish(claim().at(0).claim, ending("{}")));
  EXPECT_EQ(await(store_->cancel("a", "", kNow + 9))->state, JobState::succeeded);
  EXPECT_EQ(await(store_->find("a", ""))->result_json, "{}");
}

TEST_P(StoreTest, ALeaseThatIsRenewedHolds) {
  queue(job("a"));
  const auto claimed = claim().at(0).claim;
  EXPECT_TRUE(await(store_->renew({claimed}, kLease + 1000)).empty());
  EXPECT_EQ(sweep(kLease + 500).reclaimed, 0U);
  EXPECT_EQ(sweep(kLease + 1500).reclaimed, 1U);
  EXPECT_EQ(await(store_->renew({claimed}, kLease + 9000)), (std::vector<std::string>{"a"}));
}

TEST_P(StoreTest, AJobThatWaitsTooLongExpires) {
  queue(job("a"));
  EXPECT_EQ(sweep(kLate - 1).expired, 0U);
  EXPECT_TRUE(claim(1, kLate).empty());
  EXPECT_EQ(sweep(kLate).expired, 1U);
  EXPECT_EQ(state_of("a"), JobState::expired);
  EXPECT_EQ(await(store_->find("a", ""))->job.ended_ms, kLate);
}

TEST_P(StoreTest, WhatEndedLongAgoIsDropped) {
  queue(job("a"));
  queue(job("b"));
  await(store_->finish(claim(1).at(0).claim, ending("{}", kNow + 1)));
  await(store_->finish(claim(1).at(0).claim, ending("{}", kNow + 100)));
  EXPECT_EQ(sweep(kNow, kNow + 50).dropped, 1U);
  EXPECT_FALSE(known("a"));
  EXPECT_TRUE(known("b"));
}

TEST_P(StoreTest, TheOldestGoWhenThereIsTooMuch) {
  for (const char* id : {"a", "b", "c"}) {
    queue(job(id));
    await(store_->finish(claim(1).at(0).claim, ending(std::string(10'000, 'x'), kNow + id[0])));
  }
  queue(job("waits"));
  EXPECT_EQ(sweep(kNow, 0, 25'000).dropped, 1U);
  EXPECT_FALSE(known("a"));
  EXPECT_EQ(sweep(kNow, 0, 25'000).dropped, 0U);
  EXPECT_EQ(sweep(kNow, 0, 0).dropped, 2U);
  EXPECT_EQ(state_of("waits"), JobState::queued);
}

TEST_P(StoreTest, ListsPageByPage) {
  for (const char* id : {"a", "b", "c", "d", "e"}) queue(job(id, "key"));
  ListQuery query;
  query.owner_key = "key";
  query.most = 2;
  std::string seen;
  for (;;) {
    const auto page = await(store_->list(query));
    if (page.empty()) break;
    for (const Job& listed : page) seen += listed.id;
    query.before_id = page.back().id;
  }
  EXPECT_EQ(seen, "edcba");
}

TEST_P(StoreTest, ListsWhatIsAskedFor) {
  queue(job("a", "", "7"));
  queue(job("b", "", "\"7\""));
  queue(job("c", "", "\"x\""));
  Submission later;
  later.now_ms = kNow + 1000;
  later.jobs.push_back(job("d"));
  await(store_->accept(later));
  await(store_->cancel("a", "", kNow));
  const auto ids = [this](const ListQuery& query) {
    std::string all;
    for (const Job& listed : await(store_->list(query))) all += listed.id;
    return all;
  };
  ListQuery query;
  EXPECT_EQ(ids(query), "dcba");
  query.state = JobState::cancelled;
  EXPECT_EQ(ids(query), "a");
  query.state.reset();
  query.user_json = {"7", "\"7\""};
  EXPECT_EQ(ids(query), "ba");
  query.user_json = {"\"x\""};
  EXPECT_EQ(ids(query), "c");
  query.user_json.clear();
  query.created_from_ms = kNow + 1;
  EXPECT_EQ(ids(query), "d");
  query.created_from_ms = kNow;
  query.created_until_ms = kNow + 1000;
  EXPECT_EQ(ids(query), "cba");
}

class IdempotencyTest : public StoreTest {
 protected:
  Submission with_key(const std::string& id, const std::string& fingerprint = "f",
                      const std::string& owner = "") {
    Submission submission;
    submission.now_ms = kNow;
    submission.jobs.push_back(job(id, owner));
    IdempotencyRecord record;
    record.owner_key = owner;
    record.key = "k";
    record.fingerprint = fingerprint;
    record.payload = id;
    record.expires_ms = kNow + 1000;
    submission.idempotency = record;
    return submission;
  }
};

TEST_P(IdempotencyTest, TheSecondIsToldOfTheFirst) {
  EXPECT_FALSE(await(store_->accept(with_key("a"))).earlier.has_value());
  open();
  const auto again = await(store_->accept(with_key("b", "other"))).earlier;
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->payload, "a");
  EXPECT_EQ(again->fingerprint, "f");
  EXPECT_FALSE(known("b"));
}

TEST_P(IdempotencyTest, AKeyIsItsOwnersAlone) {
  await(store_->accept(with_key("a")));
  EXPECT_FALSE(await(store_->accept(with_key("b", "f", "owner"))).earlier.has_value());
}

TEST_P(IdempotencyTest, AKeyExpires) {
  await(store_->accept(with_key("a")));
  Submission later = with_key("b");
  later.now_ms = kNow + 1000;
  EXPECT_FALSE(await(store_->accept(later)).earlier.has_value());
  EXPECT_TRUE(known("b"));
}

TEST_P(IdempotencyTest, ASweepForgetsOldKeys) {
  await(store_->accept(with_key("a")));
  sweep(kNow + 1000);
  EXPECT_FALSE(await(store_->accept(with_key("b"))).earlier.has_value());
}

TEST_P(IdempotencyTest, AFullQueueKeepsNoKey) {
  bounds_.max_queued = 0;
  open();
  EXPECT_EQ(error_of(store_->accept(with_key("a"))).kind, StoreError::Kind::full);
  bounds_.max_queued = 10;
  open();
  EXPECT_FALSE(await(store_->accept(with_key("b"))).earlier.has_value());
}

TEST_P(IdempotencyTest, WhatIsRunAtOnceIsClaimedAlready) {
  bounds_.max_queued = 0;
  open();
  Submission now = with_key("a");
  now.run_now = true;
  now.lease_until_ms = kLease;
  const auto accepted = await(store_->accept(now));
  ASSERT_EQ(accepted.claims.size(), 1U);
  EXPECT_EQ(state_of("a"), JobState::running);
  EXPECT_TRUE(claim().empty());
  EXPECT_TRUE(await(store_->finish(accepted.claims[0], ending("{}"))));
}

TEST_P(IdempotencyTest, WhatCouldNotBeRunIsTakenBack) {
  Submission now = with_key("a");
  now.run_now = true;
  now.lease_until_ms = kLease;
  const auto accepted = await(store_->accept(now));
  EXPECT_TRUE(await(store_->withdraw(accepted.claims.at(0), "k")));
  EXPECT_FALSE(known("a"));
  EXPECT_FALSE(await(store_->accept(with_key("b"))).earlier.has_value());
  EXPECT_FALSE(await(store_->withdraw(accepted.claims.at(0), "k")));
  EXPECT_EQ(await(store_->accept(with_key("c"))).earlier->payload, "b");
}

TEST_P(StoreTest, ALoneStoreTakesBackWhatItsFormerSelfRan) {
  queue(job("a"));
  queue(job("b"));
  await(store_->finish(claim(1).at(0).claim, ending("{}")));
  const auto before = claim(1).at(0);
  open();
  if (backend_->shared()) {
    EXPECT_EQ(await(store_->recover()), 0U);
    EXPECT_EQ(sweep(kLease + 1).reclaimed, 1U);
  } else {
    EXPECT_EQ(await(store_->recover()), 1U);
  }
  const auto again = claim();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].job.id, "b");
  EXPECT_EQ(again[0].interruptions, 1U);
  EXPECT_EQ(again[0].request_json, before.request_json);
  EXPECT_FALSE(await(store_->finish(before.claim, ending("{}"))));
}

TEST_P(StoreTest, StoresThatShareADatabaseShareTheQueue) {
  if (!backend_->shared()) return;  // Two stores on one file are refused: SqliteConnectionTest.
  for (int i = 0; i < 40; ++i) queue(job("job" + std::to_string(i)));
  const auto other = another();
  std::multiset<std::string> seen;
  for (int i = 0; i < 10; ++i) {
    for (const ClaimedJob& claimed : claim(2)) seen.insert(claimed.job.id);
    for (const ClaimedJob& claimed : await(other->claim(2, kNow, kLease))) seen.insert(claimed.job.id);
  }
  EXPECT_EQ(seen.size(), 40U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 40U);
}

TEST_P(StoreTest, UsesOfQuotasAddUpUntilTheirPeriodIsOver) {
  const auto use = [&](const std::string& key, std::int64_t began, std::uint64_t requests,
                       std::int64_t over) {
    const std::vector<QuotaUse> uses = {{key, began, requests}};
    return await(store_->use_quotas(uses, over)).at(0);
  };
  EXPECT_EQ(use("a", 1000, 2, 0).requests, 2U);
  EXPECT_EQ(use("b", 5000, 1, 0).requests, 1U);
  open();  // Another broker, or the next one.
  QuotaUse total = use("a", 1500, 3, 0);
  EXPECT_EQ(total.key_id, "a");
  EXPECT_EQ(total.requests, 5U);
  EXPECT_EQ(total.began_ms, 1000);
  total = use("a", 9000, 1, 1000);
  EXPECT_EQ(total.requests, 1U) << "that period is over";
  EXPECT_EQ(total.began_ms, 9000);
  EXPECT_EQ(await(store_->quotas(4999)).size(), 2U);
  const auto left = await(store_->quotas(5000));
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].key_id, "a");
  EXPECT_TRUE(await(store_->use_quotas({}, 0)).empty());
}

INSTANTIATE_TEST_SUITE_P(On, StoreTest, ::testing::ValuesIn(test::backends()), test::name_of);
INSTANTIATE_TEST_SUITE_P(On, IdempotencyTest, ::testing::ValuesIn(test::backends()), test::name_of);

}  // namespace
}  // namespace sallyport::broker::store

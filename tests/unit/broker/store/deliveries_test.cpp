// Who is to be told of a job's end, on each database that the binary has.
#include "base/run_to_end.hpp"
#include "broker/store/sql_store.hpp"
#include "broker/store/store.hpp"
#include "tests/unit/broker/store/backends.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace sallyport::broker::store {
namespace {

using test::kNow;

constexpr const char* kUrl = "https://example.org/hook";

class DeliveriesTest : public ::testing::TestWithParam<test::BackendKind> {
 protected:
  void SetUp() override {
    backend_ = GetParam().make();
    open();
  }
  void TearDown() override { store_.reset(); }
  void open() {
    store_.reset();
    store_ = make_sql_store(context_.get_executor(), backend_->open(), SqlThreadOptions(), StoreBounds());
  }
  template <class T>
  T await(boost::asio::awaitable<StoreResult<T>> call) {
    return base::run_to_end(context_, std::move(call)).value();
  }
  void queue(const std::string& id, const std::string& url = kUrl) {
    Submission submission;
    submission.now_ms = kNow;
    NewJob job;
    job.id = id;
    job.owner_key = "key";
    job.request_json = "{}";
    job.wait_until_ms = kNow + 1000;
    job.callback_url = url;
    job.callback_form = "form of " + id;
    submission.jobs.push_back(std::move(job));
    await(store_->accept(std::move(submission)));
  }
  bool finish_one() {
    auto claimed = await(store_->claim(1, kNow, kNow + 500));
    Ending ending;
    ending.state = JobState::succeeded;
    ending.result_json = "{}";
    ending.ended_ms = kNow + 10;
    return await(store_->finish(claimed.at(0).claim, ending));
  }
  std::vector<Delivery> due(std::int64_t now = kNow + 10, std::size_t most = 10) {
    return await(store_->claim_deliveries(most, now, now + 1000));
  }

  boost::asio::io_context context_{1};
  std::unique_ptr<test::Backend> backend_;
  std::unique_ptr<Store> store_;
};

TEST_P(DeliveriesTest, ADeliveryIsDueWhenTheJobHasEnded) {
  queue("a");
  EXPECT_TRUE(due().empty());
  ASSERT_TRUE(finish_one());
  const auto found = due();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].job_id, "a");
  EXPECT_EQ(found[0].owner_key, "key");
  EXPECT_EQ(found[0].url, kUrl);
  EXPECT_EQ(found[0].form, "form of a");
  EXPECT_EQ(found[0].attempts, 1U);
}

TEST_P(DeliveriesTest, NobodyIsToldWhoDidNotAsk) {
  queue("a", "");
  ASSERT_TRUE(finish_one());
  EXPECT_TRUE(due().empty());
}

TEST_P(DeliveriesTest, JobsThatAreCancelledOrExpireAreToldOf) {
  queue("cancelled");
  await(store_->cancel("cancelled", "key", kNow + 5));
  EXPECT_EQ(due().size(), 1U);
  EXPECT_TRUE(await(store_->delivered("cancelled")));
  // Again, when it has ended before.
  await(store_->cancel("cancelled", "key", kNow + 6));
  EXPECT_TRUE(due().empty());
  queue("expired");
  SweepBounds bounds;
  bounds.now_ms = kNow + 2000;
  bounds.max_kept_bytes = 1U << 30U;
  EXPECT_EQ(await(store_->sweep(bounds)).expired, 1U);
  const auto found = due(kNow + 3000);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].job_id, "expired");
}

TEST_P(DeliveriesTest, OneThatWasHandedOutIsDueAgainIfNothingIsSaid) {
  queue("a");
  ASSERT_TRUE(finish_one());
  EXPECT_EQ(due(kNow + 10).size(), 1U);
  EXPECT_TRUE(due(kNow + 11).empty());
  open();  // A broker that died.
  const auto again = due(kNow + 2000);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].attempts, 2U);
}

TEST_P(DeliveriesTest, OneThatWasTakenIsForgotten) {
  queue("a");
  ASSERT_TRUE(finish_one());
  due();
  EXPECT_TRUE(await(store_->delivered("a")));
  EXPECT_FALSE(await(store_->delivered("a")));
  EXPECT_TRUE(due(kNow + 1'000'000).empty());
}

TEST_P(DeliveriesTest, OneThatFailedComesAgainAndOneThatDiedDoesNot) {
  queue("a");
  ASSERT_TRUE(finish_one());
  due();
  EXPECT_TRUE(await(store_->not_delivered("a", kNow + 5000, kNow + 20, "the receiver answered 500")));
  EXPECT_TRUE(due(kNow + 4999).empty());
  EXPECT_EQ(due(kNow + 5000).size(), 1U);
  EXPECT_TRUE(await(store_->not_delivered("a", std::nullopt, kNow + 6000, "enough")));
  EXPECT_TRUE(due(kNow + 1'000'000'000).empty());
  EXPECT_EQ(await(store_->drop_dead_deliveries(kNow + 6000)), 0U);
  EXPECT_EQ(await(store_->drop_dead_deliveries(kNow + 6001)), 1U);
}

TEST_P(DeliveriesTest, ThereAreCountsOfThem) {
  for (const char* id : {"a", "b", "c"}) {
    queue(id);
    ASSERT_TRUE(finish_one());
  }
  due();
  EXPECT_TRUE(await(store_->delivered("a")));
  EXPECT_TRUE(await(store_->not_delivered("b", std::nullopt, kNow + 20, "enough")));
  const DeliveryLoad load = await(store_->delivery_load());
  EXPECT_EQ(load.waiting, 1U);
  EXPECT_EQ(load.dead, 1U);
}

TEST_P(DeliveriesTest, TheFirstThatIsDueIsTheFirstThatIsHandedOut) {
  for (const char* id : {"a", "b", "c"}) {
    queue(id);
    ASSERT_TRUE(finish_one());
  }
  EXPECT_EQ(due(kNow + 10, 2).size(), 2U);
  EXPECT_EQ(due(kNow + 10, 2).size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(On, DeliveriesTest, ::testing::ValuesIn(test::backends()), test::name_of);

}  // namespace
}  // namespace sallyport::broker::store

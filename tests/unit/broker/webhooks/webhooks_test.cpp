// Deliveries from the store to a sender that the test owns.
#include "broker/webhooks/webhooks.hpp"

#include "broker/store/sql_store.hpp"
#include "broker/store/sqlite_connection.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/broker/fakes.hpp"
#include "tests/unit/broker/loop_thread.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace sallyport::broker::webhooks {
namespace {

using namespace std::chrono_literals;

struct FakeSender : Sender {
  Attempt answer;
  mutable std::mutex mutex;
  mutable std::vector<Message> sent;

  Attempt send(const Message& message) const override {
    const std::lock_guard lock(mutex);
    sent.push_back(message);
    return answer;
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex);
    return sent.size();
  }
};

class WebhooksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.enabled = true;
    config_.max_attempts = 3;
    config_.first_retry_seconds = 100;
    loop_.on_loop([this] {
      store_ = store::make_sql_store(
          loop_.executor(), [path = folder_.path("jobs.db")] { return store::open_sqlite(path); },
          store::SqlThreadOptions(), store::StoreBounds());
    });
  }
  void TearDown() override {
    stop();
    loop_.on_loop([this] { store_.reset(); });
  }
  void start() {
    loop_.on_loop([this] {
      WebhooksParts parts(*store_, sender_, audit_, log_);
      parts.config = config_;
      parts.now_ms = [this] { return now_.load(); };
      parts.random = [] { return 0; };
      parts.look = 5ms;
      parts.count = 5ms;
      webhooks_ = std::make_unique<Webhooks>(loop_.executor(), std::move(parts));
      webhooks_->start();
    });
  }
  void stop() {
    if (!webhooks_) return;
    loop_.await(webhooks_->shut_down());
    loop_.on_loop([this] { webhooks_.reset(); });
  }
  void finished_job(const std::string& id, const std::string& form = "") {
    store::Submission submission;
    submission.now_ms = now_;
    submission.run_now = true;
    submission.lease_until_ms = now_ + 1000;
    store::NewJob job;
    job.id = id;
    job.request_json = "{}";
    job.wait_until_ms = now_ + 1000;
    job.callback_url = "https://example.org/" + id;
    job.callback_form = form;
    submission.jobs.push_back(std::move(job));
    const auto accepted = loop_.await(store_->accept(std::move(submission)));
    store::Ending ending;
    ending.state = store::JobState::succeeded;
    ending.result_json = R"({"stdout":"hi"})";
    ending.ended_ms = now_;
    ASSERT_TRUE(loop_.await(store_->finish(accepted->claims.at(0), ending)).value());
  }
  bool sent(std::size_t count) {
    return loop_.eventually([this, count] { return sender_.count() == count; });
  }

  sallyport::test::TemporaryFolder folder_;
  config::Webhooks config_;
  FakeSender sender_;
  broker::test::FakeLog log_;
  broker::test::FakeAudit audit_;
  std::atomic<std::int64_t> now_{1'000'000};
  broker::test::LoopThread loop_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Webhooks> webhooks_;
};

TEST_F(WebhooksTest, TheViewOfTheJobIsSentOnce) {
  sender_.answer.result = Delivery::taken;
  start();
  finished_job("a");
  ASSERT_TRUE(sent(1));
  now_ += 1'000'000'000;
  std::this_thread::sleep_for(50ms);
  ASSERT_EQ(sender_.count(), 1U);
  EXPECT_EQ(sender_.sent[0].id, "a");
  EXPECT_EQ(sender_.sent[0].url, "https://example.org/a");
  const auto body = nlohmann::json::parse(sender_.sent[0].body);
  EXPECT_EQ(body["id"], "a");
  EXPECT_EQ(body["state"], "succeeded");
  EXPECT_EQ(body["result"]["stdout"], "hi");
  EXPECT_EQ(sender_.sent[0].method, std::string("POST"));
}

TEST_F(WebhooksTest, AJobOfAnotherEndpointIsToldInItsForm) {
  sender_.answer.result = Delivery::taken;
  start();
  finished_job("a", "judge0_71_0_0_");
  ASSERT_TRUE(sent(1));
  EXPECT_EQ(sender_.sent[0].method, std::string("PUT"));
  const auto body = nlohmann::json::parse(sender_.sent[0].body);
  EXPECT_EQ(body["token"], "a_71_0_0_");
  EXPECT_EQ(body["stdout"], "aGk=");
}

TEST_F(WebhooksTest, WhatFailsIsTriedAgainLaterAndThenIsDead) {
  sender_.answer.message = "the receiver answered 500";
  start();
  finished_job("a");
  ASSERT_TRUE(sent(1));
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(sender_.count(), 1U);
  now_ += 100'000;
  ASSERT_TRUE(sent(2));
  std::this_thread::sleep_for(50ms);
  now_ += 199'000;
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(sender_.count(), 2U);
  now_ += 1'000;
  ASSERT_TRUE(sent(3));
  EXPECT_TRUE(loop_.eventually([this] { return !log_.lines().empty(); }));
  EXPECT_EQ(log_.lines()[0], "webhook_dead: a after 3 attempts: the receiver answered 500");
  EXPECT_TRUE(loop_.eventually([this] { return webhooks_->counts().kept.dead == 1; }));
  loop_.on_loop([this] {
    const WebhookCounts counts = webhooks_->counts();
    EXPECT_EQ(counts.attempts.at(static_cast<std::size_t>(Delivery::failed)), 3U);
    EXPECT_EQ(counts.dead, 1U);
    EXPECT_EQ(counts.taken, 0U);
    EXPECT_EQ(counts.kept.waiting, 0U);
    ASSERT_EQ(audit_.actions.size(), 1U);
    EXPECT_EQ(audit_.actions[0].what, AuditAction::What::webhook_dead);
    EXPECT_EQ(audit_.actions[0].id, "a");
    EXPECT_EQ(audit_.actions[0].count, 3U);
    EXPECT_EQ(audit_.actions[0].reason, "the receiver answered 500");
  });
  now_ += 1'000'000'000;
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(sender_.count(), 3U);
}

TEST_F(WebhooksTest, WhatIsRefusedIsNotTriedAgain) {
  sender_.answer.result = Delivery::refused;
  start();
  finished_job("a");
  ASSERT_TRUE(sent(1));
  EXPECT_TRUE(loop_.eventually([this] { return !log_.lines().empty(); }));
  now_ += 1'000'000'000;
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(sender_.count(), 1U);
}

TEST_F(WebhooksTest, WhatABrokerLeftIsDeliveredByTheNext) {
  finished_job("a");
  sender_.answer.result = Delivery::taken;
  start();
  EXPECT_TRUE(sent(1));
}

}  // namespace
}  // namespace sallyport::broker::webhooks

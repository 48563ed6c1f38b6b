#include "broker/admission/key_quotas.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;

class KeyQuotasTest : public ::testing::Test {
 protected:
  bool send(const std::string& key, const KeyLimits& limits) {
    wait_ = quotas_.wait(key, limits, now_);
    if (wait_.rate > 0s || wait_.quota > 0s) return false;
    quotas_.take(key, limits, now_);
    return true;
  }

  KeyQuotas quotas_;
  KeyQuotas::Wait wait_;
  KeyQuotas::Time now_{1000h};
};

TEST_F(KeyQuotasTest, AKeyWithoutLimitsOfItsOwnIsNotKept) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(send("a", {}));
  EXPECT_EQ(quotas_.tracked(), 0U);
}

TEST_F(KeyQuotasTest, EachKeyHasItsOwnRate) {
  const KeyLimits slow{60, 2, 0};
  EXPECT_TRUE(send("a", slow));
  EXPECT_TRUE(send("a", slow));
  EXPECT_FALSE(send("a", slow));
  EXPECT_EQ(wait_.rate, 1s);
  EXPECT_TRUE(send("b", slow));
  now_ += 1s;
  EXPECT_TRUE(send("a", slow));
  EXPECT_FALSE(send("a", slow));
}

TEST_F(KeyQuotasTest, AQuotaIsOfTheDayThatBeganWithTheFirstRequest) {
  const KeyLimits three{0, 1, 3};
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(send("a", three));
    now_ += 1h;
  }
  EXPECT_FALSE(send("a", three));
  EXPECT_EQ(wait_.quota, 21h);
  now_ += 21h;
  EXPECT_TRUE(send("a", three));
}

TEST_F(KeyQuotasTest, ChangedLimitsCountAtOnceAndWhatWasUsedStaysUsed) {
  EXPECT_TRUE(send("a", {0, 1, 2}));
  EXPECT_TRUE(send("a", {0, 1, 2}));
  EXPECT_FALSE(send("a", {0, 1, 2}));
  EXPECT_TRUE(send("a", {0, 1, 3}));
  EXPECT_FALSE(send("a", {0, 1, 3}));
  EXPECT_TRUE(send("a", {0, 1, 0}));
}

TEST_F(KeyQuotasTest, KeysThatAreGoneAreForgotten) {
  const KeyLimits limits{0, 1, 3};
  for (int i = 0; i < 1500; ++i) EXPECT_TRUE(send(std::to_string(i), limits));
  now_ += 25h;
  EXPECT_TRUE(send("a", limits));
  EXPECT_LE(quotas_.tracked(), 2U);
}

TEST_F(KeyQuotasTest, WhatWasUsedIsToldOnceAndTakenOverElsewhere) {
  const KeyLimits three{0, 1, 3};
  EXPECT_TRUE(send("a", three));
  now_ += 2h;
  EXPECT_TRUE(send("a", three));
  EXPECT_TRUE(send("rate alone", {60, 1, 0}));
  auto told = quotas_.take_untold(now_);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].key_id, "a");
  EXPECT_EQ(told[0].age, 2h);
  EXPECT_EQ(told[0].requests, 2U);
  EXPECT_TRUE(quotas_.take_untold(now_).empty());
  quotas_.give_back(told);
  EXPECT_EQ(quotas_.take_untold(now_).at(0).requests, 2U);

  KeyQuotas next;
  next.adopt(told[0], now_);
  EXPECT_EQ(next.wait("a", three, now_).quota, 0s);
  next.take("a", three, now_);
  EXPECT_EQ(next.wait("a", three, now_).quota, 22h);
  EXPECT_EQ(next.take_untold(now_).at(0).requests, 1U) << "what was taken over is not told again";
}

TEST_F(KeyQuotasTest, ATotalOfOthersLeavesWhatIsNotToldYet) {
  const KeyLimits five{0, 1, 5};
  EXPECT_TRUE(send("a", five));
  EXPECT_EQ(quotas_.take_untold(now_).size(), 1U);
  EXPECT_TRUE(send("a", five));
  quotas_.adopt({"a", 1h, 4}, now_);  // The one that was told, and three of another broker.
  EXPECT_FALSE(send("a", five));
  EXPECT_EQ(wait_.quota, 23h);
  quotas_.adopt({"b", 24h, 5}, now_);
  EXPECT_TRUE(send("b", five)) << "that period is over";
}

}  // namespace
}  // namespace sallyport::broker

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

}  // namespace
}  // namespace sallyport::broker

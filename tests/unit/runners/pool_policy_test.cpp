#include "runners/pool_policy.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace sallyport::runners {
namespace {

using namespace std::chrono_literals;

SandboxClass of_image(const std::string& image, std::uint64_t memory_mb = 512) {
  SandboxClass made;
  made.image = image;
  made.digest = "sha256:" + image;
  made.max_memory_mb = memory_mb;
  return made;
}

/// A clock, a policy, and starts that succeed or fail when the test says so.
class PoolPolicyTest : public testing::Test {
 protected:
  PoolPolicy& policy() {
    if (!policy_) policy_.emplace(options_, [this] { return random_; });
    return *policy_;
  }
  PoolPlan plan(std::size_t running = 0, std::size_t cold_starting = 0) {
    PoolLoad load;
    load.running = running;
    load.cold_starting = cold_starting;
    return policy().plan(now_, load);
  }
  /// Plans and lets every start succeed until nothing more is planned.
  void fill() {
    for (;;) {
      const PoolPlan next = plan();
      if (next.start.empty()) return;
      for (const SandboxClass& each : next.start) policy().started(each, now_);
    }
  }
  void burst(const SandboxClass& sandbox_class, int count) {
    for (int i = 0; i < count; ++i) policy().take(sandbox_class, now_);
    now_ += 1s;  // Settled.
  }

  PoolPolicyOptions options_;
  double random_ = 1;
  base::Clock::time_point now_ = base::Clock::time_point() + 1h;
  std::optional<PoolPolicy> policy_;
  const SandboxClass python_ = of_image("python");
  const SandboxClass science_ = of_image("science");
};

// --- target

TEST_F(PoolPolicyTest, AKeptClassHasItsFloorFromTheStart) {
  policy().keep(python_);
  fill();
  EXPECT_EQ(policy().ready(), 2U);
  EXPECT_EQ(policy().target(), 2U);
}

TEST_F(PoolPolicyTest, OthersAreWarmedOnceUsed) {
  fill();
  EXPECT_EQ(policy().ready(), 0U);
  EXPECT_FALSE(policy().take(science_, now_));
  fill();
  EXPECT_EQ(policy().ready(), 2U);
  EXPECT_TRUE(policy().take(science_, now_));
}

TEST_F(PoolPolicyTest, ABurstLiftsTheTargetUpToTheCeiling) {
  policy().keep(python_);
  burst(python_, 3);
  fill();
  EXPECT_EQ(policy().ready(), 3U);
  burst(python_, 50);
  fill();
  EXPECT_EQ(policy().ready(), 4U);
}

TEST_F(PoolPolicyTest, ASteadyRateLiftsTheTarget) {
  policy().keep(python_);
  for (int i = 0; i < 20; ++i) {
    policy().take(python_, now_);
    now_ += 500ms;  // Two a second: four within the window.
  }
  plan();
  EXPECT_EQ(policy().target(), 4U);
}

TEST_F(PoolPolicyTest, DemandFadesAndTheSurplusGoes) {
  policy().keep(python_);
  burst(python_, 4);
  fill();
  ASSERT_EQ(policy().ready(), 4U);
  now_ += options_.demand_half_life * 3;
  EXPECT_EQ(plan().surplus.size(), 2U);  // Back to the floor.
  EXPECT_EQ(policy().ready(), 2U);
}

TEST_F(PoolPolicyTest, AClassThatNobodyAsksForIsForgotten) {
  burst(science_, 1);
  fill();
  ASSERT_EQ(policy().classes().size(), 1U);
  now_ += options_.demand_half_life * 3;
  EXPECT_EQ(plan().surplus.size(), 2U);
  EXPECT_TRUE(policy().classes().empty());
}

TEST_F(PoolPolicyTest, ImagesHaveRangesOfTheirOwn) {
  options_.image_ranges["science"] = PoolRange{0, 1};
  burst(science_, 9);
  fill();
  EXPECT_EQ(policy().ready(), 1U);
}

TEST_F(PoolPolicyTest, SlotsAreSpreadByUseWithinTheWhole) {
  policy().keep(python_);
  burst(science_, 9);
  fill();
  // Both want; python gets its floor of two, for one goes to each in turn.
  EXPECT_EQ(policy().ready(), 4U);
  EXPECT_TRUE(policy().take(python_, now_));
  EXPECT_TRUE(policy().take(python_, now_));
  EXPECT_FALSE(policy().take(python_, now_));
}

TEST_F(PoolPolicyTest, ManyClassesNeverExceedTheWholeNorTheAccount) {
  options_.max_classes = 8;
  for (std::uint64_t size = 64; size < 164; ++size) policy().take(of_image("python", size), now_);
  now_ += 1s;
  fill();
  EXPECT_EQ(policy().ready(), 4U);
  EXPECT_LE(policy().classes().size(), 8U);
}

TEST_F(PoolPolicyTest, WithoutSlotsNothingIsStarted) {
  options_.max_slots = 0;
  policy().keep(python_);
  burst(python_, 9);
  EXPECT_TRUE(plan().start.empty());
}

// --- take

TEST_F(PoolPolicyTest, EachSlotIsGivenOnceOldestFirst) {
  policy().keep(python_);
  const PoolPlan first = plan();
  ASSERT_EQ(first.start.size(), 2U);
  const SlotId older = policy().started(python_, now_);
  const SlotId younger = policy().started(python_, now_ + 1s);
  EXPECT_EQ(policy().take(python_, now_), older);
  EXPECT_EQ(policy().take(python_, now_), younger);
  EXPECT_EQ(policy().take(python_, now_), std::nullopt);
}

TEST_F(PoolPolicyTest, AnotherSizeIsNotServed) {
  policy().keep(python_);
  fill();
  EXPECT_FALSE(policy().take(of_image("python", 256), now_));
}

// --- refill

TEST_F(PoolPolicyTest, StartsAreFewerWhileSubmissionsRun) {
  policy().keep(python_);
  EXPECT_EQ(plan(1).start.size(), 1U);
  EXPECT_TRUE(plan(1).start.empty());
  EXPECT_EQ(plan(0).start.size(), 1U);
}

TEST_F(PoolPolicyTest, StartsOfSubmissionsGoFirst) {
  policy().keep(python_);
  EXPECT_TRUE(plan(2, 1).start.empty());
  EXPECT_TRUE(plan(2, 2).start.empty());
  EXPECT_EQ(plan(2, 0).start.size(), 1U);
}

TEST_F(PoolPolicyTest, ABurstIsLetThroughBeforeTheRefill) {
  policy().keep(python_);
  fill();
  ASSERT_TRUE(policy().take(python_, now_));
  const PoolPlan at_once = plan(1);
  EXPECT_TRUE(at_once.start.empty());
  EXPECT_EQ(at_once.wake, now_ + options_.settle);
  now_ += options_.settle;
  EXPECT_EQ(plan(1).start.size(), 1U);
}

TEST_F(PoolPolicyTest, ABurstAsLargeAsThePoolIsLetThroughToo) {
  policy().keep(python_);
  fill();
  policy().take(python_, now_);
  policy().take(python_, now_);
  EXPECT_TRUE(plan(2).start.empty());
  now_ += options_.settle;
  EXPECT_EQ(plan(2).start.size(), 1U);
}

TEST_F(PoolPolicyTest, AnEmptyPoolDoesNotWaitWhenNothingIsServedFromIt) {
  policy().keep(python_);
  fill();
  policy().take(python_, now_);
  policy().take(python_, now_);
  EXPECT_EQ(plan(0).start.size(), 2U);
  EXPECT_FALSE(policy().take(python_, now_));
}

TEST_F(PoolPolicyTest, TheEmptiestClassIsFilledFirst) {
  policy().keep(python_);
  fill();
  burst(science_, 2);
  const PoolPlan next = plan(1);
  ASSERT_EQ(next.start.size(), 1U);
  EXPECT_EQ(next.start.front(), science_);
}

// --- age

TEST_F(PoolPolicyTest, AgedSlotsAreRecycledOneAfterTheOther) {
  policy().keep(python_);
  fill();
  now_ += options_.max_age;
  PoolPlan next = plan();
  EXPECT_EQ(next.recycle.size(), 1U);
  EXPECT_EQ(next.start.size(), 1U);
  EXPECT_TRUE(plan().recycle.empty()) << "the replacement is not there yet";
  policy().started(python_, now_);
  next = plan();
  EXPECT_EQ(next.recycle.size(), 1U);
  ASSERT_EQ(next.start.size(), 1U);
  policy().started(python_, now_);
  EXPECT_TRUE(plan().recycle.empty());
}

// --- losses and failures

TEST_F(PoolPolicyTest, ALostSlotIsReplaced) {
  policy().keep(python_);
  const PoolPlan first = plan();
  ASSERT_EQ(first.start.size(), 2U);
  const SlotId slot = policy().started(python_, now_);
  policy().started(python_, now_);
  policy().lost(slot, now_);
  EXPECT_EQ(policy().ready(), 1U);
  EXPECT_TRUE(plan().start.empty()) << "at once would be a loop if they all die young";
  now_ += options_.retry_first;
  EXPECT_EQ(plan().start.size(), 1U);
}

TEST_F(PoolPolicyTest, FailuresBackOffWithJitterAndDouble) {
  policy().keep(python_);
  auto delay_after_failure = [this] {
    PoolPlan next = plan(1);
    EXPECT_EQ(next.start.size(), 1U);
    policy().start_failed(python_, false, now_);
    next = plan(1);
    EXPECT_TRUE(next.start.empty());
    const auto before = now_;
    while (true) {
      now_ += 10ms;
      // A look without consequences: what is planned is failed by the next round.
      const PoolPlan probe = plan(1);
      if (!probe.start.empty()) {
        policy().start_abandoned(python_);
        return now_ - before;
      }
    }
  };
  EXPECT_EQ(delay_after_failure(), 500ms);
  EXPECT_EQ(delay_after_failure(), 1000ms);
  random_ = 0;
  EXPECT_EQ(delay_after_failure(), 1000ms);
  random_ = 1;
  for (int i = 0; i < 8; ++i) delay_after_failure();
  EXPECT_EQ(delay_after_failure(), 60s);
}

TEST_F(PoolPolicyTest, OneClasssFailuresDoNotHoldUpAnother) {
  policy().keep(python_);
  burst(science_, 1);
  ASSERT_EQ(plan(1).start.front(), python_);
  policy().start_failed(python_, false, now_);
  const PoolPlan next = plan(1);
  ASSERT_EQ(next.start.size(), 1U);
  EXPECT_EQ(next.start.front(), science_);
}

TEST_F(PoolPolicyTest, TheBreakerOpensForAllAndOneStartCloses) {
  policy().keep(python_);
  burst(science_, 1);
  for (unsigned i = 0; i < options_.failures_to_open; ++i) {
    const PoolPlan next = plan();
    ASSERT_FALSE(next.start.empty());
    for (const SandboxClass& each : next.start) policy().start_failed(each, true, now_);
    if (i + 1 < options_.failures_to_open) now_ += 60s;
    // Nobody asks meanwhile, but what was asked for is remembered.
    policy().take(science_, now_);
  }
  EXPECT_EQ(policy().breaker(now_), Breaker::open);
  EXPECT_TRUE(plan().start.empty());
  now_ += 60s;
  EXPECT_EQ(policy().breaker(now_), Breaker::half_open);
  const PoolPlan probe = plan();
  ASSERT_EQ(probe.start.size(), 1U);
  EXPECT_TRUE(plan().start.empty()) << "the probe decides";
  policy().started(probe.start.front(), now_);
  EXPECT_EQ(policy().breaker(now_), Breaker::closed);
  EXPECT_FALSE(plan().start.empty());
}

TEST_F(PoolPolicyTest, AStartOfASubmissionEndsTheBackOff) {
  policy().keep(python_);
  for (int i = 0; i < 5; ++i) {
    ASSERT_FALSE(plan(1).start.empty());
    policy().start_failed(python_, true, now_);
    now_ += 60s;
  }
  ASSERT_FALSE(plan(1).start.empty());
  policy().start_failed(python_, true, now_);
  ASSERT_TRUE(plan(1).start.empty());
  policy().start_seen(python_);
  EXPECT_EQ(policy().breaker(now_), Breaker::closed);
  EXPECT_FALSE(plan(1).start.empty());
}

// --- image change

TEST_F(PoolPolicyTest, AnImageChangeEmptiesTheOldAndFillsTheNew) {
  policy().keep(python_);
  burst(python_, 3);
  fill();
  ASSERT_EQ(policy().ready(), 3U);
  SandboxClass renewed = python_;
  renewed.digest = "sha256:new";
  policy().retire(python_, &renewed);
  const PoolPlan next = plan();
  EXPECT_EQ(next.surplus.size(), 3U);
  ASSERT_FALSE(next.start.empty());
  for (const SandboxClass& each : next.start) {
    EXPECT_EQ(each, renewed);
    policy().started(each, now_);
  }
  fill();
  EXPECT_EQ(policy().ready(), 3U) << "the demand is inherited";
  EXPECT_TRUE(policy().take(renewed, now_));
  EXPECT_EQ(policy().classes(), std::vector<SandboxClass>{renewed});
}

TEST_F(PoolPolicyTest, AStartForAnImageThatIsGoneMeanwhileIsSurplus) {
  policy().keep(python_);
  ASSERT_EQ(plan(1).start.size(), 1U);
  policy().retire(python_, nullptr);
  const SlotId late = policy().started(python_, now_);
  EXPECT_EQ(plan().surplus, std::vector<SlotId>{late});
  EXPECT_EQ(policy().target(), 0U);
}

TEST_F(PoolPolicyTest, AnImageThatComesBackIsKeptAgain) {
  policy().keep(python_);
  ASSERT_EQ(plan(1).start.size(), 1U);
  policy().retire(python_, nullptr);
  policy().keep(python_);
  policy().started(python_, now_);
  fill();
  EXPECT_EQ(policy().ready(), 2U);
}

TEST_F(PoolPolicyTest, ThePlanIsRepeatedInASecondAtTheLatest) {
  EXPECT_EQ(plan().wake, now_ + 1s);
}

}  // namespace
}  // namespace sallyport::runners

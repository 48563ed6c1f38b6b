#include "broker/admission/fair_queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace sallyport::broker {
namespace {

Owner user(const std::string& name, const std::string& key = "", double weight = 1) {
  return Owner(UserId(name), key, weight);
}

/// Those who wait, by name; whoever has had its turn is noted, and has ended at once unless told otherwise.
class FairQueueTest : public ::testing::Test {
 protected:
  struct Named : FairQueue::Entry {
    std::string name;
  };

  ~FairQueueTest() override {
    for (Named& entry : entries_) queue_->remove(entry);
  }

  void make(std::uint64_t max_running) { queue_.emplace(max_running); }

  Named& add(const Owner& owner, const std::string& name, Priority priority = Priority::normal) {
    Named& entry = entries_.emplace_back();
    entry.name = name;
    queue_->push(entry, queue_->open(owner), priority);
    return entry;
  }

  std::string next() {
    FairQueue::Entry* const entry = queue_->next();
    if (entry == nullptr) return "nobody";
    return static_cast<Named*>(entry)->name;
  }

  std::string next_and_end() {
    FairQueue::Entry* const entry = queue_->next();
    if (entry == nullptr) return "nobody";
    queue_->end(FairQueue::account_of(*entry));
    return static_cast<Named*>(entry)->name;
  }

  std::string turns(int count) {
    std::string names;
    for (int i = 0; i < count; ++i) names += (i == 0 ? "" : " ") + next_and_end();
    return names;
  }

  std::map<std::string, int> count_turns(int count) {
    std::map<std::string, int> counts;
    for (int i = 0; i < count; ++i) ++counts[next_and_end()];
    return counts;
  }

  std::deque<Named> entries_;
  std::optional<FairQueue> queue_{std::in_place, 0};
};

TEST_F(FairQueueTest, OneOwnerIsServedInTheOrderOfArrival) {
  for (const char* name : {"1", "2", "3"}) add(user("a"), name);
  EXPECT_EQ(turns(4), "1 2 3 nobody");
  EXPECT_EQ(queue_->owners(), 0U);
}

TEST_F(FairQueueTest, OwnersWithOneEachAreServedInTheOrderOfArrival) {
  for (const char* name : {"x", "b", "m", "a"}) add(user(name), name);
  EXPECT_EQ(turns(4), "x b m a");
}

TEST_F(FairQueueTest, AQuietUserIsServedWithinOneRoundOfANoisyOne) {
  for (int i = 0; i < 1000; ++i) add(user("noisy"), "noisy");
  count_turns(10);
  add(user("quiet"), "quiet");
  EXPECT_EQ(turns(3), "noisy quiet noisy");
}

TEST_F(FairQueueTest, AQuietUserWaitsForOneTurnOfEachOther) {
  for (int i = 0; i < 50; ++i) {
    for (int other = 0; other < 20; ++other) add(user("u" + std::to_string(other)), "other");
  }
  count_turns(123);
  add(user("quiet"), "quiet");
  EXPECT_EQ(count_turns(21)["quiet"], 1);
}

TEST_F(FairQueueTest, UsersShareTurnsEvenlyWhateverTheyHaveWaiting) {
  for (int i = 0; i < 300; ++i) add(user("many"), "many");
  for (int i = 0; i < 100; ++i) add(user("some"), "some");
  for (int i = 0; i < 100; ++i) add(user("few"), "few");
  const auto counts = count_turns(300);
  EXPECT_NEAR(counts.at("many"), 100, 1);
  EXPECT_NEAR(counts.at("some"), 100, 1);
  EXPECT_NEAR(counts.at("few"), 100, 1);
}

TEST_F(FairQueueTest, KeysShareTurnsByTheirWeightsHoweverManyUsersTheyHave) {
  for (int i = 0; i < 1000; ++i) add(user("u" + std::to_string(i % 100), "crowd"), "crowd");
  for (int i = 0; i < 1000; ++i) add(user("one", "heavy", 3), "heavy");
  const auto counts = count_turns(400);
  EXPECT_NEAR(counts.at("crowd"), 100, 2);
  EXPECT_NEAR(counts.at("heavy"), 300, 2);
}

TEST_F(FairQueueTest, TheSameUserIdUnderTwoKeysIsTwoUsers) {
  for (int i = 0; i < 10; ++i) add(user("7", "a"), "a");
  add(user("7", "b"), "b");
  EXPECT_EQ(queue_->owners(), 2U);
  EXPECT_EQ(turns(2), "a b");
}

TEST(Owner, NumbersTextsAndNobodyAreDifferentUsers) {
  EXPECT_NE(Owner(UserId(std::int64_t{7})).user, Owner(UserId(std::string("7"))).user);
  EXPECT_NE(Owner(UserId(std::string())).user, Owner(UserId()).user);
  EXPECT_EQ(Owner(UserId()).user, "");
}

TEST_F(FairQueueTest, HighPriorityGoesFirstAndLowLast) {
  add(user("a"), "low", Priority::low);
  add(user("b"), "normal");
  add(user("c"), "high", Priority::high);
  EXPECT_EQ(turns(3), "high normal low");
  add(user("a"), "low", Priority::low);
  add(user("a"), "normal");
  add(user("a"), "high", Priority::high);
  EXPECT_EQ(turns(3), "high normal low");
}

TEST_F(FairQueueTest, NoPriorityStarvesWithinAUser) {
  for (int i = 0; i < 1000; ++i) add(user("a"), "high", Priority::high);
  for (int i = 0; i < 1000; ++i) add(user("a"), "normal");
  for (int i = 0; i < 1000; ++i) add(user("a"), "low", Priority::low);
  const auto counts = count_turns(1050);
  EXPECT_NEAR(counts.at("low"), 50, 2);
  EXPECT_NEAR(counts.at("normal"), 200, 2);
  EXPECT_NEAR(counts.at("high"), 800, 2);
}

/// The others go on for ever, each new one of a new user: the worst that can happen to who has low priority.
TEST_F(FairQueueTest, LowPriorityIsServedThoughNewUsersKeepComing) {
  constexpr int kOthers = 10;
  add(user("patient"), "low", Priority::low);
  int serial = 0;
  for (; serial < kOthers; ++serial) add(user(std::to_string(serial)), "high", Priority::high);
  int waited = 0;
  while (next_and_end() != "low") {
    ASSERT_LT(++waited, 16 * kOthers + 16);
    add(user(std::to_string(serial++)), "high", Priority::high);
  }
  EXPECT_GT(waited, kOthers);
}

TEST_F(FairQueueTest, AskingForHighDoesNotTakeMoreThanFourTurns) {
  for (int i = 0; i < 1000; ++i) add(user("pushy"), "pushy", Priority::high);
  for (int i = 0; i < 1000; ++i) add(user("modest"), "modest");
  const auto counts = count_turns(500);
  EXPECT_NEAR(counts.at("pushy"), 400, 2);
  EXPECT_NEAR(counts.at("modest"), 100, 2);
}

TEST_F(FairQueueTest, WhoHasAsManyRunningAsItMayIsPassedByUntilOneEnds) {
  make(2);
  for (int i = 0; i < 5; ++i) add(user("noisy"), "noisy");
  add(user("quiet"), "quiet");
  FairQueue::Account& noisy = queue_->open(user("noisy"));
  EXPECT_EQ(next(), "noisy");
  EXPECT_EQ(next(), "quiet");
  EXPECT_EQ(next(), "noisy");
  EXPECT_FALSE(queue_->may_run(noisy));
  EXPECT_EQ(next(), "nobody");
  queue_->end(noisy);
  EXPECT_EQ(next(), "noisy");
  EXPECT_EQ(next(), "nobody");
  EXPECT_EQ(FairQueue::running(noisy), 2U);
  EXPECT_EQ(FairQueue::waiting(noisy), 2U);
}

/// Being held back is no credit: it does not get all the turns that it missed at once.
TEST_F(FairQueueTest, WhoWasHeldBackDoesNotCatchUp) {
  make(1);
  for (int i = 0; i < 100; ++i) add(user("held"), "held");
  for (int i = 0; i < 100; ++i) add(user("other"), "other");
  EXPECT_EQ(next(), "held");
  for (int i = 0; i < 50; ++i) EXPECT_EQ(next_and_end(), "other");
  queue_->end(queue_->open(user("held")));
  const auto counts = count_turns(20);
  EXPECT_NEAR(counts.at("held"), 10, 1);
  EXPECT_NEAR(counts.at("other"), 10, 1);
}

TEST_F(FairQueueTest, WhoGivesUpIsForgotten) {
  Named& first = add(user("a"), "a1");
  Named& second = add(user("a"), "a2", Priority::high);
  add(user("b"), "b");
  queue_->remove(second);
  queue_->remove(second);
  queue_->remove(first);
  EXPECT_EQ(queue_->owners(), 1U);
  EXPECT_EQ(queue_->size(), 1U);
  EXPECT_EQ(queue_->size(Priority::high), 0U);
  EXPECT_EQ(turns(2), "b nobody");
}

TEST_F(FairQueueTest, AnArrivalPushesOutTheNewestOfWhoHasMost) {
  for (int i = 0; i < 4; ++i) add(user("noisy"), "noisy" + std::to_string(i));
  for (int i = 0; i < 2; ++i) add(user("medium"), "medium");
  FairQueue::Account& quiet = queue_->open(user("quiet"));
  EXPECT_EQ(static_cast<Named*>(queue_->displaceable(quiet))->name, "noisy3");
  FairQueue::Account& medium = queue_->open(user("medium"));
  EXPECT_EQ(static_cast<Named*>(queue_->displaceable(medium))->name, "noisy3");
  add(user("medium"), "medium");
  EXPECT_EQ(queue_->displaceable(medium), nullptr);
  EXPECT_EQ(queue_->displaceable(queue_->open(user("noisy"))), nullptr);
  queue_->forget_if_idle(quiet);
}

TEST_F(FairQueueTest, TheLeastPriorityIsPushedOutFirst) {
  add(user("noisy"), "low", Priority::low);
  for (int i = 0; i < 3; ++i) add(user("noisy"), "high", Priority::high);
  FairQueue::Account& quiet = queue_->open(user("quiet"));
  EXPECT_EQ(static_cast<Named*>(queue_->displaceable(quiet))->name, "low");
  queue_->forget_if_idle(quiet);
}

TEST_F(FairQueueTest, NobodyIsPushedOutWhereAllHaveTheSame) {
  for (const char* name : {"a", "b", "c"}) add(user(name), name);
  FairQueue::Account& quiet = queue_->open(user("quiet"));
  EXPECT_EQ(queue_->displaceable(quiet), nullptr);
  queue_->forget_if_idle(quiet);
}

TEST_F(FairQueueTest, AKeyWithLessThanItsShareIsLetInAtTheCostOfTheLargest) {
  for (int i = 0; i < 40; ++i) add(user("u" + std::to_string(i), "crowd"), "crowd");
  add(user("one", "small"), "small");
  FairQueue::Account& small = queue_->open(user("two", "small"));
  EXPECT_EQ(static_cast<Named*>(queue_->displaceable(small))->name, "crowd");
  FairQueue::Account& crowd = queue_->open(user("new", "crowd"));
  EXPECT_EQ(queue_->displaceable(crowd), nullptr);
  queue_->forget_if_idle(small);
  queue_->forget_if_idle(crowd);
}

TEST_F(FairQueueTest, NothingIsLeftOfAFloodOfOwners) {
  for (int i = 0; i < 10'000; ++i) {
    FairQueue::Account& account = queue_->open(user(std::to_string(i)));
    queue_->begin(account);
    queue_->end(account);
  }
  EXPECT_EQ(queue_->owners(), 0U);
}

/// Whatever happens in whatever order, the counts agree with a plain model and everybody gets a turn.
TEST_F(FairQueueTest, KeepsItsBooksUnderRandomUse) {
  make(3);
  std::mt19937 random(20'260'101);
  std::map<std::string, int> running;
  std::size_t waiting = 0;
  std::vector<Named*> queued;
  for (int step = 0; step < 20'000; ++step) {
    const auto name = std::to_string(random() % 30);
    const Owner owner = user(name, std::to_string(random() % 3));
    const std::string id = owner.key + "/" + name;
    switch (random() % 4) {
      case 0:
      case 1: {
        queued.push_back(&add(owner, id, static_cast<Priority>(random() % 3)));
        ++waiting;
        break;
      }
      case 2: {
        const std::string served = next();
        if (served == "nobody") break;
        --waiting;
        ASSERT_LE(++running[served], 3);
        break;
      }
      default: {
        if (running[id] > 0) {
          --running[id];
          queue_->end(queue_->open(owner));
        } else if (!queued.empty()) {
          Named* const victim = queued[random() % queued.size()];
          if (victim->waits()) --waiting;
          queue_->remove(*victim);
        }
      }
    }
    ASSERT_EQ(queue_->size(), waiting);
  }
  // All that still waits is served once what runs has ended.
  for (std::string served; waiting > 0; --waiting) {
    for (auto& [id, count] : running) {
      const auto slash = id.find('/');
      for (; count > 0; --count) queue_->end(queue_->open(user(id.substr(slash + 1), id.substr(0, slash))));
    }
    served = next();
    ASSERT_NE(served, "nobody");
    ++running[served];
  }
}

}  // namespace
}  // namespace sallyport::broker

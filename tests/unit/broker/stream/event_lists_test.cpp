#include "broker/stream/event_lists.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sallyport::broker {
namespace {

using namespace std::chrono_literals;

class EventListsTest : public ::testing::Test {
 protected:
  static config::Streaming config() {
    config::Streaming config;
    config.kept_seconds = 10;
    config.max_kept_bytes = 5000;
    return config;
  }
  EventLists::Pointer ended(const std::string& id, std::size_t size = 10) {
    auto events = lists_.open(id, "key");
    events->end(std::string(size, 'x'), "");
    lists_.keep(events);
    return events;
  }

  boost::asio::io_context context_{1};
  std::chrono::steady_clock::time_point now_{};
  EventLists lists_{context_.get_executor(), config(), [this] { return now_; }};
};

TEST_F(EventListsTest, AListIsSharedByWritersAndReaders) {
  const auto written = lists_.open("a", "key");
  EXPECT_EQ(lists_.open("a", "key"), written);
  EXPECT_EQ(lists_.find("key", "a"), written);
  EXPECT_EQ(lists_.find("other", "a"), nullptr);
  EXPECT_EQ(lists_.find("key", "b"), nullptr);
}

TEST_F(EventListsTest, AListThatNobodyHoldsIsGone) {
  static_cast<void>(lists_.open("a", "key"));
  EXPECT_EQ(lists_.find("key", "a"), nullptr);
  EXPECT_EQ(lists_.size(), 0U);
}

TEST_F(EventListsTest, WhatHasEndedIsKeptForAWhile) {
  ended("a");
  now_ += 9s;
  EXPECT_NE(lists_.find("key", "a"), nullptr);
  ended("b");
  now_ += 2s;
  ended("c");
  EXPECT_EQ(lists_.find("key", "a"), nullptr);
  EXPECT_NE(lists_.find("key", "b"), nullptr);
}

TEST_F(EventListsTest, WhatIsKeptIsBounded) {
  for (int i = 0; i < 100; ++i) ended(std::to_string(i), 1000);
  EXPECT_EQ(lists_.size(), 4U);
  EXPECT_EQ(lists_.find("key", "0"), nullptr);
  EXPECT_NE(lists_.find("key", "99"), nullptr);
  ended("large", 10'000);
  EXPECT_EQ(lists_.size(), 0U);
}

TEST_F(EventListsTest, NamesOfListsThatAreGoneDoNotGather) {
  for (int i = 0; i < 10'000; ++i) static_cast<void>(lists_.open(std::to_string(i), "key"));
  EXPECT_EQ(lists_.size(), 0U);
}

}  // namespace
}  // namespace sallyport::broker

#include "runners/oom_watch.hpp"

#include "base/run_to_end.hpp"
#include "tests/unit/docker/fake_engine.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sallyport::runners {
namespace {

using namespace std::chrono_literals;
using test::Peer;

std::string oom_event(const std::string& id) {
  return test::chunk(R"({"Type":"container","Action":"oom","Actor":{"ID":")" + id +
                     R"(","Attributes":{}},"time":1,"timeNano":1000000000})" + "\n");
}

class OomWatchTest : public testing::Test {
 protected:
  void serve(std::vector<test::Script> scripts) {
    engine_ = std::make_unique<test::FakeEngine>(std::move(scripts));
    docker::ClientOptions options;
    options.socket_path = engine_->socket_path();
    client_ = std::make_unique<docker::Client>(context_.get_executor(), options);
    watch_ = std::make_unique<OomWatch>(context_.get_executor(), *client_, InstanceIdentity{"test", "run-1"});
  }

  bool reported(const std::string& id, std::chrono::milliseconds within) {
    return base::run_to_end(context_, watch_->reported(id, base::CallBounds(base::Deadline::after(within))));
  }

  void TearDown() override {
    if (!watch_) return;
    base::run_to_end(context_, watch_->shut_down(base::CallBounds(base::Deadline::after(10s))));
  }

  boost::asio::io_context context_;
  std::unique_ptr<test::FakeEngine> engine_;
  std::unique_ptr<docker::Client> client_;
  std::unique_ptr<OomWatch> watch_;
};

TEST_F(OomWatchTest, TellsOneContainerFromAnother) {
  std::string head;
  serve({[&head](Peer& peer) {
    head = peer.read_head();
    peer.send(test::chunked_head() + oom_event("aa") + oom_event("stranger"));
    peer.stall();
  }});
  watch_->expect("aa");
  watch_->expect("bb");
  EXPECT_TRUE(reported("aa", 10s));
  EXPECT_TRUE(reported("aa", 10s)) << "it stays known";
  EXPECT_FALSE(reported("bb", 20ms));
  EXPECT_FALSE(reported("stranger", 20ms));
  EXPECT_THAT(head, testing::HasSubstr("%22event%22%3A%5B%22oom%22%5D"));
  EXPECT_THAT(head, testing::HasSubstr("run-1"));
}

TEST_F(OomWatchTest, AReportThatComesLateIsWaitedFor) {
  serve({[](Peer& peer) {
    peer.read_head();
    peer.send(test::chunked_head());
    std::this_thread::sleep_for(100ms);
    peer.send(oom_event("aa"));
    peer.stall();
  }});
  watch_->expect("aa");
  EXPECT_TRUE(reported("aa", 10s));
}

TEST_F(OomWatchTest, SubscribesAgainWhenTheEngineEndsTheStream) {
  serve({[](Peer& peer) {
           peer.read_head();
           peer.send(test::chunked_head() + "0\r\n\r\n");
         },
         [](Peer& peer) {
           peer.read_head();
           peer.send(test::chunked_head() + oom_event("aa"));
           peer.stall();
         }});
  watch_->expect("aa");
  EXPECT_TRUE(reported("aa", 10s));
}

TEST_F(OomWatchTest, WhatIsForgottenIsNotWaitedFor) {
  serve({[](Peer& peer) {
    peer.read_head();
    peer.send(test::chunked_head());
    peer.stall();
  }});
  watch_->expect("aa");
  watch_->forget("aa");
  EXPECT_FALSE(reported("aa", 10s));
}

TEST_F(OomWatchTest, NothingIsAskedUntilAContainerIsExpected) {
  serve({[](Peer& peer) { peer.stall(); }});
  EXPECT_FALSE(reported("aa", 20ms));
  EXPECT_EQ(engine_->connections(), 0U);
}

}  // namespace
}  // namespace sallyport::runners

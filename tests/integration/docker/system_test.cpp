// Calls about the engine itself, against the real one.
#include "tests/integration/docker/engine_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::docker {
namespace {

using SystemTest = EngineTest;

TEST_F(SystemTest, Answers) {
  auto pinged = run(client.ping(within(5s)));
  EXPECT_TRUE(pinged.has_value()) << pinged.error().to_string();
}

TEST_F(SystemTest, NegotiatesAVersionThatTheEngineTakes) {
  auto version = run(client.negotiate(within(5s)));
  ASSERT_TRUE(version.has_value()) << version.error().to_string();
  EXPECT_FALSE(version->engine_version.empty());
  auto info = run(client.info(within(5s)));
  ASSERT_TRUE(info.has_value()) << info.error().to_string();
  EXPECT_EQ(info->engine_version, version->engine_version);
}

TEST_F(SystemTest, InfoTellsWhatTheSandboxNeedsToKnow) {
  auto info = run(client.info(within(5s)));
  ASSERT_TRUE(info.has_value()) << info.error().to_string();
  EXPECT_THAT(info->runtimes, ::testing::Contains("runc"));
  EXPECT_THAT(info->runtimes, ::testing::Contains("runsc"));
  EXPECT_FALSE(info->default_runtime.empty());
  EXPECT_FALSE(info->kernel_version.empty());
  EXPECT_GT(info->cpus, 0);
  EXPECT_GT(info->memory_bytes, 0);
}

TEST_F(SystemTest, EventsTellOfAContainersLife) {
  auto events = run(client.events(EventFilter(labels()), within(5s)));
  ASSERT_TRUE(events.has_value()) << events.error().to_string();
  // Nothing has happened yet; the subscription outlives the time-out.
  auto nothing = run(events->next(within(50ms)));
  ASSERT_TRUE(nothing.has_error());
  EXPECT_EQ(nothing.error().kind, ErrorKind::timed_out);

  const std::string id = create(spec({"exit", "4"}));
  auto started = run(client.start(id, within()));
  ASSERT_TRUE(started.has_value()) << started.error().to_string();

  std::vector<std::string> actions;
  while (actions.empty() || actions.back() != "die") {
    auto event = run(events->next(within(20s)));
    ASSERT_TRUE(event.has_value()) << event.error().to_string();
    ASSERT_TRUE(event->has_value());
    EXPECT_EQ((*event)->type, "container");
    EXPECT_EQ((*event)->actor_id, id);
    EXPECT_GT((*event)->time_nanoseconds, 0);
    actions.push_back((*event)->action);
    if ((*event)->action == "die") {
      EXPECT_EQ((*event)->attributes["exitCode"], "4");
    }
  }
  EXPECT_THAT(actions, ::testing::ElementsAre("create", "start", "die"));
}

TEST_F(SystemTest, NoEventIsLostRightAfterTheSubscription) {
  for (int i = 0; i < 20; ++i) {
    auto events = run(client.events(EventFilter(labels()), within(5s)));
    ASSERT_TRUE(events.has_value()) << events.error().to_string();
    const std::string id = create(spec({"exit", "0"}));
    auto event = run(events->next(within(5s)));
    ASSERT_TRUE(event.has_value()) << event.error().to_string();
    ASSERT_TRUE(event->has_value());
    EXPECT_EQ((*event)->action, "create");
    EXPECT_EQ((*event)->actor_id, id);
    auto removed = run(client.remove(id, within()));
    ASSERT_TRUE(removed.has_value()) << removed.error().to_string();
  }
}

TEST_F(SystemTest, NobodyListens) {
  ClientOptions elsewhere;
  elsewhere.socket_path = "/nonexistent/docker.sock";
  Client lonely(context.get_executor(), elsewhere);
  auto pinged = run(lonely.ping(within(5s)));
  ASSERT_TRUE(pinged.has_error());
  EXPECT_EQ(pinged.error().kind, ErrorKind::connect_failed);
}

}  // namespace
}  // namespace sallyport::docker

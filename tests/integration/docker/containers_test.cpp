// The life of containers, against the real engine, under its default runtime and under gVisor.
#include "tests/integration/docker/engine_fixture.hpp"

#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>

#include <algorithm>

namespace sallyport::docker {
namespace {

/// Both runtimes; the parameter is the runtime's name, empty for the engine's default.
class ContainersTest : public EngineTest, public ::testing::WithParamInterface<std::string> {
 protected:
  std::string create(std::vector<std::string> command) {
    return EngineTest::create(spec(std::move(command), GetParam()));
  }

  AttachedStream attach(const std::string& id) {
    auto stream = run(client.attach(id, within()));
    return std::move(stream).value();
  }

  PendingExit wait(const std::string& id) {
    auto pending = run(client.wait(id, WaitCondition::next_exit, within()));
    return std::move(pending).value();
  }

  void start(const std::string& id) {
    auto started = run(client.start(id, within()));
    ASSERT_TRUE(started.has_value()) << started.error().to_string();
  }

  std::int64_t exit_code(PendingExit& pending) {
    auto exit = run(pending.get(within()));
    return std::move(exit).value().status_code;
  }
};

INSTANTIATE_TEST_SUITE_P(Runtimes, ContainersTest, ::testing::Values("", "runsc"),
                         [](const auto& tested) { return tested.param.empty() ? "default" : tested.param; });

TEST_P(ContainersTest, RunsFromCreateToRemove) {
  const std::string id = create({"out", "to stdout", "err", "to stderr", "exit", "7"});
  AttachedStream stream = attach(id);
  PendingExit pending = wait(id);
  start(id);

  const Output output = read_to_end(stream);
  EXPECT_EQ(output.stdout_text, "to stdout");
  EXPECT_EQ(output.stderr_text, "to stderr");
  EXPECT_EQ(exit_code(pending), 7);
  EXPECT_EQ(exit_code(pending), 7) << "asking again gives the same";

  auto details = run(client.inspect(id, within()));
  ASSERT_TRUE(details.has_value()) << details.error().to_string();
  EXPECT_EQ(details->id, id);
  EXPECT_EQ(details->status, "exited");
  EXPECT_FALSE(details->running);
  EXPECT_FALSE(details->oom_killed);
  EXPECT_EQ(details->exit_code, 7);
  EXPECT_EQ(details->labels["sallyport.test"], "docker");
  EXPECT_TRUE(details->image_id.starts_with("sha256:"));
  EXPECT_NE(details->raw_json.find("\"no-new-privileges\""), std::string::npos);

  for (int i = 0; i < 2; ++i) {
    auto removed = run(client.remove(id, within()));
    EXPECT_TRUE(removed.has_value()) << removed.error().to_string();
  }
  auto gone = run(client.inspect(id, within()));
  ASSERT_TRUE(gone.has_error());
  EXPECT_TRUE(gone.error().is_not_found()) << gone.error().to_string();
}

TEST_P(ContainersTest, HalfCloseOfStdinIsItsEnd) {
  const std::string id = create({"cat", "exit", "3"});
  AttachedStream stream = attach(id);
  PendingExit pending = wait(id);
  start(id);

  auto written = run(stream.write("first, ", within()));
  ASSERT_TRUE(written.has_value()) << written.error().to_string();
  auto echoed = run(stream.read(within()));
  ASSERT_TRUE(echoed.has_value()) << echoed.error().to_string();
  EXPECT_EQ((*echoed)->data, "first, ");
  // The container is silent, and still there: the read may be repeated after its time is up.
  for (int i = 0; i < 3; ++i) {
    auto silence = run(stream.read(within(20ms)));
    ASSERT_TRUE(silence.has_error());
    EXPECT_EQ(silence.error().kind, ErrorKind::timed_out);
    auto waiting = run(pending.get(within(20ms)));
    ASSERT_TRUE(waiting.has_error());
    EXPECT_EQ(waiting.error().kind, ErrorKind::timed_out);
  }
  written = run(stream.write("second", within()));
  ASSERT_TRUE(written.has_value()) << written.error().to_string();
  auto closed = stream.close_stdin();
  ASSERT_TRUE(closed.has_value()) << closed.error().to_string();
  EXPECT_EQ(read_to_end(stream).stdout_text, "second<end of input>");
  EXPECT_EQ(exit_code(pending), 3);
}

TEST_P(ContainersTest, EarlyAndLateOutputOfShortProgramsIsNotLost) {
  for (int i = 0; i < 8; ++i) {
    const std::string id = create({"out", "a", "err", "b"});
    AttachedStream stream = attach(id);
    PendingExit pending = wait(id);
    start(id);
    // Only now, when the program may long have ended.
    const Output output = read_to_end(stream);
    EXPECT_EQ(output.stdout_text, "a");
    EXPECT_EQ(output.stderr_text, "b");
    EXPECT_EQ(exit_code(pending), 0);
  }
}

TEST_P(ContainersTest, MuchOutputComesThroughWhole) {
  const std::string id = create({"flood", "8388608", "out", "end"});
  AttachedStream stream = attach(id);
  PendingExit pending = wait(id);
  start(id);
  const Output output = read_to_end(stream);
  EXPECT_EQ(output.stdout_text.size(), 8388608U + 3U);
  EXPECT_TRUE(output.stdout_text.ends_with("x\nend"));
  EXPECT_EQ(exit_code(pending), 0);
}

TEST_P(ContainersTest, KillEndsASleeper) {
  const std::string id = create({"out", "asleep", "sleep", "60"});
  AttachedStream stream = attach(id);
  PendingExit pending = wait(id);
  start(id);
  auto chunk = run(stream.read(within()));
  ASSERT_TRUE(chunk.has_value()) << chunk.error().to_string();

  auto stats = run(client.stats(id, within()));
  ASSERT_TRUE(stats.has_value()) << stats.error().to_string();
  EXPECT_GT(stats->memory_usage_bytes, 0U);
  EXPECT_GT(stats->cpu_total_nanoseconds, 0U);
  EXPECT_GT(stats->pids_current, 0U);

  auto killed = run(client.kill(id, "KILL", within()));
  ASSERT_TRUE(killed.has_value()) << killed.error().to_string();
  EXPECT_EQ(exit_code(pending), 137);
  EXPECT_EQ(read_to_end(stream).stdout_text, "");
  auto again = run(client.kill(id, "KILL", within()));
  ASSERT_TRUE(again.has_error());
  EXPECT_TRUE(again.error().is_conflict()) << again.error().to_string();
}

TEST_P(ContainersTest, LimitsCanBeChanged) {
  ContainerSpec wanted = spec({"out", "asleep", "sleep", "60"}, GetParam());
  wanted.memory_bytes = 256 << 20;
  wanted.memory_swap_bytes = 256 << 20;
  wanted.nano_cpus = 500'000'000;
  wanted.pids_limit = 512;
  wanted.ulimits.push_back(Ulimit{"nofile", 64, 64});
  wanted.tmpfs["/work"] = "rw,noexec,nosuid,size=1048576";
  const std::string id = EngineTest::create(wanted);
  ContainerUpdate change;
  change.memory_bytes = 128 << 20;
  change.memory_swap_bytes = 128 << 20;
  change.cpu_shares = 512;
  auto warnings = run(client.update(id, change, within()));
  ASSERT_TRUE(warnings.has_value()) << warnings.error().to_string();
  EXPECT_THAT(*warnings, ::testing::IsEmpty());
  auto details = run(client.inspect(id, within()));
  ASSERT_TRUE(details.has_value()) << details.error().to_string();
  EXPECT_NE(details->raw_json.find("\"Memory\":134217728,"), std::string::npos);
  EXPECT_NE(details->raw_json.find("\"CpuShares\":512,"), std::string::npos);
  EXPECT_NE(details->raw_json.find("\"NanoCpus\":500000000,"), std::string::npos);
  EXPECT_NE(details->raw_json.find("\"PidsLimit\":512,"), std::string::npos);

  start(id);
  ContainerUpdate live;
  live.memory_bytes = 96 << 20;
  live.memory_swap_bytes = 96 << 20;
  warnings = run(client.update(id, live, within()));
  if (GetParam() == "runsc") {
    // gVisor has no "update" command: what runs keeps its limits, and the engine says so.
    ASSERT_TRUE(warnings.has_error());
    EXPECT_EQ(warnings.error().kind, ErrorKind::engine) << warnings.error().to_string();
    EXPECT_EQ(warnings.error().status, 500);
  } else {
    ASSERT_TRUE(warnings.has_value()) << warnings.error().to_string();
    details = run(client.inspect(id, within()));
    ASSERT_TRUE(details.has_value()) << details.error().to_string();
    EXPECT_NE(details->raw_json.find("\"Memory\":100663296,"), std::string::npos);
  }
}

TEST_P(ContainersTest, ListsByLabel) {
  ContainerSpec wanted = spec({"exit", "0"}, GetParam());
  wanted.labels["odd value"] = "a=b&c\"d %41/é";
  const std::string id = EngineTest::create(wanted);
  create({"exit", "0"});

  auto all = run(client.list_containers(labels(), within()));
  ASSERT_TRUE(all.has_value()) << all.error().to_string();
  EXPECT_EQ(all->size(), 2U);

  Labels odd = labels();
  odd["odd value"] = "a=b&c\"d %41/é";
  auto one = run(client.list_containers(odd, within()));
  ASSERT_TRUE(one.has_value()) << one.error().to_string();
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(one->front().id, id);
  EXPECT_EQ(one->front().state, "created");
  EXPECT_EQ(one->front().labels, wanted.labels);
  EXPECT_GT(one->front().created_unix, 0);

  odd["odd value"] = "";
  auto by_key = run(client.list_containers(odd, within()));
  ASSERT_TRUE(by_key.has_value()) << by_key.error().to_string();
  EXPECT_EQ(by_key->size(), 1U);
}

TEST_P(ContainersTest, ManyAtOnce) {
  std::vector<std::string> texts(6);
  std::size_t done = 0;
  const auto one = [&](std::size_t index) -> boost::asio::awaitable<void> {
    std::vector<std::string> command{"out", std::to_string(index)};
    ContainerSpec wanted = spec(std::move(command), GetParam());
    auto created = co_await client.create_container(std::move(wanted), within());
    const std::string id = std::move(created).value().id;
    auto stream = co_await client.attach(id, within());
    auto pending = co_await client.wait(id, WaitCondition::next_exit, within());
    auto started = co_await client.start(id, within());
    EXPECT_TRUE(started.has_value()) << started.error().to_string();
    for (;;) {
      auto chunk = co_await stream->read(within());
      if (chunk.has_error() || !*chunk) break;
      texts[index] += (*chunk)->data;
    }
    auto exit = co_await pending->get(within());
    EXPECT_EQ(std::move(exit).value().status_code, 0);
    auto removed = co_await client.remove(id, within());
    EXPECT_TRUE(removed.has_value()) << removed.error().to_string();
    ++done;
  };
  for (std::size_t i = 0; i < texts.size(); ++i)
    boost::asio::co_spawn(context, one(i), boost::asio::detached);
  context.restart();
  while (done < texts.size() && context.run_one() > 0) {
  }
  EXPECT_THAT(texts, ::testing::ElementsAre("0", "1", "2", "3", "4", "5"));
}

using ContainerErrorsTest = EngineTest;

TEST_F(ContainerErrorsTest, MissingThings) {
  ContainerSpec missing_image = spec({});
  missing_image.image = "sallyport-no-such-image:1";
  auto created = run(client.create_container(missing_image, within()));
  ASSERT_TRUE(created.has_error());
  EXPECT_TRUE(created.error().is_not_found()) << created.error().to_string();
  EXPECT_EQ(created.error().call, "POST /containers/create");

  auto attached = run(client.attach("sallyport-no-such-container", within()));
  ASSERT_TRUE(attached.has_error());
  EXPECT_TRUE(attached.error().is_not_found()) << attached.error().to_string();
  auto waited = run(client.wait("sallyport-no-such-container", WaitCondition::next_exit, within()));
  ASSERT_TRUE(waited.has_error());
  EXPECT_TRUE(waited.error().is_not_found()) << waited.error().to_string();
}

TEST_F(ContainerErrorsTest, UnknownRuntimeIsAnError) {
  auto created = run(client.create_container(spec({"exit", "0"}, "no-such-runtime"), within()));
  if (created.has_error()) {
    EXPECT_EQ(created.error().kind, ErrorKind::engine);
    return;
  }
  auto started = run(client.start(created->id, within()));
  ASSERT_TRUE(started.has_error());
  EXPECT_EQ(started.error().kind, ErrorKind::engine);
}

TEST_F(ContainerErrorsTest, ProgramThatDoesNotExistFailsTheStart) {
  ContainerSpec wanted = spec({});
  wanted.command = {"/nothing/here"};
  const std::string id = create(wanted);
  auto started = run(client.start(id, within()));
  ASSERT_TRUE(started.has_error());
  EXPECT_EQ(started.error().kind, ErrorKind::engine);
  EXPECT_EQ(started.error().message.find('\n'), std::string::npos);
  auto details = run(client.inspect(id, within()));
  ASSERT_TRUE(details.has_value()) << details.error().to_string();
  EXPECT_FALSE(details->error.empty());
  EXPECT_EQ(details->started_at, "0001-01-01T00:00:00Z");
}

TEST_F(ContainerErrorsTest, NameInUseIsAConflict) {
  ContainerSpec wanted = spec({"exit", "0"});
  wanted.name = image_repository() + "-name";
  create(wanted);
  auto again = run(client.create_container(wanted, within()));
  ASSERT_TRUE(again.has_error());
  EXPECT_TRUE(again.error().is_conflict()) << again.error().to_string();
}

}  // namespace
}  // namespace sallyport::docker

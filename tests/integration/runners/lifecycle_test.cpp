// Containers come and go with their runs, whatever ends these.
#include "runner_fixture.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include <thread>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

using namespace std::chrono_literals;

class Lifecycle : public RunnerFixture {
 protected:
  void shut_down(ContainerReaper& reaper) {
    auto ending = [&]() -> asio::awaitable<bool> {
      const base::CallBounds bounds(base::Deadline::after(20s));
      co_await reaper.shut_down(bounds);
      co_return true;
    };
    await(ending());
  }
};

TEST_F(Lifecycle, AStoppedRunIsGoneWithinTwoSeconds) {
  // Stopped at many moments: in create, attach, start, before and after the agent was ready.
  for (const auto delay : {0ms, 5ms, 20ms, 80ms, 200ms, 400ms, 1000ms}) {
    std::stop_source stop;
    asio::steady_timer timer(context_, delay);
    timer.async_wait([&](const boost::system::error_code&) { stop.request_stop(); });
    const Outcome outcome = run(job("import time\ntime.sleep(60)\n"), nullptr, stop.get_token());
    EXPECT_EQ(outcome.verdict, Verdict::stopped) << delay.count() << " ms";
    EXPECT_TRUE(containers_gone_within(2.0)) << delay.count() << " ms";
  }
}

TEST_F(Lifecycle, ContainersAreRemovedBehindTheRun) {
  run("print(1)");
  EXPECT_TRUE(containers_gone_within(5.0));
  EXPECT_EQ(reaper_->counts().removed, 1U);
  EXPECT_EQ(reaper_->counts().failed, 0U);
}

// What an end costs the host must not fall on the replies of a burst.
TEST_F(Lifecycle, TheAgentEndsByItselfBehindTheReply) {
  reaper_options_.settle = 500ms;
  const Outcome outcome = run("import sys\nsys.exit(7)\n");
  const auto replied = base::Clock::now();
  EXPECT_EQ(outcome.exit_code, 7);
  auto dismissed = await(client_.wait(outcome.container_id, docker::WaitCondition::not_running, soon()));
  ASSERT_TRUE(dismissed) << dismissed.error().to_string();
  const auto end = await(dismissed->get(soon()));
  ASSERT_TRUE(end) << end.error().to_string();
  EXPECT_EQ(end->status_code, 7) << "it was killed";
  EXPECT_GT(base::Clock::now() - replied, 300ms) << "it did not wait to be dismissed";
  EXPECT_TRUE(containers_gone_within(20.0));
}

// With a network the engine's word on the exit is part of the reply.
TEST_F(Lifecycle, AnEndThatIsPartOfTheReplyIsNotPutOff) {
  reaper_options_.settle = 30s;
  Job with_network = job("import sys\nsys.exit(7)\n");
  with_network.limits.enable_network = true;
  const Outcome outcome = run(std::move(with_network));
  EXPECT_EQ(outcome.verdict, Verdict::exited);
  EXPECT_EQ(outcome.exit_code, 7);
  const auto after_reply = await(client_.inspect(outcome.container_id, soon()));
  ASSERT_TRUE(after_reply) << after_reply.error().to_string();
  EXPECT_FALSE(after_reply->running);
  EXPECT_EQ(after_reply->exit_code, 7);
}

TEST_F(Lifecycle, OrphansOfAFormerRunAreRemovedAtStart) {
  // A run of "the former broker", cut as SIGKILL cuts it: its container goes on without an owner.
  const SandboxClass any = exact_class("python", images_.resolve("python")->digest, Limits(), runner_config_);
  docker::ContainerSpec spec =
      make_container_spec(any, runner_config_, identity_, identity_.run + "-orphan", "execution");
  spec.labels[kRunLabel] = "former-run";
  const auto created = await(client_.create_container(spec, soon()));
  ASSERT_TRUE(created) << created.error().to_string();
  ASSERT_TRUE(await(client_.start(created->id, soon())));
  spec.name += "-2";
  spec.labels[kInstanceLabel] = identity_.instance + "-of-somebody-else";
  const auto foreign = await(client_.create_container(spec, soon()));
  ASSERT_TRUE(foreign);

  runner();
  const auto removed = await(reaper_->remove_orphans(soon()));
  ASSERT_TRUE(removed) << removed.error().to_string();
  EXPECT_EQ(*removed, 1U);
  EXPECT_EQ(containers(), 0U);
  EXPECT_TRUE(await(client_.inspect(foreign->id, soon()))) << "a container of another instance was removed";
  EXPECT_TRUE(await(client_.remove(foreign->id, soon())));
}

TEST_F(Lifecycle, SweepFindsWhatNobodyClaims) {
  const SandboxClass any = exact_class("python", images_.resolve("python")->digest, Limits(), runner_config_);
  docker::ContainerSpec spec =
      make_container_spec(any, runner_config_, identity_, identity_.run + "-lost", "execution");
  ASSERT_TRUE(await(client_.create_container(spec, soon())));
  spec.name = identity_.run + "-claimed";
  ASSERT_TRUE(await(client_.create_container(spec, soon())));

  ReaperOptions options;
  options.sweep_interval = 50ms;
  ContainerReaper reaper(context_.get_executor(), client_, identity_, options, [](const std::string&) {});
  reaper.claim(spec.name);
  reaper.start_sweeping();
  const auto end = base::Clock::now() + 10s;
  while (reaper.counts().swept == 0 && base::Clock::now() < end) {
    context_.restart();
    context_.run_for(20ms);
  }
  context_.restart();
  context_.run_for(300ms);
  EXPECT_EQ(reaper.counts().swept, 1U);
  EXPECT_EQ(containers(), 1U);
  reaper.remove(spec.name);
  shut_down(reaper);
  EXPECT_EQ(containers(), 0U);
}

TEST_F(Lifecycle, ARemovalThatFailedIsTriedAgainAtTheEnd) {
  const SandboxClass any = exact_class("python", images_.resolve("python")->digest, Limits(), runner_config_);
  const docker::ContainerSpec spec =
      make_container_spec(any, runner_config_, identity_, identity_.run + "-stubborn", "execution");
  ASSERT_TRUE(await(client_.create_container(spec, soon())));

  ReaperOptions options;
  options.remove_timeout = 0ms;
  ContainerReaper reaper(context_.get_executor(), client_, identity_, options, [](const std::string&) {});
  reaper.remove(spec.name);
  shut_down(reaper);
  EXPECT_EQ(reaper.counts().failed, 1U);
  EXPECT_EQ(reaper.counts().swept, 1U);
  EXPECT_EQ(containers(), 0U);
}

TEST_F(Lifecycle, ManyAtOnce) {
  constexpr int kRuns = 8;
  int ended = 0;
  for (int i = 0; i < kRuns; ++i) {
    auto one = [this, &ended](int number) -> asio::awaitable<void> {
      const base::CallBounds bounds(base::Deadline::after(60s));
      Job numbered = job("print(" + std::to_string(number) + ")");
      const Outcome outcome = co_await runner().run(std::move(numbered), nullptr, bounds);
      EXPECT_EQ(outcome.stdout_bytes, std::to_string(number) + "\n");
      ++ended;
    };
    asio::co_spawn(context_, one(i), asio::detached);
  }
  context_.restart();
  while (ended < kRuns && context_.run_one() > 0) {
  }
  EXPECT_EQ(ended, kRuns);
  EXPECT_TRUE(containers_gone_within(10.0));
}

TEST_F(Lifecycle, HealthNamesWhatIsMissing) {
  EXPECT_TRUE(await(runner().check("python", soon())).ok);
  const Health no_image = await(runner().check("nothing", soon()));
  EXPECT_FALSE(no_image.ok);
  EXPECT_NE(no_image.message.find("sallyport images build nothing"), std::string::npos);
}

TEST_F(Lifecycle, HealthNamesAMissingRuntime) {
  runner_config_.runtime = "no-such-runtime";
  const Health health = await(runner().check("python", soon()));
  EXPECT_FALSE(health.ok);
  EXPECT_NE(health.message.find("no-such-runtime"), std::string::npos);
}

TEST_F(Lifecycle, AnAbsentEngineIsSaidToBeSo) {
  docker::ClientOptions options;
  options.socket_path = "/nonexistent/docker.sock";
  docker::Client nobody(context_.get_executor(), options);
  ContainerReaper reaper(context_.get_executor(), nobody, identity_, ReaperOptions(),
                         [](const std::string&) {});
  GVisorRunnerDependencies dependencies{context_.get_executor(), nobody, images_, reaper, random_nonce};
  GVisorRunner lonely(std::move(dependencies), runner_config_, engine_config_, identity_);
  const Outcome outcome = await(lonely.run(job("pass"), nullptr, soon()));
  EXPECT_EQ(outcome.verdict, Verdict::sandbox_failed);
  EXPECT_EQ(outcome.failure, SandboxFailure::engine_unreachable);
  EXPECT_FALSE(await(lonely.check("python", soon())).ok);
  context_.restart();
  context_.run_for(50ms);
}

}  // namespace
}  // namespace sallyport::runners

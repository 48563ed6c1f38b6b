// The warm pool on the real engine.
#include "runner_fixture.hpp"

#include <boost/asio/detached.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

using namespace std::chrono_literals;

class Observer final : public PoolObserver {
 public:
  void on_refill(const std::string& image, std::chrono::nanoseconds duration, bool ok) override {
    EXPECT_EQ(image, "python");
    EXPECT_GT(duration.count(), 0);
    ++(ok ? refilled : failed);
  }
  void on_lost(const std::string&) override { ++lost; }

  int refilled = 0;
  int failed = 0;
  int lost = 0;
};

class Pool : public RunnerFixture {
 protected:
  /// Warm sandboxes for what `job` asks for.
  void warm_up() { runner().warm_up("python", job("").limits, &observer_); }

  bool wait_until(const std::function<bool()>& condition, std::chrono::seconds most = 30s) {
    const auto end = base::Clock::now() + most;
    while (!condition()) {
      if (base::Clock::now() > end) return false;
      context_.restart();
      context_.run_for(20ms);
    }
    return true;
  }
  bool wait_for_ready(std::size_t count) {
    return wait_until([this, count] { return counts().ready == count && counts().warming == 0; });
  }
  PoolCounts counts() { return runner().pool_counts(); }

  std::vector<std::string> container_ids() {
    docker::Labels labels{{kInstanceLabel, identity_.instance}};
    std::vector<std::string> ids;
    const auto listed = await(client_.list_containers(std::move(labels), soon()));
    if (!listed) ADD_FAILURE() << listed.error().to_string();
    if (listed) {
      for (const auto& each : *listed) ids.push_back(each.id);
    }
    return ids;
  }

  Observer observer_;
};

TEST_F(Pool, BeforeItIsWarmedUpEveryRunIsCold) {
  EXPECT_FALSE(run("print(1)").usage.warm);
  EXPECT_EQ(counts().cold_total, 1U);
}

TEST_F(Pool, SwitchedOffItStartsNothing) {
  runner_config_.pool.enabled = false;
  warm_up();
  EXPECT_FALSE(run("print(1)").usage.warm);
  EXPECT_EQ(counts().refills_total, 0U);
}

TEST_F(Pool, ServesEachSubmissionFromASandboxOfItsOwn) {
  warm_up();
  ASSERT_TRUE(wait_for_ready(2));
  const std::vector<std::string> waiting = container_ids();
  const std::string leave_traces =
      "import os\nprint(sorted(os.listdir('.')), os.listdir('/tmp'), os.getpid())\n"
      "open('mine', 'w').write('x'); open('/tmp/mine', 'w').write('x')\n";
  std::vector<std::string> used;
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = run(leave_traces);
    EXPECT_TRUE(outcome.usage.warm);
    EXPECT_EQ(outcome.verdict, Verdict::completed);
    EXPECT_EQ(outcome.stdout_bytes, "['output'] [] 1\n");
    used.push_back(outcome.container_id);
  }
  EXPECT_NE(used[0], used[1]);
  for (const std::string& id : used) {
    EXPECT_NE(std::find(waiting.begin(), waiting.end(), id), waiting.end());
  }
  // The used ones go, others take their place.
  EXPECT_TRUE(wait_until([&] { return reaper_->counts().removed == 2 && counts().ready == 2; }));
  for (const std::string& id : container_ids()) {
    EXPECT_EQ(std::find(used.begin(), used.end(), id), used.end()) << "a used sandbox waits again";
  }
  EXPECT_EQ(counts().warm_total, 2U);
  EXPECT_EQ(counts().cold_total, 0U);
  EXPECT_EQ(observer_.refilled, 4);
}

TEST_F(Pool, LimitsOfTheJobHoldExactlyInAWaitingSandbox) {
  warm_up();
  ASSERT_TRUE(wait_for_ready(2));
  Job probe =
      job("import os, resource as r\n"
          "for name in ('CPU', 'NPROC', 'FSIZE', 'NOFILE', 'CORE'):\n"
          "    print(name, *r.getrlimit(getattr(r, 'RLIMIT_' + name)))\n"
          "soft, hard = r.getrlimit(r.RLIMIT_AS)\nprint(soft == hard and 0 < soft)\n"
          "try:\n    r.setrlimit(r.RLIMIT_NPROC, (1000, 1000))\n    print('raised')\n"
          "except (ValueError, PermissionError):\n    print('refused')\n"
          "children = 0\n"
          "try:\n"
          "    while True:\n"
          "        if os.fork() == 0: os.read(os.pipe()[0], 1)\n"
          "        children += 1\n"
          "except OSError: print('forked', children)\n"
          "try: open('big', 'wb').write(b'x' * 3145729)\nexcept OSError: pass\n"
          "print(os.path.getsize('big'))\n");
  probe.limits.cpu_seconds = 7;
  probe.limits.max_processes = 5;
  probe.limits.max_file_mb = 3;
  Job cold = probe;
  const Outcome outcome = run(std::move(probe));
  EXPECT_TRUE(outcome.usage.warm);
  EXPECT_EQ(outcome.stdout_bytes,
            "CPU 7 8\nNPROC 5 5\nFSIZE 3145728 3145728\nNOFILE 256 256\nCORE 0 0\nTrue\nrefused\nforked 4\n"
            "3145728\n");

  Job slow = job("while True: pass\n");
  slow.limits.timeout = 1s;
  EXPECT_EQ(run(std::move(slow)).verdict, Verdict::timed_out);

  ASSERT_TRUE(wait_until([this] { return counts().ready > 0; }));
  Job loud = job("print('x' * 1000)\n");
  loud.limits.max_output_bytes = 100;
  const Outcome cut = run(std::move(loud));
  EXPECT_TRUE(cut.usage.warm);
  EXPECT_TRUE(cut.output_truncated);
  EXPECT_EQ(cut.stdout_bytes.substr(0, 101), std::string(100, 'x') + "\n");

  // The same from a sandbox that was made for the one job.
  cold.limits.max_memory_mb = 200;
  const Outcome made_for_it = run(std::move(cold));
  EXPECT_FALSE(made_for_it.usage.warm);
  EXPECT_EQ(made_for_it.stdout_bytes, outcome.stdout_bytes);
}

TEST_F(Pool, OtherMemoryAndCpusGetASandboxOfThatSize) {
  warm_up();
  ASSERT_TRUE(wait_for_ready(2));
  Job small = job("print(1)");
  small.limits.max_memory_mb = 128;
  small.limits.cpus = 0.5;
  EXPECT_FALSE(run(small).usage.warm) << "none of this size waits yet";
  // Once asked for, that size waits too; and the engine says that it is of that size.
  ASSERT_TRUE(wait_until([this] { return counts().ready == 4; }));
  small.code = "while True: pass\n";
  small.limits.timeout = 2s;
  const Outcome outcome = run(small);
  EXPECT_TRUE(outcome.usage.warm);
  EXPECT_EQ(outcome.verdict, Verdict::timed_out);
}

TEST_F(Pool, TheEngineHoldsTheSizeOfWhatWaits) {
  warm_up();
  ASSERT_TRUE(wait_for_ready(2));
  for (const std::string& id : container_ids()) {
    const auto details = await(client_.inspect(id, soon()));
    ASSERT_TRUE(details);
    const std::string& raw = details->raw_json;
    EXPECT_NE(raw.find("\"Memory\":268435456"), std::string::npos);
    EXPECT_NE(raw.find("\"MemorySwap\":268435456"), std::string::npos);
    EXPECT_NE(raw.find("\"NanoCpus\":1000000000"), std::string::npos);
    EXPECT_EQ(details->labels.count(kExecutionLabel), 0U);
  }
  const Outcome greedy = run("keep = []\nwhile True: keep.append(bytearray(1 << 20))\n");
  EXPECT_TRUE(greedy.usage.warm);
  EXPECT_EQ(greedy.exception_type, "MemoryError");
}

TEST_F(Pool, OneThatDiesWhileItWaitsIsReplacedAndCounted) {
  warm_up();
  ASSERT_TRUE(wait_for_ready(2));
  const std::string victim = container_ids().front();
  ASSERT_TRUE(await(client_.kill(victim, "SIGKILL", soon())));
  ASSERT_TRUE(wait_until([this] { return counts().lost_total == 1; }));
  EXPECT_EQ(observer_.lost, 1);
  ASSERT_TRUE(wait_for_ready(2));
  EXPECT_TRUE(wait_until([&] {
    const auto left = container_ids();
    return std::find(left.begin(), left.end(), victim) == left.end();
  }));
  EXPECT_TRUE(run("print(1)").usage.warm);
}

TEST_F(Pool, ASubmissionIsServedWhateverBecameOfTheSandboxesThatWaited) {
  warm_up();
  ASSERT_TRUE(wait_for_ready(2));
  // Killed and at once asked for: the pool has not heard of it yet.
  for (const std::string& id : container_ids()) {
    auto kill = [this, id]() -> asio::awaitable<void> {
      const base::CallBounds bounds = soon();
      static_cast<void>(co_await client_.kill(id, "SIGKILL", bounds));
    };
    asio::co_spawn(context_, kill(), asio::detached);
  }
  const Outcome outcome = run("print('served')");
  // Killed before it began, then a cold one serves it; killed while it ran, that is said.
  if (outcome.verdict != Verdict::killed_by_signal) {
    EXPECT_EQ(outcome.verdict, Verdict::completed);
    EXPECT_EQ(outcome.stdout_bytes, "served\n");
  }
  EXPECT_EQ(run("print('served')").stdout_bytes, "served\n");
}

TEST_F(Pool, AgedSandboxesAreReplaced) {
  runner_config_.pool.max_age_seconds = 2;
  warm_up();
  ASSERT_TRUE(wait_for_ready(2));
  const auto before = container_ids();
  ASSERT_TRUE(wait_until([this] { return counts().recycled_total >= 2; }));
  EXPECT_TRUE(wait_until([&] {
    const auto left = container_ids();
    return std::find(left.begin(), left.end(), before[0]) == left.end() &&
           std::find(left.begin(), left.end(), before[1]) == left.end();
  }));
  EXPECT_EQ(counts().lost_total, 0U);
}

TEST_F(Pool, ABurstLargerThanThePoolIsServedColdBeyondIt) {
  warm_up();
  ASSERT_TRUE(wait_for_ready(2));
  constexpr int kRuns = 6;
  int ended = 0;
  int warm = 0;
  for (int i = 0; i < kRuns; ++i) {
    auto one = [&, this](int number) -> asio::awaitable<void> {
      const base::CallBounds bounds(base::Deadline::after(60s));
      Job numbered = job("print(" + std::to_string(number) + ")");
      const Outcome outcome = co_await runner().run(std::move(numbered), nullptr, bounds);
      EXPECT_EQ(outcome.stdout_bytes, std::to_string(number) + "\n");
      warm += outcome.usage.warm ? 1 : 0;
      ++ended;
    };
    asio::co_spawn(context_, one(i), asio::detached);
  }
  EXPECT_TRUE(wait_until([&] { return ended == kRuns; }, 60s));
  EXPECT_EQ(warm, 2);
  EXPECT_EQ(counts().cold_total, 4U);
  // The burst is remembered.
  EXPECT_TRUE(wait_for_ready(4));
}

TEST_F(Pool, ARuntimeThatIsMissingIsNotTriedInALoop) {
  runner_config_.runtime = "no-such-runtime";
  warm_up();
  ASSERT_TRUE(wait_until([this] { return counts().breaker != Breaker::closed; }));
  context_.restart();
  context_.run_for(2s);
  EXPECT_LE(counts().refill_failures_total, 8U);
  EXPECT_EQ(observer_.failed, static_cast<int>(counts().refill_failures_total));
  EXPECT_EQ(counts().ready, 0U);
  EXPECT_EQ(run("print(1)").failure, SandboxFailure::runtime_missing);
}

TEST_F(Pool, SweepsLeaveAloneWhatWaits) {
  reaper_options_.sweep_interval = 50ms;
  warm_up();
  ASSERT_TRUE(wait_for_ready(2));
  reaper_->start_sweeping();
  context_.restart();
  context_.run_for(300ms);
  EXPECT_EQ(containers(), 2U);
  EXPECT_EQ(reaper_->counts().swept, 0U);
}

TEST_F(Pool, TheReplyDoesNotWaitForTheEndOfTheSandbox) {
  // A hostile program may say that it is through and go on: it is cut off, and seen by nobody.
  warm_up();
  ASSERT_TRUE(wait_for_ready(2));
  const Outcome outcome =
      run("import os\nif os.fork() == 0:\n    os.setsid()\n    import time\n"
          "    while True:\n        os.write(1, b'late'); time.sleep(0.01)\nprint('done')\n");
  EXPECT_EQ(outcome.verdict, Verdict::completed);
  const std::string id = outcome.container_id;
  EXPECT_TRUE(wait_until([&] { return reaper_->counts().removed == 1; }, 10s));
  const auto left = container_ids();
  EXPECT_EQ(std::find(left.begin(), left.end(), id), left.end());
}

}  // namespace
}  // namespace sallyport::runners

// Each limit of a job holds where the program can see it.
#include "runner_fixture.hpp"

namespace sallyport::runners {
namespace {

class LimitsInside : public RunnerFixture {};

TEST_F(LimitsInside, ResourceLimitsAreHard) {
  Job probe =
      job("import resource as r\n"
          "for name in ('CPU', 'NPROC', 'FSIZE', 'NOFILE', 'CORE'):\n"
          "    print(name, *r.getrlimit(getattr(r, 'RLIMIT_' + name)))\n"
          "soft, hard = r.getrlimit(r.RLIMIT_AS)\n"
          "print(soft == hard and 0 < soft)\n"
          "try:\n    r.setrlimit(r.RLIMIT_NPROC, (1000, 1000))\n    print('raised')\n"
          "except (ValueError, PermissionError):\n    print('refused')\n");
  probe.limits.cpu_seconds = 7;
  probe.limits.max_processes = 21;
  probe.limits.max_file_mb = 3;
  EXPECT_EQ(run(std::move(probe)).stdout_bytes,
            "CPU 7 8\nNPROC 21 21\nFSIZE 3145728 3145728\nNOFILE 256 256\nCORE 0 0\nTrue\nrefused\n");
}

TEST_F(LimitsInside, HalfACpuIsHalfACpu) {
  Job slow =
      job("import time\nwall, cpu = time.monotonic(), time.process_time()\n"
          "while time.monotonic() - wall < 3: pass\n"
          "print((time.process_time() - cpu) / (time.monotonic() - wall))\n");
  slow.limits.cpus = 0.5;
  const Outcome outcome = run(std::move(slow));
  // gVisor's own clock of the CPU may count time that the host's scheduler took away: the engine's is asked
  // below.
  EXPECT_EQ(outcome.verdict, Verdict::completed);

  Job timed = job("while True: pass\n");
  timed.limits.cpus = 0.5;
  timed.limits.timeout = std::chrono::seconds(4);
  timed.limits.cpu_seconds = 60;
  const Outcome killed = run(std::move(timed));
  EXPECT_EQ(killed.verdict, Verdict::timed_out);
  EXPECT_GT(killed.usage.cpu_seconds, 0.5);
  EXPECT_LT(killed.usage.cpu_seconds, 3.2);  // Half of 4 s, and the sandbox's start.
}

TEST_F(LimitsInside, ThreadsCountAsProcesses) {
  Job many = job(
      "import threading, time\nn = 0\n"
      "try:\n    for n in range(100): threading.Thread(target=time.sleep, args=(3,), daemon=True).start()\n"
      "except RuntimeError as e: print(n <= 20, e)\n");
  many.limits.max_processes = 20;
  EXPECT_EQ(run(std::move(many)).stdout_bytes, "True can't start new thread\n");
}

TEST_F(LimitsInside, ForkBombEndsInItsSandbox) {
  Job bomb = job("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n");
  bomb.limits.timeout = std::chrono::seconds(3);
  bomb.limits.max_processes = 64;
  const Outcome outcome = run(std::move(bomb));
  EXPECT_TRUE(outcome.verdict == Verdict::timed_out || outcome.verdict == Verdict::out_of_memory ||
              outcome.verdict == Verdict::cpu_limit)
      << to_string(outcome.verdict);
  EXPECT_EQ(run("print('next')").stdout_bytes, "next\n");
}

TEST_F(LimitsInside, DaemonisedChildHoldsUpNobody) {
  const base::Clock::time_point begin = base::Clock::now();
  const Outcome outcome = run(
      "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(15)\n"
      "    os._exit(0)\nprint('parent done')\n");
  EXPECT_EQ(outcome.verdict, Verdict::completed);
  EXPECT_EQ(outcome.stdout_bytes, "parent done\n");
  EXPECT_LT(base::Clock::now() - begin, std::chrono::seconds(12));
}

}  // namespace
}  // namespace sallyport::runners

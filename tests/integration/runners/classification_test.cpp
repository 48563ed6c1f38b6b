// How a program ended is told apart for real, in gVisor.
#include "runner_fixture.hpp"

namespace sallyport::runners {
namespace {

class Classification : public RunnerFixture {};

TEST_F(Classification, NormalEnd) {
  const Outcome outcome = run("print('hello')");
  EXPECT_EQ(outcome.verdict, Verdict::completed);
  EXPECT_EQ(outcome.stdout_bytes, "hello\n");
  EXPECT_EQ(outcome.stderr_bytes, "");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_FALSE(outcome.signal);
  EXPECT_FALSE(outcome.usage.warm);
  EXPECT_GT(outcome.usage.peak_memory_mb, 1);
  EXPECT_GT(outcome.execution_time.count(), 0);
  EXPECT_LT(outcome.execution_time, outcome.sandbox_time);
}

TEST_F(Classification, PythonException) {
  const Outcome outcome = run("def f():\n    return 1 / 0\n\nf()\n");
  EXPECT_EQ(outcome.verdict, Verdict::exception);
  EXPECT_EQ(outcome.exception_type, "ZeroDivisionError");
  EXPECT_EQ(outcome.message, "ZeroDivisionError: division by zero");
  EXPECT_EQ(outcome.exception_line, 2);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.stderr_bytes.find("File \"<submission>\", line 4, in <module>"), std::string::npos)
      << outcome.stderr_bytes;
  EXPECT_EQ(outcome.stderr_bytes.find("agent"), std::string::npos) << outcome.stderr_bytes;
}

TEST_F(Classification, SyntaxErrorOfTheInterpreter) {
  const Outcome outcome = run("x = = 1\n");
  EXPECT_EQ(outcome.verdict, Verdict::exception);
  EXPECT_EQ(outcome.exception_type, "SyntaxError");
}

TEST_F(Classification, SysExit) {
  const Outcome outcome = run("import sys\nprint('x')\nsys.exit(3)\n");
  EXPECT_EQ(outcome.verdict, Verdict::exited);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.stdout_bytes, "x\n");
}

TEST_F(Classification, SysExitZero) {
  EXPECT_EQ(run("import sys\nsys.exit()\n").verdict, Verdict::completed);
}

TEST_F(Classification, OsExit) {
  const Outcome outcome = run("import os\nos._exit(7)\n");
  EXPECT_EQ(outcome.verdict, Verdict::exited);
  EXPECT_EQ(outcome.exit_code, 7);
}

TEST_F(Classification, OsExitThatLooksLikeASignal) {
  const Outcome outcome = run("import os\nos._exit(139)\n");
  EXPECT_EQ(outcome.verdict, Verdict::exited);
  EXPECT_EQ(outcome.exit_code, 139);
  EXPECT_FALSE(outcome.signal);
}

TEST_F(Classification, SegmentationFault) {
  const Outcome outcome = run("print('before', flush=True)\nimport ctypes\nctypes.string_at(0)\n");
  EXPECT_EQ(outcome.verdict, Verdict::killed_by_signal);
  EXPECT_EQ(outcome.signal, "SIGSEGV");
  EXPECT_FALSE(outcome.exit_code);
  EXPECT_EQ(outcome.stdout_bytes, "before\n");
}

TEST_F(Classification, Abort) {
  const Outcome outcome = run("import os\nos.abort()\n");
  EXPECT_EQ(outcome.verdict, Verdict::killed_by_signal);
  EXPECT_EQ(outcome.signal, "SIGABRT");
}

TEST_F(Classification, KillsItself) {
  const Outcome outcome = run("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n");
  EXPECT_EQ(outcome.verdict, Verdict::killed_by_signal);
  EXPECT_EQ(outcome.signal, "SIGKILL");
  EXPECT_FALSE(outcome.oom_killed);
  EXPECT_FALSE(outcome.exit_code);
}

TEST_F(Classification, ReplacesTheInterpreter) {
  const Outcome outcome = run("import os\nos.execv('/bin/sh', ['sh', '-c', 'echo replaced; exit 5'])\n");
  EXPECT_EQ(outcome.verdict, Verdict::exited);
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_EQ(outcome.stdout_bytes, "replaced\n");
}

TEST_F(Classification, MemoryErrorOfOneProcess) {
  const Outcome outcome = run("x = []\nwhile True:\n    x.append(bytearray(1 << 20))\n");
  EXPECT_EQ(outcome.verdict, Verdict::exception);
  EXPECT_EQ(outcome.exception_type, "MemoryError");
  EXPECT_EQ(outcome.exception_line, 3);
  EXPECT_FALSE(outcome.oom_killed);
}

TEST_F(Classification, OutOfMemoryOfTheWholeSandbox) {
  // Each child stays below its own limit; together they exceed the sandbox's.
  const Outcome outcome =
      run("import os, time\n"
          "for _ in range(8):\n"
          "    if os.fork() == 0:\n"
          "        keep = bytearray(60 << 20)\n"
          "        for i in range(0, len(keep), 4096): keep[i] = 1\n"
          "        time.sleep(30)\n"
          "time.sleep(30)\n");
  EXPECT_EQ(outcome.verdict, Verdict::out_of_memory);
  EXPECT_TRUE(outcome.oom_killed);
  EXPECT_FALSE(outcome.exit_code);
}

TEST_F(Classification, WallTimeoutAsleep) {
  Job slow = job("print('begun', flush=True)\nimport time\ntime.sleep(60)\n");
  slow.limits.timeout = std::chrono::milliseconds(700);
  const Outcome outcome = run(std::move(slow));
  EXPECT_EQ(outcome.verdict, Verdict::timed_out);
  EXPECT_EQ(outcome.stdout_bytes, "begun\n");
  EXPECT_GE(outcome.execution_time, std::chrono::milliseconds(700));
  EXPECT_LT(outcome.execution_time, std::chrono::seconds(10));
  EXPECT_GT(outcome.usage.peak_memory_mb, 0);  // Sampled from the engine before the kill.
}

TEST_F(Classification, WallTimeoutBusyAndDeafToSigterm) {
  Job slow = job("import signal\nfor s in (15, 2, 1): signal.signal(s, signal.SIG_IGN)\nwhile True: pass\n");
  slow.limits.timeout = std::chrono::milliseconds(700);
  EXPECT_EQ(run(std::move(slow)).verdict, Verdict::timed_out);
}

TEST_F(Classification, CpuLimit) {
  Job busy = job("while True: pass\n");
  busy.limits.cpu_seconds = 1;
  const Outcome outcome = run(std::move(busy));
  EXPECT_EQ(outcome.verdict, Verdict::cpu_limit);
  EXPECT_EQ(outcome.signal, "SIGXCPU");
}

TEST_F(Classification, OutputFlood) {
  Job loud = job("while True: print('x' * 1000)\n");
  loud.limits.max_output_bytes = 50'000;
  const Outcome outcome = run(std::move(loud));
  EXPECT_EQ(outcome.verdict, Verdict::output_limit);
  EXPECT_TRUE(outcome.output_truncated);
  EXPECT_NE(outcome.stdout_bytes.find("[output cut: more than 50000 bytes]"), std::string::npos);
  EXPECT_LT(outcome.stdout_bytes.size(), 50'100U);
}

TEST_F(Classification, OutputFloodOnBothStreams) {
  Job loud =
      job("import sys\nwhile True:\n    sys.stdout.write('o' * 500)\n    sys.stderr.write('e' * 500)\n");
  loud.limits.max_output_bytes = 50'000;
  const Outcome outcome = run(std::move(loud));
  EXPECT_EQ(outcome.verdict, Verdict::output_limit);
  EXPECT_LT(outcome.stdout_bytes.size() + outcome.stderr_bytes.size(), 50'100U);
}

TEST_F(Classification, TooManyProcesses) {
  Job many =
      job("import os, time\nfor _ in range(100):\n    if os.fork() == 0:\n        time.sleep(20)\n        "
          "os._exit(0)\n");
  many.limits.max_processes = 10;
  const Outcome outcome = run(std::move(many));
  EXPECT_EQ(outcome.verdict, Verdict::exception);
  EXPECT_EQ(outcome.exception_type, "BlockingIOError");
}

TEST_F(Classification, FileTooLarge) {
  Job large = job("with open('big', 'wb') as f:\n    f.write(b'x' * (3 << 20))\n");
  large.limits.max_file_mb = 2;
  const Outcome outcome = run(std::move(large));
  EXPECT_EQ(outcome.verdict, Verdict::exception);
  EXPECT_EQ(outcome.exception_type, "OSError");
  EXPECT_NE(outcome.message.find("File too large"), std::string::npos);
}

TEST_F(Classification, FullWorkFolder) {
  runner_config_.work_folder_mb = 4;
  Job full =
      job("for i in range(100):\n    with open(f'f{i}', 'wb') as f:\n        f.write(b'x' * (1 << 20))\n");
  full.limits.max_file_mb = 2;
  const Outcome outcome = run(std::move(full));
  EXPECT_EQ(outcome.verdict, Verdict::exception);
  EXPECT_EQ(outcome.exception_type, "OSError");
  EXPECT_NE(outcome.message.find("No space left"), std::string::npos);
}

TEST_F(Classification, SandboxKernelCrash) {
  // The pids limit of the cgroup counts the host threads of gVisor's kernel: too low a one kills that kernel.
  // (Configuration refuses such a value; here it stands for any end of the sandbox's kernel.)
  runner_config_.pids_limit = 64;
  Job many =
      job("import os, time, threading\n"
          "for _ in range(200):\n"
          "    threading.Thread(target=time.sleep, args=(20,), daemon=True).start()\n"
          "    if os.fork() == 0: time.sleep(20)\n"
          "time.sleep(20)\n");
  many.limits.max_processes = 400;
  const Outcome outcome = run(std::move(many));
  EXPECT_EQ(outcome.verdict, Verdict::sandbox_failed);
  EXPECT_EQ(outcome.failure, SandboxFailure::sandbox_crashed);
}

TEST_F(Classification, ForgedReportIsNotBelieved) {
  // The program finds the agent's nonce, claims success and crashes.
  const Outcome outcome = run("import os\nos.write(1, b'\\x00' * 16)\nos.kill(os.getpid(), 11)\n");
  EXPECT_EQ(outcome.verdict, Verdict::killed_by_signal);
  EXPECT_EQ(outcome.signal, "SIGSEGV");
}

TEST_F(Classification, ImageMissing) {
  Job lost = job("pass");
  lost.image = "no-such-image";
  Outcome outcome = run(std::move(lost));
  EXPECT_EQ(outcome.failure, SandboxFailure::image_missing);

  images_.set("vanished", "sha256:" + std::string(64, '0'));
  lost = job("pass");
  lost.image = "vanished";
  outcome = run(std::move(lost));
  EXPECT_EQ(outcome.verdict, Verdict::sandbox_failed);
  EXPECT_EQ(outcome.failure, SandboxFailure::image_missing);
}

TEST_F(Classification, RuntimeMissing) {
  runner_config_.runtime = "no-such-runtime";
  const Outcome outcome = run("pass");
  EXPECT_EQ(outcome.verdict, Verdict::sandbox_failed);
  EXPECT_EQ(outcome.failure, SandboxFailure::runtime_missing);
}

TEST_F(Classification, EngineRefuses) {
  runner_config_.network = "no-such-network";
  Job online = job("pass");
  online.limits.enable_network = true;
  const Outcome outcome = run(std::move(online));
  EXPECT_EQ(outcome.verdict, Verdict::sandbox_failed);
  EXPECT_NE(outcome.message.find("no-such-network"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::runners

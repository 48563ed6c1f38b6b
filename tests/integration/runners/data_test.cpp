// What goes into a sandbox and what comes out of it.
#include "runner_fixture.hpp"

#include <string>

namespace sallyport::runners {
namespace {

class Data : public RunnerFixture {};

TEST_F(Data, ContextIsAVariable) {
  Job with = job("print(context['user']['name'], type(context).__name__)");
  with.context_json = R"({"user": {"name": "Ada"}})";
  EXPECT_EQ(run(std::move(with)).stdout_bytes, "Ada dict\n");
}

TEST_F(Data, StdinIsRead) {
  Job with = job("import sys\nprint(input())\nprint(repr(sys.stdin.read()))\n");
  with.stdin_text = "first\nsecond ä\nthird";
  EXPECT_EQ(run(std::move(with)).stdout_bytes, "first\n'second ä\\nthird'\n");
}

TEST_F(Data, NoStdinIsAnEnd) {
  const Outcome outcome = run("input()");
  EXPECT_EQ(outcome.exception_type, "EOFError");
}

TEST_F(Data, FilesAreInTheWorkingDirectory) {
  Job with = job("import helper\nprint(helper.answer, open('data/in.bin', 'rb').read())\n");
  with.files = {InputFile{"helper.py", "answer = 42\n"}, InputFile{"data/in.bin", std::string("\0\xff", 2)}};
  EXPECT_EQ(run(std::move(with)).stdout_bytes, "42 b'\\x00\\xff'\n");
}

TEST_F(Data, ArtifactsComeBack) {
  const Outcome outcome =
      run("import os\nos.makedirs('output/sub', exist_ok=True)\n"
          "open('output/a.txt', 'w').write('one')\nopen('output/sub/b.bin', 'wb').write(bytes(range(256)))\n"
          "open('elsewhere.txt', 'w').write('stays')\n");
  ASSERT_EQ(outcome.artifacts.size(), 2U);
  EXPECT_EQ(outcome.artifacts[0].path, "a.txt");
  EXPECT_EQ(outcome.artifacts[0].content, "one");
  EXPECT_EQ(outcome.artifacts[1].path, "sub/b.bin");
  EXPECT_EQ(outcome.artifacts[1].content.size(), 256U);
}

TEST_F(Data, ArtifactsComeBackFromAFailedProgram) {
  const Outcome outcome = run("open('output/partial.txt', 'w').write('half')\nraise ValueError('late')\n");
  EXPECT_EQ(outcome.verdict, Verdict::exception);
  ASSERT_EQ(outcome.artifacts.size(), 1U);
  EXPECT_EQ(outcome.artifacts[0].content, "half");
}

TEST_F(Data, ArtifactsBeyondTheLimitAreNoted) {
  Job much = job("open('output/a', 'wb').write(b'x' * 600)\nopen('output/b', 'wb').write(b'x' * 600)\n");
  much.limits.max_artifact_bytes = 1000;
  const Outcome outcome = run(std::move(much));
  EXPECT_EQ(outcome.verdict, Verdict::completed);
  EXPECT_EQ(outcome.artifacts.size(), 1U);
  EXPECT_EQ(outcome.notes.size(), 1U);
}

TEST_F(Data, MatplotlibFigureComesBackAsPng) {
  Job plot =
      job("import matplotlib.pyplot as plt\nplt.plot([1, 4, "
          "9])\nplt.savefig('output/plot.png')\nprint('drawn')\n");
  plot.image = "python-data";
  plot.limits.max_memory_mb = 512;
  const Outcome outcome = run(std::move(plot));
  EXPECT_EQ(outcome.verdict, Verdict::completed) << outcome.stderr_bytes;
  ASSERT_EQ(outcome.artifacts.size(), 1U);
  EXPECT_EQ(outcome.artifacts[0].path, "plot.png");
  EXPECT_EQ(outcome.artifacts[0].content.substr(0, 8), "\x89PNG\r\n\x1a\n");
}

TEST_F(Data, OutputArrivesWhileTheProgramRuns) {
  class Recorder : public OutputSink {
   public:
    void on_output(OutputStream, std::string_view bytes) override {
      text.append(bytes);
      at.push_back(base::Clock::now());
    }
    std::string text;
    std::vector<base::Clock::time_point> at;
  } recorder;
  const Outcome outcome =
      run(job("import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.3)\n"), &recorder);
  EXPECT_EQ(outcome.verdict, Verdict::completed);
  EXPECT_EQ(recorder.text, "0\n1\n2\n");
  ASSERT_GE(recorder.at.size(), 3U);
  EXPECT_GT(recorder.at.back() - recorder.at.front(), std::chrono::milliseconds(400));
}

TEST_F(Data, MegabytesInTheLastMillisecondAreNotLost) {
  // In a loop: under gVisor one write to a pipe takes 64 KiB at most.
  Job loud =
      job("import os\ndef put(fd, data):\n    while data: data = data[os.write(fd, data):]\n"
          "put(1, b'a' * 3_000_000)\nput(2, b'b' * 3_000_000)\nos._exit(0)\n");
  loud.limits.max_output_bytes = 10'000'000;
  const Outcome outcome = run(std::move(loud));
  EXPECT_EQ(outcome.stdout_bytes.size(), 3'000'000U);
  EXPECT_EQ(outcome.stderr_bytes.size(), 3'000'000U);
  EXPECT_EQ(outcome.stdout_bytes.find_first_not_of('a'), std::string::npos);
  EXPECT_EQ(outcome.stderr_bytes.find_first_not_of('b'), std::string::npos);
}

TEST_F(Data, WhatWasPrintedBeforeStdoutWasClosedIsThere) {
  const Outcome outcome = run("import os, sys\nprint('kept', flush=True)\nsys.stdout.close()\nos.close(2)\n");
  EXPECT_EQ(outcome.verdict, Verdict::completed);
  EXPECT_EQ(outcome.stdout_bytes, "kept\n");
}

TEST_F(Data, OneMegabyteOfCodeAndTenOfFiles) {
  Job large = job("#" + std::string(1'000'000, 'x') + "\nimport os\nprint(os.path.getsize('big'))\n");
  large.files = {InputFile{"big", std::string(10'000'000, '\x01')}};
  EXPECT_EQ(run(std::move(large)).stdout_bytes, "10000000\n");
}

}  // namespace
}  // namespace sallyport::runners

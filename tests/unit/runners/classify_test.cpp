#include "runners/classify.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::runners {
namespace {

AgentReport report(AgentReport::Outcome outcome, int exit_code) {
  AgentReport made;
  made.outcome = outcome;
  made.exit_code = exit_code;
  if (outcome == AgentReport::Outcome::exception) {
    made.exception_type = "ValueError";
    made.exception_message = "ValueError: bad";
    made.exception_line = 3;
  }
  return made;
}

struct Case {
  const char* name;
  KillReason kill_reason;
  std::int64_t exit_status;
  bool oom_killed;
  std::optional<AgentReport> report;

  Verdict verdict;
  std::optional<int> exit_code;
  std::optional<std::string> signal;
};

using Kind = AgentReport::Outcome;

// One line a combination of evidence.
const Case kCases[] = {
    {"returned", KillReason::none, 0, false, report(Kind::returned, 0), Verdict::completed, 0, {}},
    {"exception", KillReason::none, 1, false, report(Kind::exception, 1), Verdict::exception, 1, {}},
    {"sys.exit(0)", KillReason::none, 0, false, report(Kind::exit, 0), Verdict::completed, 0, {}},
    {"sys.exit(3)", KillReason::none, 3, false, report(Kind::exit, 3), Verdict::exited, 3, {}},
    {"os._exit(0)", KillReason::none, 0, false, report(Kind::os_exit, 0), Verdict::completed, 0, {}},
    {"os._exit(2)", KillReason::none, 2, false, report(Kind::os_exit, 2), Verdict::exited, 2, {}},
    {"os._exit(137)", KillReason::none, 137, false, report(Kind::os_exit, 137), Verdict::exited, 137, {}},
    {"os._exit(139)", KillReason::none, 139, false, report(Kind::os_exit, 139), Verdict::exited, 139, {}},
    {"no report, 0", KillReason::none, 0, false, {}, Verdict::completed, 0, {}},
    {"no report, 5", KillReason::none, 5, false, {}, Verdict::exited, 5, {}},
    {"segfault", KillReason::none, 139, false, {}, Verdict::killed_by_signal, {}, "SIGSEGV"},
    {"abort", KillReason::none, 134, false, {}, Verdict::killed_by_signal, {}, "SIGABRT"},
    {"kill -9 self", KillReason::none, 137, false, {}, Verdict::killed_by_signal, {}, "SIGKILL"},
    {"cpu limit", KillReason::none, 152, false, {}, Verdict::cpu_limit, {}, "SIGXCPU"},
    {"out of memory", KillReason::none, 137, true, {}, Verdict::out_of_memory, {}, "SIGKILL"},
    {"oom goes before a report",
     KillReason::none,
     137,
     true,
     report(Kind::os_exit, 137),
     Verdict::out_of_memory,
     {},
     "SIGKILL"},
    {"sandbox crash", KillReason::none, 2, false, {}, Verdict::sandbox_failed, {}, {}},
    {"status above all signals", KillReason::none, 250, false, {}, Verdict::exited, 250, {}},
    {"forged report",
     KillReason::none,
     139,
     false,
     report(Kind::returned, 0),
     Verdict::killed_by_signal,
     {},
     "SIGSEGV"},
    {"forged failure", KillReason::none, 0, false, report(Kind::exception, 1), Verdict::completed, 0, {}},
    {"timeout", KillReason::timeout, 137, false, {}, Verdict::timed_out, {}, "SIGKILL"},
    {"timeout with forged report",
     KillReason::timeout,
     137,
     false,
     report(Kind::returned, 0),
     Verdict::timed_out,
     {},
     "SIGKILL"},
    {"timeout with a report of 137",
     KillReason::timeout,
     137,
     false,
     report(Kind::os_exit, 137),
     Verdict::timed_out,
     {},
     "SIGKILL"},
    {"ended just before the kill",
     KillReason::timeout,
     0,
     false,
     report(Kind::returned, 0),
     Verdict::completed,
     0,
     {}},
    {"flood", KillReason::output_limit, 137, false, {}, Verdict::output_limit, {}, "SIGKILL"},
    {"flood, through before the kill",
     KillReason::output_limit,
     0,
     false,
     report(Kind::returned, 0),
     Verdict::output_limit,
     {},
     "SIGKILL"},
    {"stopped", KillReason::stop, 137, false, {}, Verdict::stopped, {}, "SIGKILL"},
};

TEST(Classify, EveryCombinationOfEvidence) {
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.name);
    Evidence evidence;
    evidence.kill_reason = test.kill_reason;
    evidence.exit_status = test.exit_status;
    evidence.oom_killed = test.oom_killed;
    evidence.report = test.report;
    Outcome outcome;
    classify(evidence, Limits(), outcome);
    EXPECT_STREQ(to_string(outcome.verdict), to_string(test.verdict));
    EXPECT_EQ(outcome.exit_code, test.exit_code);
    EXPECT_EQ(outcome.signal, test.signal);
    EXPECT_EQ(outcome.oom_killed, test.oom_killed);
    EXPECT_EQ(outcome.message.empty(), test.verdict == Verdict::completed);
  }
}

TEST(Classify, NamesTheException) {
  Evidence evidence;
  evidence.exit_status = 1;
  evidence.report = report(Kind::exception, 1);
  Outcome outcome;
  classify(evidence, Limits(), outcome);
  EXPECT_EQ(outcome.exception_type, "ValueError");
  EXPECT_EQ(outcome.message, "ValueError: bad");
  EXPECT_EQ(outcome.exception_line, 3);
}

TEST(Classify, TellsOfARefusedImport) {
  Evidence evidence;
  evidence.exit_status = 1;
  evidence.report = report(Kind::exception, 1);
  evidence.report->refused_import = "os";
  Outcome outcome;
  classify(evidence, Limits(), outcome);
  EXPECT_EQ(outcome.verdict, Verdict::exception);
  EXPECT_EQ(outcome.refused_import, "os");
}

TEST(Classify, NotesAReportThatTheEngineContradicts) {
  Evidence evidence;
  evidence.exit_status = 139;
  evidence.report = report(Kind::returned, 0);
  Outcome outcome;
  classify(evidence, Limits(), outcome);
  ASSERT_EQ(outcome.notes.size(), 1U);
  EXPECT_NE(outcome.notes[0].find("claims exit status 0"), std::string::npos);
}

TEST(Classify, MessagesNameTheLimit) {
  Limits limits;
  limits.timeout = std::chrono::milliseconds(1500);
  limits.max_memory_mb = 77;
  limits.max_output_bytes = 4242;
  limits.cpu_seconds = 9;
  const auto message = [&](KillReason reason, std::int64_t status, bool oom) {
    Evidence evidence;
    evidence.kill_reason = reason;
    evidence.exit_status = status;
    evidence.oom_killed = oom;
    Outcome outcome;
    classify(evidence, limits, outcome);
    return outcome.message;
  };
  EXPECT_NE(message(KillReason::timeout, 137, false).find("1.5 seconds"), std::string::npos);
  EXPECT_NE(message(KillReason::none, 137, true).find("77 MiB"), std::string::npos);
  EXPECT_NE(message(KillReason::output_limit, 137, false).find("4242 bytes"), std::string::npos);
  EXPECT_NE(message(KillReason::none, 152, false).find("9 seconds of CPU"), std::string::npos);
}

TEST(SignalName, KnowsNamesAndNumbers) {
  EXPECT_EQ(signal_name(11), "SIGSEGV");
  EXPECT_EQ(signal_name(9), "SIGKILL");
  EXPECT_EQ(signal_name(63), "signal 63");
}

TEST(Classify, WithoutTheEnginesWordTheReportTells) {
  Evidence evidence;
  evidence.report = report(Kind::os_exit, 139);
  Outcome outcome;
  classify(evidence, Limits(), outcome);
  EXPECT_EQ(outcome.verdict, Verdict::exited);
  EXPECT_EQ(outcome.exit_code, 139);
  EXPECT_FALSE(outcome.signal);

  evidence.report = report(Kind::exception, 1);
  classify(evidence, Limits(), outcome);
  EXPECT_EQ(outcome.verdict, Verdict::exception);
  EXPECT_EQ(outcome.exception_type, "ValueError");
}

TEST(Classify, WhatMayRestOnTheReportAlone) {
  Limits isolated;
  Evidence evidence;
  EXPECT_FALSE(may_rest_on_report(evidence, isolated)) << "no report";
  evidence.report = report(Kind::returned, 0);
  EXPECT_TRUE(may_rest_on_report(evidence, isolated));

  Limits networked;
  networked.enable_network = true;
  EXPECT_FALSE(may_rest_on_report(evidence, networked)) << "what is left over could still reach somebody";
  evidence.oom_killed = true;
  EXPECT_FALSE(may_rest_on_report(evidence, isolated));
  evidence.oom_killed = false;
  for (const KillReason reason : {KillReason::timeout, KillReason::output_limit, KillReason::stop}) {
    evidence.kill_reason = reason;
    EXPECT_FALSE(may_rest_on_report(evidence, isolated));
  }
}

}  // namespace
}  // namespace sallyport::runners

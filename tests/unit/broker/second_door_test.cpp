#include "broker/second_door.hpp"

#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sallyport::broker {
namespace {

/// Rules of this test alone, laid over the shipped ones.
constexpr const char* kRules = R"json({"rules": [
  {"id": "test-mark", "category": "token", "pattern": "zqx-(?P<secret>[0-9]{6})", "keywords": ["zqx-"],
   "replacement": "(gone)"},
  {"id": "test-stop", "category": "token", "pattern": "zqstop-(?P<secret>[0-9]{6})", "keywords": ["zqstop-"],
   "action": "block", "severity": "critical"}
]})json";

class SecondDoorTest : public ::testing::Test {
 protected:
  /// For all tests: under a sanitizer they take seconds to load.
  static OutputRules& rules() {
    static const sallyport::test::TemporaryFolder folder;
    static OutputRules shared{folder.write("rules.json", kRules)};
    static const std::vector<std::string> mistakes = shared.load();
    EXPECT_EQ(mistakes, std::vector<std::string>());
    return shared;
  }

  static OutputQuestion question() {
    OutputQuestion question;
    question.texts.stdout_text = "one\nzqx-111111\n";
    question.texts.stderr_text = "zqx-222222";
    question.texts.error_type = "Error_zqx-333333";
    question.texts.error_message = "ValueError: zqx-444444";
    question.texts.artifacts = {{"zqx-555555.txt", 20, "zqx-666666 zqx-77777"},
                                {"image.png", 18, std::string("\x89PNG\0 zqx-777777", 17)}};
    question.texts.notes = {"left out zqx-888888"};
    return question;
  }

  RedactingOutputDoor door_{rules()};
};

TEST_F(SecondDoorTest, NothingThatTheSubmissionChoseGoesOutUnread) {
  const OutputVerdict verdict = door_.check(question());
  EXPECT_TRUE(verdict.passed);
  EXPECT_TRUE(verdict.redacted);
  const OutputTexts& texts = verdict.texts;
  EXPECT_EQ(texts.stdout_text, "one\nzqx-(gone)\n");
  EXPECT_EQ(texts.stderr_text, "zqx-(gone)");
  EXPECT_EQ(texts.error_type, "Error_zqx-(gone)");
  EXPECT_EQ(texts.error_message, "ValueError: zqx-(gone)");
  ASSERT_EQ(texts.artifacts.size(), 2U);
  EXPECT_EQ(texts.artifacts[0].path, "zqx-(gone).txt");
  EXPECT_EQ(texts.artifacts[0].content, "zqx-(gone) zqx-77777");
  EXPECT_EQ(texts.artifacts[0].size, texts.artifacts[0].content.size());
  EXPECT_EQ(texts.artifacts[1].content, question().texts.artifacts[1].content) << "no text, so left alone";
  EXPECT_EQ(texts.notes, (std::vector<std::string>{"left out zqx-(gone)"}));

  std::vector<std::string> streams;
  for (const OutputViolation& violation : verdict.violations) {
    streams.push_back(violation.stream);
    EXPECT_EQ(violation.type, "sensitive_data");
    EXPECT_EQ(violation.rule, "test-mark");
    EXPECT_EQ(violation.category, "token");
    EXPECT_EQ(violation.count, 1U);
    EXPECT_EQ(violation.message.find("111111"), std::string::npos);
  }
  EXPECT_EQ(streams, (std::vector<std::string>{"stdout", "stderr", "error_type", "error_message",
                                               "artifact_path", "artifact", "notes"}));
  EXPECT_EQ(verdict.violations[0].line, 2U);
}

TEST_F(SecondDoorTest, WithoutRedactionItOnlyReports) {
  OutputQuestion asked = question();
  asked.redact = false;
  const OutputVerdict verdict = door_.check(std::move(asked));
  EXPECT_TRUE(verdict.passed);
  EXPECT_FALSE(verdict.redacted);
  EXPECT_EQ(verdict.violations.size(), 7U);
  EXPECT_EQ(verdict.texts.stdout_text, question().texts.stdout_text);
  EXPECT_EQ(verdict.texts.artifacts[0].content, question().texts.artifacts[0].content);
}

TEST_F(SecondDoorTest, ARuleThatBlocksLetsNothingOut) {
  for (const bool redact : {true, false}) {
    OutputQuestion asked = question();
    asked.redact = redact;
    asked.texts.stderr_text = "zqstop-123456";
    const OutputVerdict verdict = door_.check(std::move(asked));
    EXPECT_FALSE(verdict.passed);
    EXPECT_NE(verdict.error_message.find("test-stop"), std::string::npos) << verdict.error_message;
    EXPECT_EQ(verdict.error_message.find("123456"), std::string::npos);
  }
}

TEST_F(SecondDoorTest, OneEntryForARuleInManyArtifacts) {
  OutputQuestion asked;
  asked.texts.artifacts = {{"a.txt", 10, "zqx-111111"}, {"b.txt", 10, "zqx-222222"}};
  const OutputVerdict verdict = door_.check(std::move(asked));
  ASSERT_EQ(verdict.violations.size(), 1U);
  EXPECT_EQ(verdict.violations[0].count, 2U);
}

TEST_F(SecondDoorTest, OutputThatWasCutIsReported) {
  OutputQuestion asked;
  asked.was_truncated = true;
  const OutputVerdict verdict = door_.check(std::move(asked));
  EXPECT_TRUE(verdict.passed);
  ASSERT_EQ(verdict.violations.size(), 1U);
  EXPECT_EQ(verdict.violations[0].type, "excessive_output");
}

TEST_F(SecondDoorTest, SecretsOfTheContextDoNotComeBack) {
  OutputQuestion asked;
  asked.known_secrets = door_.known_secrets(R"({"user": "ada", "db": {"password": "correct horse 9"}})");
  ASSERT_EQ(asked.known_secrets, (std::vector<std::string>{"correct horse 9"}));
  asked.texts.stdout_text = "ada: correct horse 9, 9 esroh tcerroc, Y29ycmVjdCBob3JzZSA5";
  const OutputVerdict verdict = door_.check(std::move(asked));
  EXPECT_EQ(verdict.texts.stdout_text, "ada: [REDACTED], [REDACTED], [REDACTED]");
}

TEST(OutputRulesTest, ThoseThatAreShippedNeedNoFile) {
  OutputRules rules("");
  EXPECT_TRUE(rules.load().empty());
  EXPECT_GE(rules.current()->rules().size(), 120U);
}

TEST(OutputRulesTest, AnyMistakeKeepsWhatWasLoaded) {
  const sallyport::test::TemporaryFolder folder;
  const std::string file = folder.write("rules.json", kRules);
  OutputRules rules(file);
  ASSERT_TRUE(rules.load().empty());
  const auto held = rules.current();

  (void)folder.write("rules.json", R"({"rules": [{"id": "x", "category": "token", "patern": "a"}]})");
  const auto mistakes = rules.load();
  ASSERT_FALSE(mistakes.empty());
  EXPECT_EQ(mistakes[0].find(file + ": "), 0U) << mistakes[0];
  EXPECT_EQ(rules.current(), held);

  OutputRules absent(folder.path("absent.json"));
  EXPECT_EQ(absent.load(),
            (std::vector<std::string>{folder.path("absent.json") + ": No such file or directory"}));
}

using runners::OutputStream;

TEST_F(SecondDoorTest, LiveStreamsAndTheRestGiveWhatTheWholeGives) {
  const OutputVerdict whole = door_.check(question());
  OutputQuestion rest = question();
  const std::string out = std::exchange(rest.texts.stdout_text, "");
  const std::string err = std::exchange(rest.texts.stderr_text, "");
  const auto live = door_.inspect_live(true, {});
  std::string seen_out;
  std::string seen_err;
  for (const char c : out) live->feed(OutputStream::stdout_stream, {&c, 1}, seen_out);
  for (const char c : err) live->feed(OutputStream::stderr_stream, {&c, 1}, seen_err);
  live->finish(OutputStream::stdout_stream, seen_out);
  live->finish(OutputStream::stderr_stream, seen_err);
  EXPECT_EQ(seen_out, whole.texts.stdout_text);
  EXPECT_EQ(seen_err, whole.texts.stderr_text);
  EXPECT_EQ(live->new_violations().size(), 2U);
  EXPECT_TRUE(live->new_violations().empty());
  const OutputVerdict verdict = live->conclude(std::move(rest));
  EXPECT_EQ(verdict.passed, whole.passed);
  EXPECT_EQ(verdict.redacted, whole.redacted);
  EXPECT_EQ(verdict.texts.error_message, whole.texts.error_message);
  EXPECT_EQ(verdict.texts.notes, whole.texts.notes);
  EXPECT_EQ(verdict.texts.artifacts[0].content, whole.texts.artifacts[0].content);
  ASSERT_EQ(verdict.violations.size(), whole.violations.size());
  for (std::size_t i = 0; i < verdict.violations.size(); ++i) {
    EXPECT_EQ(verdict.violations[i].rule, whole.violations[i].rule);
    EXPECT_EQ(verdict.violations[i].stream, whole.violations[i].stream);
    EXPECT_EQ(verdict.violations[i].count, whole.violations[i].count);
    EXPECT_EQ(verdict.violations[i].line, whole.violations[i].line);
  }
}

TEST_F(SecondDoorTest, ASecretIsNotLetOutByASilence) {
  const auto live = door_.inspect_live(true, {"correct horse"});
  std::string seen;
  live->feed(OutputStream::stdout_stream, "line\nzqx-", seen);
  EXPECT_EQ(seen, "line\n");
  live->feed(OutputStream::stdout_stream, "111111\ncorrect", seen);
  EXPECT_EQ(seen, "line\n");
  live->finish(OutputStream::stdout_stream, seen);
  EXPECT_EQ(seen, "line\nzqx-(gone)\ncorrect");
}

TEST_F(SecondDoorTest, ALiveStreamThatIsBlockedFailsTheWhole) {
  const auto live = door_.inspect_live(true, {});
  std::string seen;
  live->feed(OutputStream::stderr_stream, "a\n", seen);
  EXPECT_FALSE(live->blocked());
  live->feed(OutputStream::stderr_stream, "zqstop-123456\n" + std::string(400, ' ') + "\n", seen);
  EXPECT_TRUE(live->blocked());
  const auto news = live->new_violations();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].rule, "test-stop");
  EXPECT_EQ(news[0].stream, "stderr");
  const OutputVerdict verdict = live->conclude(OutputQuestion());
  EXPECT_FALSE(verdict.passed);
  EXPECT_NE(verdict.error_message.find("test-stop"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::broker

#include "tests/unit/validators/output/support.hpp"
#include "validators/output/compiled_rules.hpp"

#include <array>
#include <random>
#include <set>

namespace sallyport::validators::output {
namespace {

void expect_same(const Outcome& pieces, const Outcome& whole, std::string_view text, std::size_t cut) {
  EXPECT_EQ(pieces.text, whole.text) << "cut at " << cut << ": " << text;
  EXPECT_EQ(pieces.found, whole.found) << "cut at " << cut << ": " << text;
}

void expect_same_at_all_cuts(const RulesPointer& rules, std::string_view text,
                             const RedactorOptions& options = {}) {
  const auto whole = redact(rules, text, options);
  for (std::size_t cut = 0; cut <= text.size() && !::testing::Test::HasFailure(); ++cut) {
    expect_same(redact_cut(rules, text, {cut}, options), whole, text, cut);
  }
  expect_same(redact_bytes(rules, text, options), whole, text, 1);
}

constexpr std::string_view few_rules = R"json({"rules": [
  {"id": "key", "category": "api_key", "pattern": "\\b(?P<secret>AKIA[A-Z2-7]{16})\\b", "keywords": ["akia"]},
  {"id": "password", "category": "password", "severity": "medium",
   "pattern": "(?i)password\\s{0,3}[:=]\\s{0,3}[\"']?(?P<secret>[^\\s\"']{6,64})",
                           "keywords" : ["password"]
},
  {"id": "url", "category": "connection_string", "severity": "critical",
   "pattern": "[a-z]{2,8}://(?P<secret>[^:/\\s]{1,32}):(?P<secret2>[^@\\s]{1,64})@", "keywords": ["://"]},
  {"id": "long", "category": "token", "pattern": "tok_(?P<secret>[A-Za-z0-9]{20,})", "keywords": ["tok_"], "max_length": 48},
  {"id": "card", "category": "payment_card", "trigger": "digits", "max_length": 32, "validator": "luhn",
   "pattern": "(?P<secret>\\d{13,19}|\\d{4}[ -]\\d{4}[ -]\\d{4}[ -]\\d{4})"},
  {"id": "pem", "category": "private_key", "trigger": "pem", "max_length": 64,
   "pattern": "(?P<secret>-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY-----)", "keywords": ["-----begin"]}
]})json";

RulesPointer few() {
  static const auto rules = rules_of(few_rules);
  return rules;
}

std::string key_block(bool closed) {
  std::string text = "-----BEGIN RSA PRIVATE KEY-----\n";
  for (int line = 0; line < 5; ++line) {
    text += "MIIEowIBAAKCAQEAYhR5FXWIgYWJ0zZduleWVQIkjSa5mv8SuOxQdACMWF5Zt1Aa\n";
  }
  text += "BY5opJPiHxM7f3f6aRUx0w==\n";
  return closed ? text + "-----END RSA PRIVATE KEY-----" : text;
}

TEST(Redactor, ReplacesTheSecretAlone) {
  const auto outcome = redact(few(), "a\npassword = 'hunter22x' # b\n");
  EXPECT_EQ(outcome.text, "a\npassword = '[REDACTED]' # b\n");
  EXPECT_EQ(outcome.found, std::vector<std::string>{"password 1 2"});
}

TEST(Redactor, AllGroupsOfAMatch) {
  EXPECT_EQ(redact(few(), "see db://ann:s3cret@host/x").text, "see db://[REDACTED]:[REDACTED]@host/x");
}

TEST(Redactor, OverlappingFindingsAreOneAndTheMoreSevereIsTold) {
  const auto outcome = redact(few(), "password=db://ann:s3cret@host/x and");
  EXPECT_EQ(outcome.text, "password=[REDACTED] and");
  EXPECT_EQ(outcome.found, std::vector<std::string>{"url 1 1"});
}

TEST(Redactor, WhatIsLongerThanARuleAllowsIsRedactedToItsEnd) {
  const std::string text = "x tok_" + std::string(5000, 'a') + " y";
  EXPECT_EQ(redact(few(), text).text, "x tok_[REDACTED] y");
  EXPECT_EQ(redact_bytes(few(), text).text, "x tok_[REDACTED] y");
}

TEST(Redactor, KeyBlocks) {
  EXPECT_EQ(redact(few(), "a\n" + key_block(true) + "\nb").text, "a\n[REDACTED]\nb");
  // Without its end; what follows is no key.
  EXPECT_EQ(redact(few(), "a\n" + key_block(false) + "Done with it.\n").text, "a\n[REDACTED]Done with it.\n");
  EXPECT_EQ(redact(few(), key_block(false).substr(0, 180)).text, "[REDACTED]");
  // Written line ends, as in JSON.
  std::string json = key_block(true);
  for (std::size_t at = 0; (at = json.find('\n', at)) != std::string::npos; at += 2) {
    json.replace(at, 1, "\\n");
  }
  EXPECT_EQ(redact(few(), "{\"k\": \"" + json + "\\n\"}").text, "{\"k\": \"[REDACTED]\\n\"}");
  // No key.
  const std::string prose = "-----BEGIN PRIVATE KEY----- ... -----END PRIVATE KEY-----";
  EXPECT_EQ(redact(few(), prose).text, prose);
}

TEST(Redactor, TerminalSequencesDoNotHide) {
  EXPECT_EQ(redact(few(), "\x1b[1mAKIA\x1b[0mSJJQY7GBNN22XCE \x1b[31mx").text,
            "\x1b[1mAKIA\x1b[0mSJJQY7GBNN22XCE \x1b[31mx");  // 15 letters
  EXPECT_EQ(redact(few(), "\x1b[1mAKIA\x1b[0mSJJQY7GBNN22XCEM\x1b[31m x").text,
            "\x1b[1m[REDACTED]\x1b[31m x");
  EXPECT_EQ(redact(few(), "AKIA\x1b]0;title\x07SJJQY7GBNN22XCEM").text, "[REDACTED]");
  EXPECT_EQ(redact(few(), "\x1b]0;password=hunter22x\x07 x").text, "\x1b]0;password=[REDACTED]\x07 x");
  EXPECT_EQ(redact(few(), "\x1b[").text, "\x1b[");
  EXPECT_EQ(redact(few(), "\x1b]0;password=hunter22x").text, "\x1b]0;password=[REDACTED]");
}

// What a terminal sequence has in it stands in the line of the sequence, however the text comes.
TEST(Redactor, LinesOfTerminalSequences) {
  const auto rules = rules_of(R"json({"rules": [
    {"id": "w", "category": "token", "action": "warn", "pattern": "warn_(?P<secret>[a-z]{4,8})", "keywords": ["warn_"]},
    {"id": "password", "category": "password", "pattern": "password=(?P<secret>[^\\s\"']{6,64})", "keywords": ["password"]}
  ]})json");
  for (const bool redacts : {true, false}) {
    RedactorOptions options;
    options.redact = redacts;
    const std::string_view titles = "a\nb\n\x1b]0;password=hunter22x\x07c\n\x1b]0;warn_abcd\x07\nwarn_abcd\n";
    EXPECT_EQ(redact(rules, titles, options).found, (std::vector<std::string>{"password 1 3", "w 2 4"}));
    expect_same_at_all_cuts(rules, titles, options);
    // A secret that is only warned of stands behind the title, in the same piece, and within another secret.
    const std::string_view behind = "a\n\x1b]0;password=hunter22x\x07\nwarn_abcd\n";
    EXPECT_EQ(redact(rules, behind, options).found, (std::vector<std::string>{"password 1 2", "w 1 3"}));
    expect_same_at_all_cuts(rules, behind, options);
    expect_same_at_all_cuts(rules, "\npassword=a\x1b]0;password=hunter22x\x07warn_abcd\n", options);
  }
}

// A match may begin before its keyword; in a title, not before the title.
TEST(Redactor, MatchesDoNotBeginBeforeATitle) {
  const auto rules = rules_of(R"json({"rules": [
    {"id": "near", "category": "token", "pattern": "[a-z0-9;]{3}near_(?P<secret>\\d{4})", "keywords": ["near_"]},
    {"id": "wide", "category": "token", "pattern": "[a-z0-9;]{0,40}wide_(?P<secret>\\d{4})", "keywords": ["wide_"]}
  ]})json");
  const std::string_view titles =
      "\x1b]0;abcdefghijkl\x07\x1b]0;near_1234\x07\x1b]0;wide_1234\x07\x1b]0;abcnear_1234\x07";
  EXPECT_EQ(redact(rules, titles).found, (std::vector<std::string>{"wide 1 1", "near 1 1"}));
  expect_same_at_all_cuts(rules, titles, {});
  EXPECT_TRUE(redact(shipped(), "\x1b]0;abcdefghijklmn\x07\x1b]0;AZDOabcd\x07").found.empty());
}

TEST(Redactor, BytesThatAreNoTextSurvive) {
  std::string text;
  for (int i = 0; i < 2048; ++i) {
    text += static_cast<char>(i * 7);
  }
  EXPECT_EQ(redact(few(), text).text, text);
  EXPECT_EQ(redact_bytes(few(), text).text, text);
  EXPECT_EQ(redact(few(), "\xFFpassword=hunter2\xFF\xFEx\xFF \xC3").text, "\xFFpassword=[REDACTED] \xC3");
}

TEST(Redactor, ReportsWithoutChanging) {
  RedactorOptions options;
  options.redact = false;
  const std::string text = "\x1b[1mpassword=hunter22x\x1b[0m " + key_block(true) + "\n";
  for (const auto& outcome : {redact(few(), text, options), redact_bytes(few(), text, options)}) {
    EXPECT_EQ(outcome.text, text);
    EXPECT_EQ(outcome.found, (std::vector<std::string>{"password 1 1", "pem 1 1"}));
  }
}

// Places that were looked at in vain are remembered, which must not change what is found at others.
TEST(Redactor, WhatIsRememberedChangesNothing) {
  constexpr std::array<std::string_view, 9> lines{
      "password = x\n",  "password = hunter22x\n", "the password is set\n",  "password: 'a' tok_short\n",
      "xpassword=:::\n", "AKIASJJQY7GBNN22XCE\n",  "AKIASJJQY7GBNN22XCEM\n", "db://ann@host/x\n",
      "password\n"};
  std::mt19937 random(5);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  std::string text;
  std::string expected;
  for (int i = 0; i < 400; ++i) {
    const auto line = lines.at(random() % lines.size());
    text += line;
    expected += redact(few(), line).text;
  }
  EXPECT_EQ(redact(few(), text).text, expected);
  EXPECT_EQ(redact_bytes(few(), text).text, expected);
}

TEST(Redactor, RulesThatOnlyWarn) {
  const auto rules =
      rules_of(R"json({"rules": [{"id": "w", "category": "token", "action": "warn", "keywords": ["warn_"],
    "pattern": "warn_(?P<secret>[a-z]{4,8})"}]})json");
  const auto outcome = redact(rules, "\nwarn_abcd warn_abcd");
  EXPECT_EQ(outcome.text, "\nwarn_abcd warn_abcd");
  EXPECT_EQ(outcome.found, std::vector<std::string>{"w 2 2"});
}

TEST(Redactor, KnownSecretsInAllTheirForms) {
  RedactorOptions options;
  options.known_secrets = {"Tr0ub4dor&3"};
  for (const std::string_view text :
       {"say Tr0ub4dor&3!", "say 3&rod4bu0rT!", "say Tr0ub4dor%263!", "say VHIwdWI0ZG9yJjM=!",
        "say 547230756234646f722633!", "say eFRyMHViNGRvciYzeA==!"}) {
    const auto outcome = redact(few(), text, options);
    EXPECT_NE(outcome.text.find("[REDACTED]"), std::string::npos) << text;
    EXPECT_EQ(outcome.found, std::vector<std::string>{"context-secret 1 1"});
    expect_same_at_all_cuts(few(), text, options);
  }
}

TEST(Redactor, Canaries) {
  const auto forms = nlohmann::json(hash_canary("canary-7d1f0c")).dump();
  const auto rules = rules_of(R"({"canaries": [{"id": "bird", "forms": )" + forms + "}]}");
  for (const std::string_view text :
       {"x canary-7d1f0c y", "c0f1d7-yranac", "63616e6172792d376431663063", "xcanary-7d1f0c"}) {
    EXPECT_EQ(redact(rules, text).found, std::vector<std::string>{"bird 1 1"}) << text;
    expect_same_at_all_cuts(rules, text);
  }
  EXPECT_EQ(redact(rules, "canary-7d1f0d").text, "canary-7d1f0d");
}

TEST(Redactor, SecretsOfTheContext) {
  EXPECT_EQ(secrets_of_context(
                R"({"user": "ann-lee", "db": {"password": "hunter22", "port": 5}, "apiKey": "k-123456",
                                  "tokens": {"max_tokens": "400000"}, "secrets": ["one-two-3", "xx"], "token": "changeme"})"),
            (std::vector<std::string>{"k-123456", "hunter22", "one-two-3"}));
  EXPECT_TRUE(secrets_of_context("no JSON").empty());
}

// The property that a stream lives by.
TEST(Redactor, PiecesGiveWhatTheWholeGives) {
  for (const auto& sample : all_samples()) {
    if (sample.text.size() < 3000) {
      expect_same_at_all_cuts(shipped(), sample.text);
    }
    if (HasFailure()) {
      break;
    }
  }
}

TEST(Redactor, PiecesOfTheRulesOwnExamples) {
  for (const auto& rule : shipped()->rules()) {
    for (const auto& example : rule.must_match) {
      // Every place for the first of them; some for the others, of which there are many.
      if (&example == &rule.must_match.front() && example.text.size() < 400) {
        expect_same_at_all_cuts(shipped(), example.text);
      } else {
        const auto whole = redact(shipped(), example.text);
        for (std::size_t cut = 1; cut < example.text.size(); cut += 13) {
          expect_same(redact_cut(shipped(), example.text, {cut}), whole, example.text, cut);
        }
      }
      if (HasFailure()) {
        return;
      }
    }
  }
}

TEST(Redactor, RandomPiecesOfManySamplesTogether) {
  std::string text;
  for (const auto& sample : all_samples()) {
    text += sample.text + "\n";
  }
  const auto whole = redact(shipped(), text);
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  for (int round = 0; round < 10; ++round) {
    std::set<std::size_t> places;
    for (int i = 0; i < 400; ++i) {
      places.insert(random() % text.size());
    }
    const auto pieces = redact_cut(shipped(), text, {places.begin(), places.end()});
    EXPECT_EQ(pieces.text, whole.text);
    EXPECT_EQ(pieces.found, whole.found);
  }
}

// What a live stream needs: a program that has written a line and thinks for a while.
TEST(Redactor, OrdinaryLinesGoOutAtOnce) {
  EXPECT_TRUE(shipped()->compiled().barriers.test('\n'));
  RedactorOptions options;
  options.known_secrets = {"correct horse battery staple"};
  Redactor redactor(shipped(), options);
  std::string out;
  for (const char* const line :
       {"hello\n", "\n", "step 1 of 10\n", "epoch 12/100, loss=0.123456, accuracy: 98.70%\n", "a   b\r\n",
        "2024-05-01 12:30:59,123 INFO worker 7: 1024 rows in 15 ms\n", "0  1\n1  2\n2  3\n",
        "\x1b[32mdone\x1b[0m in 3.2 s\n", "Traceback (most recent call last):\n",
        "  File \"main.py\", line 3, in <module>\n",
        "ValueError: invalid literal for int() with base 10: 'x'\n", "[1, 2, 3, 10, 100, 1000]\n",
        "price 1,234,567.89 USD\n",
        "Gr\xc3\xbc\xc3\x9f"
        "e AB\n"}) {
    redactor.feed(line, out);
    EXPECT_EQ(redactor.held(), 0U) << line;
  }
  // Not so what may go on.
  for (const char* const line : {"password = hunter2hunter2\n", "4111 1111", "correct horse"}) {
    Redactor other(shipped(), options);
    out.clear();
    other.feed(line, out);
    EXPECT_GT(other.held(), 0U) << line;
  }
}

TEST(Redactor, PiecesWithinAndAtTheEndsOfLines) {
  const std::vector<std::string> words = {"password",
                                          "=",
                                          ":",
                                          " ",
                                          "\n",
                                          "\r\n",
                                          "4111",
                                          "1111",
                                          "AB",
                                          "AKIA",
                                          "token",
                                          "\"",
                                          "hunter2hunter2",
                                          "123-45-6789",
                                          "-----BEGIN ",
                                          "PRIVATE KEY-----",
                                          "://u:",
                                          "@h",
                                          "api_key",
                                          "ssn",
                                          "Bearer ",
                                          "eyJhbGciOiJIUzI1NiJ9",
                                          ".",
                                          "DE89370400440532013000",
                                          "x",
                                          "correct horse\nbattery",
                                          "secret",
                                          "a=1",
                                          "\x1b[1m"};
  RedactorOptions options;
  options.known_secrets = {"correct horse\nbattery", "hunter2hunter2"};
  std::mt19937 random(11);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  for (int round = 0; round < 1500; ++round) {
    std::string text;
    std::vector<std::size_t> cuts;
    for (int i = 0; i < 60; ++i) {
      text += words[random() % words.size()];
      if (random() % 2 == 0) {
        cuts.push_back(text.size());
      }
    }
    cuts.pop_back();
    const auto whole = redact(shipped(), text, options);
    const auto pieces = redact_cut(shipped(), text, cuts, options);
    ASSERT_EQ(pieces.text, whole.text) << text;
    ASSERT_EQ(pieces.found, whole.found) << text;
  }
}

TEST(Redactor, HoldsBackLittle) {
  Redactor redactor(shipped());
  std::string out;
  std::size_t most = 0;
  for (int i = 0; i < 200; ++i) {
    redactor.feed("The mean of column " + std::to_string(i) + " is 0.123456, as was to be seen.\n", out);
    most = std::max(most, redactor.held());
  }
  EXPECT_LT(most, 1024U);
  // Never more than is stated, whatever comes.
  for (int i = 0; i < 20000; ++i) {
    redactor.feed(i % 2 == 0 ? "password=eyJ-----BEGIN PRIVATE KEY-----" : "://a:b cookie: \x1b]0;", out);
    most = std::max(most, redactor.held());
  }
  EXPECT_LT(most, Redactor::most_held);
}

}  // namespace
}  // namespace sallyport::validators::output

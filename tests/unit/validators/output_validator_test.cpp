#include "tests/unit/validators/output/support.hpp"

#include <algorithm>
#include <iostream>

namespace sallyport::validators {
namespace {

using output::rules_of;
using output::shipped;

TEST(OutputValidator, LeavesHonestTextAlone) {
  const auto result = OutputValidator(shipped()).validate("0.4299 0.8483\nCommit 3c36383\n");
  EXPECT_TRUE(result.is_valid);
  EXPECT_FALSE(result.was_redacted);
  EXPECT_EQ(result.sanitized_output, "0.4299 0.8483\nCommit 3c36383\n");
  EXPECT_TRUE(result.violations.empty());
}

TEST(OutputValidator, TellsOfASecretWithoutTellingIt) {
  const std::string secret = "401-77-2265";
  const auto result = OutputValidator(shipped()).validate("\n\n{'ssn': '" + secret + "'}");
  EXPECT_TRUE(result.is_valid);
  EXPECT_TRUE(result.was_redacted);
  EXPECT_EQ(result.sanitized_output, "\n\n{'ssn': '[REDACTED]'}");
  ASSERT_EQ(result.violations.size(), 1U);
  const auto& violation = result.violations.front();
  EXPECT_EQ(violation.type, "sensitive_data");
  EXPECT_EQ(violation.category, "personal");
  EXPECT_EQ(violation.count, 1U);
  EXPECT_EQ(violation.line, 3U);
  for (const std::string_view part : {"401", "77-", "2265"}) {
    EXPECT_EQ(violation.message.find(part), std::string::npos);
  }
}

TEST(OutputValidator, WithholdsWhatARuleBlocks) {
  const auto rules = rules_of(R"json({"rules": [{"id": "stop", "category": "token", "action": "block",
    "keywords": ["stop_"], "pattern": "stop_(?P<secret>[a-z]{4,8})"}]})json");
  const auto result = OutputValidator(rules).validate("all of this stop_abcd too");
  EXPECT_FALSE(result.is_valid);
  EXPECT_EQ(result.sanitized_output, "");
  EXPECT_EQ(result.violations.front().action, output::Action::block);
}

TEST(OutputValidator, ExcessiveOutput) {
  OutputValidationOptions options;
  options.max_output_bytes = 10;
  const auto result = OutputValidator(shipped()).validate("12345678901", options);
  EXPECT_FALSE(result.is_valid);
  EXPECT_EQ(result.sanitized_output, "12345678901");
  ASSERT_EQ(result.violations.size(), 1U);
  EXPECT_EQ(result.violations.front().type, "excessive_output");
}

struct Score {
  std::size_t secrets = 0;
  std::size_t missed = 0;
  std::size_t honest = 0;
  std::size_t changed = 0;
};

// All of a secret has to be gone, and honest text has to stay as it is.
Score score_of(const std::vector<output::Sample>& samples) {
  const OutputValidator validator(shipped());
  Score score;
  for (const auto& sample : samples) {
    const auto result = validator.validate(sample.text);
    if (sample.tier == "negative") {
      ++score.honest;
      score.changed += result.sanitized_output != sample.text ? 1U : 0U;
    } else if ((sample.tier == "plain" || sample.tier == "context" || sample.tier == "size") &&
               !sample.secrets.empty()) {
      ++score.secrets;
      const bool left =
          std::any_of(sample.secrets.begin(), sample.secrets.end(), [&](const std::string& secret) {
            return result.sanitized_output.find(secret) != std::string::npos;
          });
      score.missed += left ? 1U : 0U;
      if (left) {
        std::cout << "missed: " << sample.id << "\n";
      }
    }
  }
  return score;
}

// Some of the samples cannot be told from their opposite: a password without a name, a number that is a card
// by chance.
TEST(OutputValidator, Samples) {
  const auto score = score_of(output::own_samples());
  EXPECT_GT(score.secrets, 300U);
  EXPECT_GT(score.honest, 100U);
  EXPECT_LE(score.missed * 100, score.secrets * 2);
  EXPECT_LE(score.changed * 100, score.honest);
}

// Where the data that other projects share stands beside the repository.
TEST(OutputValidator, SharedSamples) {
  const auto score = score_of(output::shared_samples());
  EXPECT_EQ(score.missed, 0U);
  EXPECT_LE(score.changed, 1U);
}

}  // namespace
}  // namespace sallyport::validators

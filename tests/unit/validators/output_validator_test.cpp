#include "tests/unit/validators/output/support.hpp"

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

// All of a secret has to be gone, and honest text has to stay as it is.
TEST(OutputValidator, Samples) {
  const OutputValidator validator(shipped());
  for (const auto& sample : output::all_samples()) {
    const auto result = validator.validate(sample.text);
    if (sample.tier == "negative") {
      EXPECT_EQ(result.sanitized_output, sample.text) << sample.id;
    } else if (sample.tier == "plain" || sample.tier == "context") {
      for (const auto& secret : sample.secrets) {
        EXPECT_EQ(result.sanitized_output.find(secret), std::string::npos)
            << sample.id << ": " << sample.text;
      }
    }
  }
}

}  // namespace
}  // namespace sallyport::validators

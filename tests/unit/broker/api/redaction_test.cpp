#include "broker/api/redaction.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sallyport::broker {
namespace {

TEST(Redaction, ReadsARequest) {
  const auto request = parse_redaction_request(R"({"text": "a\u0000b"})");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->text, std::string("a\0b", 3));
  EXPECT_TRUE(request->redact);
  EXPECT_EQ(request->user_id, UserId());
  const auto other = parse_redaction_request(R"({"text": "", "redact": false, "user_id": "ann"})");
  EXPECT_FALSE(other->redact);
  EXPECT_EQ(other->user_id, UserId("ann"));
}

TEST(Redaction, RefusesWhatIsWrong) {
  struct Case {
    const char* body;
    int status;
    const char* message;
  };
  const Case cases[] = {
      {"[]", 422, "the body must be an object, not a list"},
      {"{}", 422, "text is required"},
      {R"({"text": 1})", 422, "text must be a string, not a number"},
      {R"({"text": "a", "redact": "yes"})", 422, "redact must be a boolean, not a string"},
      {R"({"text": "a", "redactt": true})", 422, R"(unknown field "redactt"; did you mean "redact"?)"},
      {R"({"text": "a", "user_id": true})", 422,
       "user_id must be an integer, a string or null, not a boolean"},
      {"{", 400, nullptr},
  };
  for (const Case& each : cases) {
    const auto request = parse_redaction_request(each.body);
    ASSERT_TRUE(request.has_error()) << each.body;
    EXPECT_EQ(request.error().status, each.status) << each.body;
    if (each.message != nullptr) {
      EXPECT_EQ(request.error().message, each.message);
    }
  }
}

TEST(Redaction, AnswersWithoutStreams) {
  OutputVerdict verdict;
  verdict.texts.stdout_text = "x=[REDACTED]";
  verdict.redacted = true;
  verdict.violations.push_back({"sensitive_data", "r", "password", "high", "stdout", "m", 2, 3});
  EXPECT_EQ(nlohmann::json::parse(redaction_json(verdict)), nlohmann::json::parse(R"({
    "is_valid": true, "sanitized_output": "x=[REDACTED]", "was_redacted": true,
    "violations": [{"type": "sensitive_data", "rule": "r", "category": "password", "severity": "high",
                    "message": "m", "count": 2, "line": 3}]})"));
  verdict.passed = false;
  EXPECT_EQ(nlohmann::json::parse(redaction_json(verdict)).at("sanitized_output"), "");
}

}  // namespace
}  // namespace sallyport::broker

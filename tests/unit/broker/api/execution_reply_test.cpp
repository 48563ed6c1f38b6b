#include "broker/api/execution_reply.hpp"

#include "broker/api_error.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sallyport::broker {
namespace {

using nlohmann::json;

TEST(ExecutionReply, HasEveryFieldAlways) {
  ExecutionReply reply;
  reply.id = "id";
  const json body = json::parse(to_json(reply));
  EXPECT_EQ(body, json::parse(R"({
    "id": "id", "success": false, "stdout": "", "stderr": "", "error_type": null, "error_message": null,
    "error_line": null, "exit_code": null, "signal": null, "timed_out": false, "oom_killed": false,
    "execution_time_seconds": null, "total_time_seconds": 0.0, "cached": false, "validation_violations": [],
    "output_violations": [], "was_output_redacted": false, "was_output_truncated": false,
    "invalid_utf8_replaced": 0, "artifacts": [], "notes": [], "usage": null,
    "timings": {"validation_ms": 0.0, "queue_ms": 0.0, "sandbox_ms": 0.0, "output_ms": 0.0}})"));
}

TEST(ExecutionReply, TellsEverything) {
  ExecutionReply reply;
  reply.id = "id";
  reply.stdout_text = "\xC3\xA9\n";
  reply.error_type = "ValueError";
  reply.error_message = "ValueError: bad";
  reply.error_line = 3;
  reply.exit_code = 1;
  reply.signal = "SIGSEGV";
  reply.timed_out = true;
  reply.oom_killed = true;
  reply.execution_time_seconds = 0.1234567891;
  reply.total_time_seconds = 1.5;
  reply.cached = true;
  reply.was_output_redacted = true;
  reply.was_output_truncated = true;
  reply.invalid_utf8_replaced = 7;
  reply.validation_violations.push_back(
      {"import", "no-os", "high", "os is not allowed", 2, 1, 2, 10, "use math"});
  reply.validation_violations.push_back({"syntax", "syntax", "high", "no", 0, 0, 0, 0, ""});
  reply.output_violations.push_back({"sensitive_data", "aws", "key", "high", "stdout", "a key", 2});
  reply.artifacts.push_back({"a.txt", 3, "abc"});
  reply.notes = {"left out b"};
  runners::Usage usage;
  usage.cpu_seconds = 0.25;
  usage.peak_memory_mb = 14.5;
  usage.warm = true;
  reply.usage = usage;
  reply.timings.sandbox_ms = 12.3456789;
  const json body = json::parse(to_json(reply));
  EXPECT_EQ(body["stdout"], "\xC3\xA9\n");
  EXPECT_EQ(body["error_line"], 3);
  EXPECT_EQ(body["invalid_utf8_replaced"], 7);
  EXPECT_EQ(body["execution_time_seconds"], 0.123457);
  EXPECT_EQ(
      body["validation_violations"][0],
      json::parse(R"({"type": "import", "rule": "no-os", "severity": "high", "message": "os is not allowed",
                            "line": 2, "column": 1, "end_line": 2, "end_column": 10, "hint": "use math"})"));
  EXPECT_EQ(body["validation_violations"][1]["line"], nullptr);
  EXPECT_EQ(body["validation_violations"][1]["hint"], nullptr);
  EXPECT_EQ(body["output_violations"][0],
            json::parse(R"({"type": "sensitive_data", "rule": "aws", "category": "key", "severity": "high",
                            "stream": "stdout", "message": "a key", "count": 2, "line": null})"));
  EXPECT_EQ(
      body["artifacts"][0],
      json::parse(R"({"path": "a.txt", "size": 3, "media_type": "text/plain", "content_base64": "YWJj"})"));
  EXPECT_EQ(body["notes"], json({"left out b"}));
  EXPECT_EQ(body["usage"], json::parse(R"({"cpu_seconds": 0.25, "peak_memory_mb": 14.5, "start": "warm"})"));
  EXPECT_EQ(body["timings"]["sandbox_ms"], 12.346);
}

TEST(ApiErrorTest, IsAlwaysJson) {
  ApiError error;
  error.status = 400;
  error.error_type = "ValidationError";
  error.message = "bad \xFF byte";
  error.details_json = "not json";
  EXPECT_EQ(json::parse(error.to_json()), json({{"error_type", "ValidationError"},
                                                {"message", "bad \xEF\xBF\xBD byte"},
                                                {"details", json::object()}}));
}

}  // namespace
}  // namespace sallyport::broker

#include "broker/mcp/tool_result.hpp"

#include "broker/mcp/text_for_model.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::broker::mcp {
namespace {

runners::Artifact artifact(const std::string& path, const std::string& content) {
  runners::Artifact result;
  result.path = path;
  result.content = content;
  result.size = content.size();
  return result;
}

const std::string kPng = "\x89PNG\r\n\x1A\nrest";

TEST(ToolResult, ShowsOutputPicturesAndTexts) {
  ExecutionReply reply;
  reply.success = true;
  reply.execution_time_seconds = 0.25;
  reply.stdout_text = "42\n";
  reply.stderr_text = "hm";
  reply.notes = {"left out"};
  reply.artifacts = {artifact("plot.png", kPng), artifact("a b/t.csv", "x,y\n"), artifact("raw.bin", "\xFF"),
                     artifact("bad.txt", "\xFF")};
  const auto result = tool_result(reply);
  EXPECT_EQ(result["isError"], false);
  ASSERT_EQ(result["content"].size(), 3U);
  EXPECT_EQ(
      result["content"][0]["text"],
      "The program ended with success after 0.25 s.\nstdout:\n42\nstderr:\nhm\nNote: left out\n"
      "Files in output:\n- plot.png (image/png, 12 bytes)\n- a b/t.csv (text/csv, 4 bytes)\n"
      "- raw.bin (application/octet-stream, 1 bytes), not shown\n- bad.txt (text/plain, 1 bytes), not shown");
  EXPECT_EQ(result["content"][1]["type"], "image");
  EXPECT_EQ(result["content"][1]["mimeType"], "image/png");
  EXPECT_EQ(result["content"][1]["data"], "iVBORw0KGgpyZXN0");
  EXPECT_EQ(result["content"][2]["resource"]["uri"], "sallyport:///output/a%20b/t.csv");
  EXPECT_EQ(result["content"][2]["resource"]["text"], "x,y\n");
  EXPECT_EQ(result["structuredContent"]["stdout"], "42\n");
  EXPECT_FALSE(result["structuredContent"]["artifacts"][0].contains("content_base64"));
}

TEST(ToolResult, BoundsPicturesAndTexts) {
  ExecutionReply reply;
  reply.success = true;
  reply.artifacts = {artifact("a.png", kPng + std::string(kMaxPictureBytes - 64, 'x')),
                     artifact("b.png", kPng + std::string(64, 'x')), artifact("c.png", kPng),
                     artifact("a.txt", std::string(kMaxFileTextBytes + 1, 'x')), artifact("b.txt", "x")};
  const auto result = tool_result(reply);
  ASSERT_EQ(result["content"].size(), 4U);
  EXPECT_NE(result["content"][0]["text"].get<std::string>().find("- b.png (image/png, 76 bytes), not shown"),
            std::string::npos);
  EXPECT_EQ(result["content"][3]["resource"]["text"], "x");
}

TEST(ToolResult, SaysWhyAProgramFailed) {
  ExecutionReply reply;
  reply.error_type = "ValueError";
  reply.error_message = "ValueError: bad";
  reply.error_line = 2;
  reply.exit_code = 1;
  auto result = tool_result(reply);
  EXPECT_EQ(result["isError"], true);
  EXPECT_EQ(result["content"][0]["text"],
            "The program failed: ValueError: bad (line 2 of the program)\nExit status 1.");
  reply = ExecutionReply();
  reply.error_type = "TimeoutError";
  reply.error_message = "stopped after 1 s";
  reply.signal = "SIGKILL";
  reply.was_output_truncated = true;
  EXPECT_EQ(tool_result(reply)["content"][0]["text"],
            "The program failed: TimeoutError: stopped after 1 s\nEnded by SIGKILL.\n"
            "The output was cut: it was longer than allowed.");
}

TEST(ToolResult, RepeatsWhatTheDoorsSaid) {
  ExecutionReply reply;
  reply.error_type = "ValidationError";
  reply.error_message = "SyntaxError: no (line 1)\n    match\n    ^";
  ValidationViolation violation;
  violation.type = "syntax";
  violation.message = "no";
  violation.hint = "Python 3.10 has this";
  reply.validation_violations = {violation};
  EXPECT_EQ(
      tool_result(reply)["content"][0]["text"],
      "The program was not run.\nSyntaxError: no (line 1)\n    match\n    ^\nhint: Python 3.10 has this");

  reply = ExecutionReply();
  reply.success = true;
  violation.line = 3;
  reply.validation_violations = {violation};
  OutputViolation found;
  found.stream = "stdout";
  found.message = "a key";
  found.count = 2;
  reply.output_violations = {found};
  reply.was_output_redacted = true;
  EXPECT_EQ(tool_result(reply)["content"][0]["text"],
            "The program ended with success.\nRemoved from the output:\n- stdout: a key (2x)\n"
            "Warnings:\n- line 3: no (Python 3.10 has this)\nIt printed nothing.");
}

TEST(ToolResult, AnInvalidProgramIsAnAnswer) {
  ValidationReply reply;
  reply.error_type = "ValidationError";
  reply.error_message = "no";
  const auto invalid = tool_result(reply);
  EXPECT_EQ(invalid["isError"], false);
  EXPECT_EQ(invalid["structuredContent"]["is_valid"], false);
  EXPECT_EQ(invalid["content"][0]["text"], "The program would not be run.\nno");
  reply = ValidationReply();
  reply.is_valid = true;
  EXPECT_EQ(tool_result(reply)["content"][0]["text"], "The program would be run.");
}

TEST(ToolResult, ARequestThatIsNotServedIsAnError) {
  ApiError error;
  error.message = "busy";
  error.retry_after_seconds = 3;
  const auto result = tool_result(error);
  EXPECT_EQ(result["isError"], true);
  EXPECT_FALSE(result.contains("structuredContent"));
  EXPECT_EQ(result["content"][0]["text"], "The request was not served: busy\nTry again in 3 seconds.");
}

}  // namespace
}  // namespace sallyport::broker::mcp

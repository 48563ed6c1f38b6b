#include "broker/mcp/tools.hpp"

#include "broker/api/execution_reply.hpp"
#include "broker/api/validation_reply.hpp"
#include "tests/unit/broker/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>

namespace sallyport::broker::mcp {
namespace {

using nlohmann::json;

class ToolsTest : public ::testing::Test {
 protected:
  ToolsTest() {
    rules_.images = &catalog_;
    rules_.policies = &policies_;
  }
  std::string body(Tool tool, const std::string& arguments) {
    auto result = submission_of(tool, arguments, rules_);
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return result.has_value() ? *result : std::string();
  }
  std::string refusal(Tool tool, const std::string& arguments) {
    auto result = submission_of(tool, arguments, rules_);
    EXPECT_TRUE(result.has_error()) << arguments;
    return result.has_error() ? result.error().message : std::string();
  }

  test::FakeCatalog catalog_;
  test::FakePolicies policies_;
  RequestRules rules_;
};

std::set<std::string> keys_of(const json& object) {
  std::set<std::string> keys;
  for (const auto& item : object.items()) keys.insert(item.key());
  return keys;
}

/// Each object of `schema` has exactly the members of `value`.
void expect_same_members(const json& schema, const json& value, const std::string& place) {
  EXPECT_EQ(keys_of(schema["properties"]), keys_of(value)) << place;
  std::set<std::string> required;
  for (const json& name : schema["required"]) required.insert(name);
  EXPECT_EQ(required, keys_of(value)) << place;
  EXPECT_EQ(schema["additionalProperties"], false) << place;
}

const json& definition(const json& tools, const std::string& name) {
  for (const json& tool : tools) {
    if (tool["name"] == name) return tool;
  }
  throw std::runtime_error("no tool " + name);
}

TEST_F(ToolsTest, TellImagesAndTheCeilingOfTime) {
  const json tools = json::parse(tools_json(rules_));
  const json& properties = definition(tools, "run_python")["inputSchema"]["properties"];
  EXPECT_EQ(properties["image"]["enum"], json({"python", "data-science"}));
  EXPECT_EQ(properties["image"]["default"], "python");
  EXPECT_EQ(properties["timeout_seconds"]["maximum"], 300);
  EXPECT_EQ(properties["timeout_seconds"]["default"], 30);
  EXPECT_EQ(definition(tools, "validate_python")["annotations"]["readOnlyHint"], true);
  for (const json& tool : tools) EXPECT_TRUE(tool_named(tool["name"].get<std::string>()));
  EXPECT_FALSE(tool_named("rm"));
}

TEST_F(ToolsTest, OutputSchemasHaveTheMembersOfTheReplies) {
  const json tools = json::parse(tool_definitions());
  ExecutionReply reply;
  reply.usage.emplace();
  reply.artifacts.emplace_back();
  reply.output_violations.emplace_back();
  reply.validation_violations.emplace_back();
  const json run = json::parse(to_json(reply, Contents::left_out));
  const json& schema = definition(tools, "run_python")["outputSchema"];
  expect_same_members(schema, run, "run_python");
  const json& properties = schema["properties"];
  expect_same_members(properties["usage"], run["usage"], "usage");
  expect_same_members(properties["timings"], run["timings"], "timings");
  expect_same_members(properties["artifacts"]["items"], run["artifacts"][0], "artifacts");
  expect_same_members(properties["output_violations"]["items"], run["output_violations"][0], "output");
  expect_same_members(schema["$defs"]["violation"], run["validation_violations"][0], "violation");

  ValidationReply validation;
  validation.validation_violations.emplace_back();
  const json word = json::parse(to_json(validation));
  const json& other = definition(tools, "validate_python")["outputSchema"];
  expect_same_members(other, word, "validate_python");
  expect_same_members(other["properties"]["timings"], word["timings"], "timings");
  expect_same_members(other["$defs"]["violation"], word["validation_violations"][0], "violation");
}

TEST_F(ToolsTest, InputSchemaHasTheArgumentsThatAreTaken) {
  const json tools = json::parse(tool_definitions());
  for (const auto& [tool, name] :
       {std::pair(Tool::run_python, "run_python"), {Tool::validate_python, "validate_python"}}) {
    for (const std::string& argument : keys_of(definition(tools, name)["inputSchema"]["properties"])) {
      body(tool, json{{argument, argument == "context" ? json::object() : json("x")}}.dump());
    }
  }
}

TEST_F(ToolsTest, ArgumentsBecomeASubmission) {
  const std::string text =
      body(Tool::run_python, R"({"code": "1", "stdin": "s", "files": [{"path": "a", "content": "b"}],
                                 "context": {"big": 123456789012345678901234567890}, "timeout_seconds": 5})");
  EXPECT_NE(text.find(R"("context":{"big":123456789012345678901234567890})"), std::string::npos) << text;
  auto request = parse_execution_request(text, rules_, nobody());
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->code, "1");
  EXPECT_EQ(request->stdin_text, "s");
  EXPECT_EQ(request->files.at(0).path, "a");
  EXPECT_EQ(request->limits.timeout, std::chrono::seconds(5));
  EXPECT_EQ(body(Tool::run_python, R"({"context": {}})"), R"({"context":{}})");
}

TEST_F(ToolsTest, WhatIsNotOfferedIsRefused) {
  EXPECT_NE(
      refusal(Tool::run_python, R"({"code": "1", "enable_ast_validation": false})").find("unknown field"),
      std::string::npos);
  refusal(Tool::run_python, R"({"code": "1", "policy": "off"})");
  refusal(Tool::run_python, R"({"code": "1", "sandbox_config": {}})");
  refusal(Tool::validate_python, R"({"code": "1", "stdin": ""})");
  refusal(Tool::validate_python, R"({"code": "1", "context": {}})");
  refusal(Tool::run_python, "[]");
  EXPECT_NE(refusal(Tool::run_python, R"({"cod": "1"})").find("did you mean \"code\"?"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::broker::mcp

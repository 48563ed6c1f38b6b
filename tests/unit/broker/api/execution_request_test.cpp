#include "broker/api/execution_request.hpp"

#include "tests/unit/broker/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace sallyport::broker {
namespace {

using nlohmann::json;

class ExecutionRequestTest : public ::testing::Test {
 protected:
  ExecutionRequestTest() {
    rules_.images = &catalog_;
    rules_.policies = &policies_;
  }

  ExecutionRequest accept(const std::string& body) {
    auto parsed = parse_execution_request(body, rules_, nullptr);
    if (parsed.has_error()) {
      ADD_FAILURE() << body << "\n  " << parsed.error().message;
      return ExecutionRequest();
    }
    return std::move(*parsed);
  }

  ApiError refuse(const std::string& body) {
    auto parsed = parse_execution_request(body, rules_, nullptr);
    if (parsed.has_value()) {
      ADD_FAILURE() << "accepted: " << body;
      return ApiError();
    }
    EXPECT_TRUE(json::parse(parsed.error().details_json).is_object());
    return parsed.error();
  }

  test::FakeCatalog catalog_;
  test::FakePolicies policies_;
  RequestRules rules_;
};

TEST_F(ExecutionRequestTest, DefaultsAreThoseOfTheDesign) {
  const ExecutionRequest request = accept(R"({"code": "1 + 1"})");
  EXPECT_EQ(request.code, "1 + 1");
  EXPECT_EQ(request.context_json, "{}");
  EXPECT_EQ(request.stdin_text, "");
  EXPECT_TRUE(request.files.empty());
  EXPECT_TRUE(std::holds_alternative<std::monostate>(request.user_id));
  EXPECT_EQ(request.image.name, "python");
  EXPECT_EQ(request.image.python_version, "3.11");
  EXPECT_EQ(request.sandbox_type, "gvisor");
  EXPECT_EQ(request.policy, "default");
  EXPECT_FALSE(request.adjustments.allowed_imports.has_value());
  EXPECT_EQ(request.limits.timeout.count(), 30'000);
  EXPECT_EQ(request.limits.cpu_seconds, 39);
  EXPECT_EQ(request.limits.max_memory_mb, 512U);
  EXPECT_EQ(request.limits.max_output_bytes, 1'000'000U);
  EXPECT_EQ(request.limits.cpus, 1.0);
  EXPECT_EQ(request.limits.max_processes, 64U);
  EXPECT_EQ(request.limits.max_file_mb, 32U);
  EXPECT_FALSE(request.limits.enable_network);
  EXPECT_TRUE(request.layers.enable_syntax_validation);
  EXPECT_TRUE(request.layers.enable_ast_validation);
  EXPECT_TRUE(request.layers.enable_output_validation);
  EXPECT_TRUE(request.layers.redact_sensitive_output);
  EXPECT_TRUE(request.layers.log_executions);
}

TEST_F(ExecutionRequestTest, TakesEveryField) {
  rules_.sandbox.ceilings.enable_network = true;
  const ExecutionRequest request = accept(R"({
    "code": "", "context": {"user": {"name": "Alice", "id": 123}}, "stdin": "line\n",
    "files": [{"path": "a/b.csv", "content": "x,y\n"}, {"path": "raw.bin", "content_base64": "AAEC"}],
    "user_id": 7, "image": "data-science", "sandbox_type": "gvisor", "policy": "default",
    "sandbox_config": {"timeout_seconds": 2.5, "max_memory_mb": 256.0, "max_output_bytes": 1000,
      "enable_network": true, "allowed_imports": ["math", "os.path", "_x1"], "cpus": 2, "max_processes": 10,
      "max_file_mb": 5, "max_cpu_seconds": 9, "max_artifacts": 0, "max_artifact_bytes": 0},
    "enable_syntax_validation": true, "enable_ast_validation": true, "enable_output_validation": true,
    "redact_sensitive_output": false, "log_executions": false})");
  EXPECT_EQ(request.code, "");
  EXPECT_EQ(request.context_json, R"({"user":{"name":"Alice","id":123}})");
  EXPECT_EQ(request.stdin_text, "line\n");
  ASSERT_EQ(request.files.size(), 2U);
  EXPECT_EQ(request.files[0].path, "a/b.csv");
  EXPECT_EQ(request.files[0].content, "x,y\n");
  EXPECT_EQ(request.files[1].content, std::string("\0\1\2", 3));
  EXPECT_EQ(std::get<std::int64_t>(request.user_id), 7);
  EXPECT_EQ(request.image.name, "data-science");
  EXPECT_EQ(request.limits.timeout.count(), 2500);
  EXPECT_EQ(request.limits.max_memory_mb, 256U);
  EXPECT_EQ(request.limits.max_output_bytes, 1000U);
  EXPECT_TRUE(request.limits.enable_network);
  EXPECT_EQ(request.limits.cpus, 2.0);
  EXPECT_EQ(request.limits.cpu_seconds, 9);
  EXPECT_EQ(request.limits.max_processes, 10U);
  EXPECT_EQ(request.limits.max_file_mb, 5U);
  EXPECT_EQ(request.limits.max_artifacts, 0U);
  EXPECT_EQ(request.limits.max_artifact_bytes, 0U);
  EXPECT_EQ(*request.adjustments.allowed_imports, (std::vector<std::string>{"math", "os.path", "_x1"}));
  EXPECT_FALSE(request.layers.redact_sensitive_output);
  EXPECT_FALSE(request.layers.log_executions);
}

TEST_F(ExecutionRequestTest, CpuTimeFollowsFromTimeAndCpusWithRoomForTheTimeLimitToComeFirst) {
  EXPECT_EQ(accept(R"({"code":"","sandbox_config":{"timeout_seconds":1.5,"cpus":1.5}})").limits.cpu_seconds,
            4);
  EXPECT_EQ(accept(R"({"code":"","sandbox_config":{"timeout_seconds":0.1,"cpus":0.1}})").limits.cpu_seconds,
            2);
  rules_.sandbox.ceilings.max_cpu_seconds = 20;
  EXPECT_EQ(accept(R"({"code":""})").limits.cpu_seconds, 20);
}

TEST_F(ExecutionRequestTest, ContextKeepsWhatTheClientWrote) {
  const ExecutionRequest request = accept(
      R"({"code": "", "context": {"big": 123456789012345678901234567890, "f": 1.10, "s": "\u00e9\n\"\\\u0000", )"
      R"("e": [], "o": {}, "n": null, "t": true, "neg": -5, "deep": [[1, [2]], {"k": [3]}]}})");
  EXPECT_EQ(
      request.context_json,
      "{\"big\":123456789012345678901234567890,\"f\":1.10,\"s\":\"\xC3\xA9\\n\\\"\\\\\\u0000\",\"e\":[],"
      "\"o\":{},\"n\":null,\"t\":true,\"neg\":-5,\"deep\":[[1,[2]],{\"k\":[3]}]}");
  EXPECT_TRUE(json::accept(request.context_json));
}

TEST_F(ExecutionRequestTest, UserIds) {
  EXPECT_EQ(std::get<std::string>(accept(R"({"code":"","user_id":"u-1"})").user_id), "u-1");
  EXPECT_EQ(std::get<std::int64_t>(accept(R"({"code":"","user_id":-3})").user_id), -3);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(accept(R"({"code":"","user_id":null})").user_id));
}

TEST_F(ExecutionRequestTest, NullMeansNoListOfImports) {
  EXPECT_FALSE(accept(R"({"code":"","sandbox_config":{"allowed_imports":null}})")
                   .adjustments.allowed_imports.has_value());
  EXPECT_TRUE(
      accept(R"({"code":"","sandbox_config":{"allowed_imports":[]}})").adjustments.allowed_imports->empty());
}

TEST_F(ExecutionRequestTest, RedactionGoesWithOutputValidation) {
  const ExecutionRequest request = accept(R"({"code":"","enable_output_validation":false})");
  EXPECT_FALSE(request.layers.enable_output_validation);
  EXPECT_FALSE(request.layers.redact_sensitive_output);
}

struct Refusal {
  std::string body;
  int status;
  std::string message;
};

TEST_F(ExecutionRequestTest, RefusalsSayWhatIsWrong) {
  rules_.sandbox.max_files = 2;
  rules_.max_files_bytes = 10;
  const std::string fields =
      "code, context, stdin, files, user_id, image, sandbox_type, sandbox_config, policy, "
      "priority, deterministic, mode, callback_url, "
      "forbidden_functions, forbidden_modules, forbidden_attributes, "
      "enable_syntax_validation, enable_ast_validation, enable_output_validation, redact_sensitive_output, "
      "log_executions";
  const std::vector<Refusal> table = {
      // Not JSON.
      {"", 400, "the body is empty"},
      {"{", 400,
       "the body is not valid JSON: line 1, column 2: syntax error while parsing object key - unexpected end "
       "of "
       "input; expected string literal"},
      {"{\"code\":\n tru}", 400,
       "the body is not valid JSON: line 2, column 5: syntax error while parsing value - invalid literal"},
      {"{\"code\": NaN}", 400,
       "the body is not valid JSON: line 1, column 10: syntax error while parsing value - invalid literal"},
      {"{} x", 400,
       "the body is not valid JSON: line 1, column 4: syntax error while parsing value - invalid literal"},
      {"{\"code\": \"\xFF\"}", 400, "the body is not valid JSON: line 1, column 11: invalid UTF-8"},
      {"{\"code\": \"\xED\xA0\x80\"}", 400, "the body is not valid JSON: line 1, column 11: invalid UTF-8"},
      {R"({"code": "", "code": ""})", 400, "the key \"code\" occurs twice in one object"},
      {R"({"code": "", "context": {"a": {"b": 1, "\u0062": 2}}})", 400,
       "the key \"b\" occurs twice in one object"},
      // Of the wrong form.
      {"[]", 422, "the body must be an object, not a list"},
      {"{}", 422, "code is required"},
      {R"({"code": 1})", 422, "code must be a string, not a number"},
      {R"({"code": null})", 422, "code must be a string, not null"},
      {R"({"code": "", "contxt": {}})", 422, "unknown field \"contxt\"; did you mean \"context\"?"},
      {R"({"code": "", "zzzzzzzz": {}})", 422, "unknown field \"zzzzzzzz\"; known are: " + fields},
      {R"({"code": "", "context": []})", 422, "context must be an object"},
      {R"({"code": "", "context": null})", 422, "context must be an object"},
      {R"({"code": "", "stdin": null})", 422, "stdin must be a string, not null"},
      {R"({"code": "", "user_id": true})", 422,
       "user_id must be an integer, a string or null, not a boolean"},
      {R"({"code": "", "user_id": 1.5})", 422,
       "user_id must be a whole number within 64 bits, a string or null"},
      {R"({"code": "", "user_id": 9223372036854775808})", 422,
       "user_id must be a whole number within 64 bits, a string or null"},
      {R"({"code": "", "user_id": ")" + std::string(257, 'u') + "\"}", 422,
       "user_id is longer than 256 bytes"},
      {R"({"code": "", "image": "pyton"})", 422,
       "image \"pyton\" is not known; did you mean \"python\"?; available: python, data-science"},
      {R"({"code": "", "image": 3})", 422, "image must be a string, not a number"},
      {R"({"code": "", "sandbox_type": "e2b"})", 422, "sandbox_type \"e2b\" is not known; available: gvisor"},
      {R"({"code": "", "policy": "maximal"})", 422,
       "policy \"maximal\" is not known; available: default, off, strict"},
      {R"({"code": "", "enable_ast_validation": "no"})", 422,
       "enable_ast_validation must be a boolean, not a string"},
      {R"({"code": "", "log_executions": 0})", 422, "log_executions must be a boolean, not a number"},
      // Limits.
      {R"({"code": "", "sandbox_config": []})", 422, "sandbox_config must be an object, not a list"},
      {R"({"code": "", "sandbox_config": {"timeout": 3}})", 422,
       "unknown field \"timeout\" in sandbox_config; did you mean \"timeout_seconds\"?"},
      {R"({"code": "", "sandbox_config": {"timeout_seconds": "3"}})", 422,
       "sandbox_config.timeout_seconds must be a number, not a string"},
      {R"({"code": "", "sandbox_config": {"timeout_seconds": true}})", 422,
       "sandbox_config.timeout_seconds must be a number, not a boolean"},
      {R"({"code": "", "sandbox_config": {"timeout_seconds": 900}})", 422,
       "sandbox_config.timeout_seconds: 900 is above the ceiling of 300"},
      {R"({"code": "", "sandbox_config": {"timeout_seconds": 0}})", 422,
       "sandbox_config.timeout_seconds: 0 is below the floor of 0.1"},
      {R"({"code": "", "sandbox_config": {"timeout_seconds": -1e300}})", 422,
       "sandbox_config.timeout_seconds: -1e+300 is below the floor of 0.1"},
      {R"({"code": "", "sandbox_config": {"max_memory_mb": 512.5}})", 422,
       "sandbox_config.max_memory_mb must be a whole number"},
      {R"({"code": "", "sandbox_config": {"max_memory_mb": 18446744073709551616}})", 422,
       "sandbox_config.max_memory_mb: 1.844674407e+19 is above the ceiling of 2048"},
      {R"({"code": "", "sandbox_config": {"max_memory_mb": 1}})", 422,
       "sandbox_config.max_memory_mb: 1 is below the floor of 64"},
      {R"({"code": "", "sandbox_config": {"cpus": 2.5}})", 422,
       "sandbox_config.cpus: 2.5 is above the ceiling of 2"},
      {R"({"code": "", "sandbox_config": {"max_output_bytes": 0}})", 422,
       "sandbox_config.max_output_bytes: 0 is below the floor of 1"},
      {R"({"code": "", "sandbox_config": {"max_processes": 257}})", 422,
       "sandbox_config.max_processes: 257 is above the ceiling of 256"},
      {R"({"code": "", "sandbox_config": {"enable_network": true}})", 422,
       "sandbox_config.enable_network: true is above the ceiling of false"},
      {R"({"code": "", "sandbox_config": {"enable_network": 1}})", 422,
       "sandbox_config.enable_network must be a boolean, not a number"},
      {R"({"code": "", "sandbox_config": {"allowed_imports": "math"}})", 422,
       "sandbox_config.allowed_imports must be a list of names, or null, not a string"},
      {R"({"code": "", "sandbox_config": {"allowed_imports": ["math", 1]}})", 422,
       "sandbox_config.allowed_imports[1] must be a string, not a number"},
      {R"({"code": "", "sandbox_config": {"allowed_imports": ["a..b"]}})", 422,
       "sandbox_config.allowed_imports[0] \"a..b\" is not the name of a module"},
      {R"({"code": "", "sandbox_config": {"allowed_imports": ["1a"]}})", 422,
       "sandbox_config.allowed_imports[0] \"1a\" is not the name of a module"},
      // What cannot be honoured.
      {R"({"code": "", "enable_ast_validation": false, "sandbox_config": {"allowed_imports": ["math"]}})",
       422, "sandbox_config.allowed_imports cannot be honoured while enable_ast_validation is false"},
      {R"({"code": "", "enable_output_validation": false, "redact_sensitive_output": true})", 422,
       "redact_sensitive_output cannot be honoured while enable_output_validation is false; send false for "
       "both, or neither"},
      // Files.
      {R"({"code": "", "files": {}})", 422, "files must be a list, not an object"},
      {R"({"code": "", "files": [1]})", 422, "files[0] must be an object, not a number"},
      {R"({"code": "", "files": [{"path": "a"}, {"path": "b"}, {"path": "c"}]})", 422,
       "files: 3 files are above the ceiling of 2"},
      {R"({"code": "", "files": [{"content": ""}]})", 422, "files[0].path is required"},
      {R"({"code": "", "files": [{"path": "a"}]})", 422,
       "files[0] must have exactly one of content and content_base64"},
      {R"({"code": "", "files": [{"path": "a", "content": "", "content_base64": ""}]})", 422,
       "files[0] must have exactly one of content and content_base64"},
      {R"({"code": "", "files": [{"path": "a", "contents": ""}]})", 422,
       "unknown field \"contents\" in files[0]; did you mean \"content\"?"},
      {R"({"code": "", "files": [{"path": "../a", "content": ""}]})", 422,
       "files[0].path \"../a\" must not have a segment \"..\""},
      {R"({"code": "", "files": [{"path": "a\u0000b", "content": ""}]})", 422,
       "files[0].path \"a\\u0000b\" must not hold control characters"},
      {R"({"code": "", "files": [{"path": "a", "content": ""}, {"path": "a", "content": ""}]})", 422,
       "files[1].path \"a\" is given twice"},
      {R"({"code": "", "files": [{"path": "a", "content": ""}, {"path": "a/b", "content": ""}]})", 422,
       "files[1].path \"a/b\" lies in \"a\", which is another file"},
      {R"({"code": "", "files": [{"path": "a", "content_base64": "AA="}]})", 422,
       "files[0].content_base64 is not base64 (RFC 4648: A-Z a-z 0-9 + /, padded with =, without white "
       "space)"},
      {R"({"code": "", "files": [{"path": "a", "content": 5}]})", 422,
       "files[0].content must be a string, not a number"},
      {R"({"code": "", "files": [{"path": "a", "content": "12345678901"}]})", 422,
       "files: their contents are above the ceiling of 10 bytes"},
  };
  for (const Refusal& item : table) {
    const ApiError error = refuse(item.body);
    EXPECT_EQ(error.status, item.status) << item.body;
    EXPECT_EQ(error.message, item.message) << item.body;
    EXPECT_EQ(error.error_type, "ValidationError") << item.body;
  }
}

TEST_F(ExecutionRequestTest, RefusalsTellProgramsTooWhichLimit) {
  const ApiError error = refuse(R"({"code": "", "sandbox_config": {"timeout_seconds": 900}})");
  EXPECT_EQ(json::parse(error.details_json),
            json({{"field", "sandbox_config.timeout_seconds"}, {"asked", 900}, {"ceiling", 300}}));
  const ApiError unknown = refuse(R"({"code": "", "stdn": ""})");
  EXPECT_EQ(json::parse(unknown.details_json), json({{"field", "stdn"}, {"nearest", "stdin"}}));
  const ApiError malformed = refuse("{\n x");
  EXPECT_EQ(json::parse(malformed.details_json), json({{"line", 2}, {"column", 2}, {"byte", 3}}));
}

TEST_F(ExecutionRequestTest, SwitchesThatMayNotBeTurnedOffAre403) {
  const std::vector<std::string> names = {"enable_syntax_validation", "enable_ast_validation",
                                          "enable_output_validation", "redact_sensitive_output",
                                          "log_executions"};
  for (const std::string& name : names) {
    EXPECT_FALSE(
        parse_execution_request("{\"code\":\"\",\"" + name + "\":false}", rules_, nullptr).has_error())
        << name;
  }
  rules_.may_switch_off = {false, false, false, false, false};
  for (const std::string& name : names) {
    EXPECT_FALSE(
        parse_execution_request("{\"code\":\"\",\"" + name + "\":true}", rules_, nullptr).has_error())
        << name;
    const ApiError error = refuse("{\"code\":\"\",\"" + name + "\":false}");
    EXPECT_EQ(error.status, 403);
    EXPECT_EQ(error.error_type, "PermissionError");
    EXPECT_EQ(error.message, name + " may not be switched off here (may_switch_off." + name + " is false)");
  }
}

TEST_F(ExecutionRequestTest, SwitchingOutputValidationOffIsNoWayAroundTheRuleOnRedaction) {
  rules_.may_switch_off.redact_sensitive_output = false;
  const ApiError error = refuse(R"({"code":"","enable_output_validation":false})");
  EXPECT_EQ(error.status, 403);
  EXPECT_EQ(
      error.message,
      "enable_output_validation may not be switched off here (may_switch_off.redact_sensitive_output is "
      "false)");
}

TEST_F(ExecutionRequestTest, PoliciesArePartOfTheAstLayer) {
  EXPECT_EQ(accept(R"({"code":"","policy":"strict"})").policy, "strict");
  EXPECT_EQ(accept(R"({"code":"","policy":"default","enable_ast_validation":false})").policy, "default");
  EXPECT_EQ(refuse(R"({"code":"","policy":"strict","enable_ast_validation":false})").message,
            "policy cannot be honoured while enable_ast_validation is false");
  EXPECT_EQ(refuse(R"({"code":"","policy":"strikt"})").message,
            "policy \"strikt\" is not known; did you mean \"strict\"?; available: default, off, strict");
}

TEST_F(ExecutionRequestTest, APolicyThatIsOffNeedsThePermissionToSwitchOff) {
  EXPECT_EQ(accept(R"({"code":"","policy":"off"})").policy, "off");
  EXPECT_EQ(
      refuse(R"({"code":"","policy":"off","sandbox_config":{"allowed_imports":["math"]}})").message,
      "sandbox_config.allowed_imports cannot be honoured by the policy \"off\", whose rule \"import\" does "
      "not block");
  EXPECT_EQ(
      refuse(R"({"code":"","policy":"off","forbidden_modules":["math"]})").message,
      "forbidden_modules cannot be honoured by the policy \"off\", whose rule \"import\" does not block");
  rules_.may_switch_off.enable_ast_validation = false;
  const ApiError error = refuse(R"({"code":"","policy":"off"})");
  EXPECT_EQ(error.status, 403);
  EXPECT_EQ(error.message,
            "policy \"off\" checks nothing, and AST validation may not be switched off here "
            "(may_switch_off.enable_ast_validation is false)");
}

TEST_F(ExecutionRequestTest, AListThatThePolicyWouldOnlyWarnAboutIsRefused) {
  auto lax = std::make_shared<validators::policy::Policy>();
  lax->rules["builtin"].action = validators::policy::Action::block;
  lax->rules["module-member"].action = validators::policy::Action::warn;
  policies_.add("lax", lax);
  EXPECT_EQ(
      refuse(R"({"code":"","policy":"lax","forbidden_functions":["print"]})").message,
      "forbidden_functions cannot be honoured by the policy \"lax\", whose rule \"module-member\" does not "
      "block");
}

TEST_F(ExecutionRequestTest, OnlySelectablePoliciesMayBeNamed) {
  rules_.allowed_policies = {"strict"};
  EXPECT_EQ(accept(R"({"code":"","policy":"strict"})").policy, "strict");
  EXPECT_EQ(accept(R"({"code":"","policy":"default"})").policy, "default");
  EXPECT_EQ(refuse(R"({"code":"","policy":"off"})").message,
            "policy \"off\" is not known; available: default, strict");
}

TEST_F(ExecutionRequestTest, ARequestNarrowsItsPolicy) {
  const auto request =
      accept(R"({"code":"","forbidden_functions":["print","numpy.save"],"forbidden_modules":["csv"],)"
             R"("forbidden_attributes":["to_csv"],"sandbox_config":{"allowed_imports":["math"]}})");
  EXPECT_EQ(request.adjustments.forbidden_functions, (std::vector<std::string>{"print", "numpy.save"}));
  EXPECT_EQ(request.adjustments.forbidden_modules, std::vector<std::string>{"csv"});
  EXPECT_EQ(request.adjustments.forbidden_attributes, std::vector<std::string>{"to_csv"});
  EXPECT_FALSE(request.adjustments.replaces_imports);
  rules_.may_replace_imports = true;
  EXPECT_TRUE(
      accept(R"({"code":"","sandbox_config":{"allowed_imports":["math"]}})").adjustments.replaces_imports);
  EXPECT_EQ(refuse(R"({"code":"","forbidden_functions":"print"})").message,
            "forbidden_functions must be a list of names, or null, not a string");
  EXPECT_EQ(refuse(R"({"code":"","forbidden_attributes":["a b"]})").message,
            "forbidden_attributes[0] \"a b\" is not the name of an attribute");
  EXPECT_EQ(refuse(R"({"code":"","enable_ast_validation":false,"forbidden_modules":[]})").message,
            "forbidden_modules cannot be honoured while enable_ast_validation is false");
}

TEST_F(ExecutionRequestTest, ADefaultImageThatIsMissingIsNotTheClientsFault) {
  catalog_.known = {};
  const ApiError error = refuse(R"({"code":""})");
  EXPECT_EQ(error.status, 503);
  EXPECT_EQ(error.error_type, "SandboxError");
  EXPECT_GT(error.retry_after_seconds, 0);
  EXPECT_EQ(refuse(R"({"code":"","image":"python"})").message,
            "image \"python\" is not known; none is available");
}

TEST_F(ExecutionRequestTest, BoundsNestingAndNumberOfValues) {
  const auto nested = [](std::size_t depth) {
    return R"({"code":"","context":{"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}}";
  };
  accept(nested(64));
  EXPECT_EQ(refuse(nested(65)).message, "context is nested deeper than 64 levels");
  EXPECT_EQ(refuse(nested(200'000)).status, 422);
  EXPECT_EQ(refuse(std::string(200'000, '[')).message, "the body is nested deeper than 8 levels");
  std::string many = R"({"code":"","files":[0)";
  for (int i = 0; i < 100'000; ++i) many += ",0";
  EXPECT_EQ(refuse(many + "]}").status, 422);
  // The context is not bounded by number: it stays text.
  std::string large = R"({"code":"","context":{"a":[0)";
  for (int i = 0; i < 100'000; ++i) large += ",0";
  accept(large + "]}}");
}

TEST_F(ExecutionRequestTest, MessagesQuoteLittleOfWhatTheClientSent) {
  const ApiError error = refuse("{\"code\":\"\",\"" + std::string(100'000, 'k') + "\":1}");
  EXPECT_LT(error.message.size(), 600U);
  EXPECT_LT(refuse("{\"code\":\"" + std::string(100'000, 'k')).message.size(), 600U);
  // Cut between characters, so that the answer stays UTF-8.
  std::string umlauts;
  for (int i = 0; i < 1000; ++i) umlauts += "\xC3\xA4";
  EXPECT_TRUE(json::accept(refuse("{\"code\":\"\",\"x" + umlauts + "\":1}").to_json()));
}

TEST_F(ExecutionRequestTest, PriorityIsAWordUpToItsCeiling) {
  EXPECT_EQ(accept(R"({"code": ""})").priority, Priority::normal);
  EXPECT_EQ(accept(R"({"code": "", "priority": "low"})").priority, Priority::low);
  const ApiError above = refuse(R"({"code": "", "priority": "high"})");
  EXPECT_EQ(above.status, 422);
  EXPECT_EQ(above.message, "priority: high is above the ceiling of normal");
  EXPECT_EQ(json::parse(above.details_json)["ceiling"], "normal");
  EXPECT_EQ(refuse(R"({"code": "", "priority": "hihg"})").message,
            "priority \"hihg\" is not known; did you mean \"high\"?; available: low, normal, high");
  EXPECT_EQ(refuse(R"({"code": "", "priority": 1})").message, "priority must be a string, not a number");
  rules_.max_priority = Priority::high;
  EXPECT_EQ(accept(R"({"code": "", "priority": "high"})").priority, Priority::high);
}

TEST_F(ExecutionRequestTest, DeterministicIsTheCallersWord) {
  EXPECT_FALSE(accept(R"({"code": ""})").deterministic);
  EXPECT_TRUE(accept(R"({"code": "", "deterministic": true})").deterministic);
  EXPECT_EQ(refuse(R"({"code": "", "deterministic": "yes"})").message,
            "deterministic must be a boolean, not a string");
}

}  // namespace
}  // namespace sallyport::broker

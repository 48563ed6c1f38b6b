#include "broker/api/caller_rules.hpp"

#include "tests/unit/broker/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <initializer_list>

namespace sallyport::broker {
namespace {

using nlohmann::json;

class CallerRulesTest : public ::testing::Test {
 protected:
  CallerRulesTest() {
    rules_.images = &catalog_;
    rules_.policies = &policies_;
    caller_.key_id = "key_1";
  }

  /// "" for a request that is accepted, else status and message.
  std::string ask(const std::string& fields, ExecutionRequest* accepted = nullptr) {
    const std::string body = R"({"code": "1")" + (fields.empty() ? "" : ", " + fields) + "}";
    auto parsed = parse_execution_request(body, rules_, std::make_shared<Caller>(caller_));
    if (parsed.has_error()) return std::to_string(parsed.error().status) + " " + parsed.error().message;
    EXPECT_EQ(parsed->caller->key_id, "key_1");
    if (accepted != nullptr) *accepted = std::move(*parsed);
    return "";
  }

  test::FakeCatalog catalog_;
  test::FakePolicies policies_;
  RequestRules rules_;
  Caller caller_;
};

TEST_F(CallerRulesTest, AKeyWithoutRestrictionsHasTheConfiguredOnes) {
  EXPECT_EQ(ask(R"("sandbox_config": {"max_memory_mb": 2048}, "enable_ast_validation": false)"), "");
  EXPECT_EQ(ask(R"("sandbox_config": {"max_memory_mb": 2049})"),
            "422 sandbox_config.max_memory_mb: 2049 is above the ceiling of 2048");
}

TEST_F(CallerRulesTest, ALowerCeilingHoldsAndBringsTheDefaultDown) {
  caller_.ceilings.max_memory_mb = 128;
  caller_.ceilings.timeout_seconds = 5;
  ExecutionRequest request;
  EXPECT_EQ(ask("", &request), "");
  EXPECT_EQ(request.limits.max_memory_mb, 128U);
  EXPECT_EQ(request.limits.timeout, std::chrono::seconds(5));
  EXPECT_EQ(request.limits.cpu_seconds, 8);
  EXPECT_EQ(ask(R"("sandbox_config": {"max_memory_mb": 129})"),
            "422 sandbox_config.max_memory_mb: 129 is above the ceiling of 128");
  EXPECT_EQ(ask(R"("sandbox_config": {"timeout_seconds": 5.1})"),
            "422 sandbox_config.timeout_seconds: 5.1 is above the ceiling of 5");
}

TEST_F(CallerRulesTest, AHigherCeilingRaisesNothing) {
  caller_.ceilings.max_memory_mb = 1'000'000;
  caller_.ceilings.enable_network = true;
  EXPECT_EQ(ask(R"("sandbox_config": {"max_memory_mb": 2049})"),
            "422 sandbox_config.max_memory_mb: 2049 is above the ceiling of 2048");
  EXPECT_EQ(ask(R"("sandbox_config": {"enable_network": true})"),
            "422 sandbox_config.enable_network: true is above the ceiling of false");
  rules_.sandbox.ceilings.enable_network = true;
  EXPECT_EQ(ask(R"("sandbox_config": {"enable_network": true})"), "");
  caller_.ceilings.enable_network = false;
  EXPECT_EQ(ask(R"("sandbox_config": {"enable_network": true})"),
            "422 sandbox_config.enable_network: true is above the ceiling of false");
}

TEST_F(CallerRulesTest, CpuTime) {
  caller_.ceilings.max_cpu_seconds = 3;
  ExecutionRequest request;
  EXPECT_EQ(ask("", &request), "");
  EXPECT_EQ(request.limits.cpu_seconds, 3);
  EXPECT_EQ(ask(R"("sandbox_config": {"max_cpu_seconds": 4})"),
            "422 sandbox_config.max_cpu_seconds: 4 is above the ceiling of 3");
  rules_.sandbox.ceilings.max_cpu_seconds = 0;
  EXPECT_EQ(ask(R"("sandbox_config": {"max_cpu_seconds": 4})"),
            "422 sandbox_config.max_cpu_seconds: 4 is above the ceiling of 3");
}

TEST_F(CallerRulesTest, ASwitchNeedsBothWords) {
  const std::string off = R"("enable_ast_validation": false)";
  EXPECT_EQ(ask(off), "");
  caller_.may_switch_off.enable_ast_validation = false;
  EXPECT_EQ(ask(off).substr(0, 4), "403 ");
  EXPECT_EQ(ask(R"("policy": "off")").substr(0, 4), "403 ");  // Another way to say it.
  caller_.may_switch_off.enable_ast_validation = true;
  rules_.may_switch_off.enable_ast_validation = false;
  EXPECT_EQ(ask(off).substr(0, 4), "403 ");
}

TEST_F(CallerRulesTest, EachSwitch) {
  for (const char* name : {"enable_syntax_validation", "enable_ast_validation", "enable_output_validation",
                           "redact_sensitive_output", "log_executions"}) {
    config::Switches all;
    caller_.may_switch_off = all;
    EXPECT_EQ(ask("\"" + std::string(name) + "\": false"), "") << name;
    caller_.may_switch_off = {false, false, false, false, false};
    EXPECT_EQ(ask("\"" + std::string(name) + "\": false").substr(0, 4), "403 ") << name;
    EXPECT_EQ(ask("\"" + std::string(name) + "\": true"), "") << name;
  }
}

TEST_F(CallerRulesTest, OnlyPoliciesOfTheKey) {
  caller_.policies = {"default", "strict"};
  EXPECT_EQ(ask(R"("policy": "strict")"), "");
  EXPECT_EQ(ask(R"("policy": "off")").substr(0, 4), "422 ");
  ExecutionRequest request;
  EXPECT_EQ(ask("", &request), "");
  EXPECT_EQ(request.policy, "default");
}

TEST_F(CallerRulesTest, AKeyWithoutTheDefaultPolicyHasItsFirstAsDefault) {
  caller_.policies = {"strict"};
  ExecutionRequest request;
  EXPECT_EQ(ask("", &request), "");
  EXPECT_EQ(request.policy, "strict");
  EXPECT_EQ(ask(R"("policy": "default")").substr(0, 4), "422 ");
  EXPECT_EQ(ask(R"("policy": "strict")"), "");
}

TEST_F(CallerRulesTest, SelectablePoliciesHoldForKeysToo) {
  rules_.allowed_policies = {"off"};
  caller_.policies = {"strict", "off"};
  EXPECT_EQ(ask(R"("policy": "strict")").substr(0, 4), "422 ");
  EXPECT_EQ(ask(R"("policy": "off")"), "");
}

}  // namespace
}  // namespace sallyport::broker

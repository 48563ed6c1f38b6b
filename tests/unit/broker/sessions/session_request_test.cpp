// The rules of a key hold for its sessions and for each of their cells.
#include "broker/sessions/session_request.hpp"

#include "tests/unit/broker/fakes.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sallyport::broker {
namespace {

class SessionRequestTest : public ::testing::Test {
 protected:
  SessionRequestTest() {
    rules_.images = &catalog_;
    rules_.policies = &policies_;
    caller_.key_id = "key_1";
  }
  std::shared_ptr<const Caller> caller() const { return std::make_shared<Caller>(caller_); }
  ApiResult<SessionRequest> session(const std::string& body) const {
    return parse_session_request(body, rules_, limits_, caller());
  }
  ApiResult<ExecutionRequest> cell(const SessionRequest& of, const std::string& body) const {
    auto parsed = parse_cell_body(body, rules_);
    if (parsed.has_error()) return parsed.error();
    return make_cell_request(of, std::move(*parsed), rules_, limits_, caller());
  }
  template <class T>
  static std::string mistake(const ApiResult<T>& result) {
    return result.has_error() ? std::to_string(result.error().status) + " " + result.error().message : "";
  }

  test::FakeCatalog catalog_;
  test::FakePolicies policies_;
  RequestRules rules_;
  config::Sessions limits_;
  Caller caller_;
};

TEST_F(SessionRequestTest, AKeysCeilingsHoldForSessionAndCell) {
  caller_.ceilings.max_memory_mb = 128;
  caller_.ceilings.timeout_seconds = 5;
  EXPECT_EQ(mistake(session(R"({"sandbox_config": {"max_memory_mb": 129}})")),
            "422 sandbox_config.max_memory_mb: 129 is above the ceiling of 128");
  const auto begun = session("{}");
  ASSERT_TRUE(begun.has_value()) << mistake(begun);
  EXPECT_EQ(begun->base.limits.max_memory_mb, 128U);
  EXPECT_EQ(begun->base.caller->key_id, "key_1");
  const auto ran = cell(*begun, R"({"code": "1"})");
  ASSERT_TRUE(ran.has_value()) << mistake(ran);
  EXPECT_EQ(ran->limits.timeout, std::chrono::seconds(5));
  EXPECT_EQ(ran->caller->key_id, "key_1");
  EXPECT_EQ(mistake(cell(*begun, R"({"code": "1", "timeout_seconds": 6})")),
            "422 sandbox_config.timeout_seconds: 6 is above the ceiling of 5");
}

TEST_F(SessionRequestTest, ACeilingThatIsLoweredHoldsForTheNextCell) {
  const auto begun = session(R"({"sandbox_config": {"timeout_seconds": 20}})");
  ASSERT_TRUE(begun.has_value()) << mistake(begun);
  EXPECT_EQ(mistake(cell(*begun, R"({"code": "1"})")), "");
  caller_.ceilings.timeout_seconds = 5;
  EXPECT_EQ(mistake(cell(*begun, R"({"code": "1"})")),
            "422 sandbox_config.timeout_seconds: 20 is above the ceiling of 5");
}

TEST_F(SessionRequestTest, SwitchesAreTheKeys) {
  caller_.may_switch_off.enable_ast_validation = false;
  EXPECT_EQ(mistake(session(R"({"enable_ast_validation": false})")).substr(0, 3), "403");
  const auto begun = session("{}");
  ASSERT_TRUE(begun.has_value()) << mistake(begun);
  EXPECT_EQ(mistake(cell(*begun, R"({"code": "1", "enable_ast_validation": false})")).substr(0, 3), "403");
}

TEST_F(SessionRequestTest, PoliciesAreTheKeys) {
  caller_.policies = {"strict"};
  const auto begun = session("{}");
  ASSERT_TRUE(begun.has_value()) << mistake(begun);
  EXPECT_EQ(begun->base.policy, "strict");
  EXPECT_EQ(mistake(session(R"({"policy": "default"})")).substr(0, 1), "4");
  const auto ran = cell(*begun, R"({"code": "1"})");
  ASSERT_TRUE(ran.has_value()) << mistake(ran);
  EXPECT_EQ(ran->policy, "strict");
}

}  // namespace
}  // namespace sallyport::broker

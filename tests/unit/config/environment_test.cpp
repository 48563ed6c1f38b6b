#include "tests/unit/config/support.hpp"

#include <gmock/gmock.h>

#include <stdlib.h>

namespace sallyport::config {
namespace {

TEST(Environment, OverridesEachType) {
  const auto result = load_named("{}", {{"SALLYPORT_SERVER_PORT", "9000"},
                                        {"SALLYPORT_SERVER_MAX_CONNECTIONS", "7"},
                                        {"SALLYPORT_SANDBOX_DEFAULTS_TIMEOUT_SECONDS", "5"},
                                        {"SALLYPORT_SANDBOX_DEFAULTS_CPUS", "0.5"},
                                        {"SALLYPORT_LOG_INCLUDE_CODE", "true"},
                                        {"SALLYPORT_MAY_SWITCH_OFF_LOG_EXECUTIONS", "0"},
                                        {"SALLYPORT_ENGINE_SOCKET", "/tmp/engine.sock"},
                                        {"SALLYPORT_LOG_FILE", ""}});
  ASSERT_TRUE(result.ok()) << result.mistakes_text();
  const auto& config = result.loaded->config;
  EXPECT_EQ(config.server.port, 9000);
  EXPECT_EQ(config.server.max_connections, 7U);
  EXPECT_EQ(config.sandbox.defaults.timeout_seconds, 5);
  EXPECT_EQ(config.sandbox.defaults.cpus, 0.5);
  EXPECT_TRUE(config.log.include_code);
  EXPECT_FALSE(config.may_switch_off.log_executions);
  EXPECT_EQ(config.engine.socket, "/tmp/engine.sock");
  EXPECT_EQ(config.log.file, "");
}

TEST(Environment, WinsOverTheFile) {
  const auto result = load_named("{\"server\": {\n\"port\": 1, \"max_connections\": 2}}",
                                 {{"SALLYPORT_SERVER_PORT", "9000"}});
  ASSERT_TRUE(result.ok()) << result.mistakes_text();
  EXPECT_EQ(result.loaded->config.server.port, 9000);
  EXPECT_EQ(result.loaded->config.server.max_connections, 2U);
  EXPECT_EQ(result.loaded->sources.at("server.port").text(), "SALLYPORT_SERVER_PORT");
  EXPECT_EQ(result.loaded->sources.at("server.max_connections").text(), "f.json:2");
  EXPECT_EQ(result.loaded->sources.size(), 2U);
}

struct VariableCase {
  const char* variable;
  const char* value;
  const char* mistakes;
};

TEST(Environment, Mistakes) {
  const VariableCase cases[] = {
      {"SALLYPORT_SERVER_PORT", "70000", "server.port: 70000 is not between 0 and 65535"},
      {"SALLYPORT_SERVER_PORT", "-1", "server.port: -1 is not between 0 and 65535"},
      {"SALLYPORT_SERVER_PORT", "99999999999999999999",
       "server.port: 99999999999999999999 is not between 0 and 65535"},
      {"SALLYPORT_SERVER_PORT", "", "server.port: \"\" is not an integer"},
      {"SALLYPORT_SERVER_PORT", "80x", "server.port: \"80x\" is not an integer"},
      {"SALLYPORT_SERVER_PORT", " 80", "server.port: \" 80\" is not an integer"},
      {"SALLYPORT_SERVER_PORT", "0x50", "server.port: \"0x50\" is not an integer"},
      {"SALLYPORT_SERVER_PORT", "80.5", "server.port: 80.5 is not an integer"},
      {"SALLYPORT_SERVER_PORT", "nan", "server.port: nan is not an integer"},
      {"SALLYPORT_SERVER_PORT", "a\nb", "server.port: \"a\\nb\" is not an integer"},
      {"SALLYPORT_SERVER_SHUTDOWN_SECONDS", "nan", "server.shutdown_seconds: nan is not a finite number"},
      {"SALLYPORT_SERVER_SHUTDOWN_SECONDS", "inf", "server.shutdown_seconds: inf is not a finite number"},
      {"SALLYPORT_SERVER_SHUTDOWN_SECONDS", "-inf", "server.shutdown_seconds: -inf is not a finite number"},
      {"SALLYPORT_SERVER_SHUTDOWN_SECONDS", "1e999", "server.shutdown_seconds: \"1e999\" is not a number"},
      {"SALLYPORT_SERVER_SHUTDOWN_SECONDS", "5s", "server.shutdown_seconds: \"5s\" is not a number"},
      {"SALLYPORT_LOG_INCLUDE_CODE", "yes", "log.include_code: \"yes\" is neither true nor false"},
      {"SALLYPORT_LOG_INCLUDE_CODE", "TRUE", "log.include_code: \"TRUE\" is neither true nor false"},
      {"SALLYPORT_LOG_FILE", "\xff",
       "log.file: \"\xef\xbf\xbd\" is not a text of at most 4095 bytes without control characters"},
      {"SALLYPORT_SERVER_PROT", "1", "unknown variable; did you mean SALLYPORT_SERVER_PORT?"},
      {"SALLYPORT_COLOUR", "1", "unknown variable"},
      {"SALLYPORT_", "1", "unknown variable"},
      {"SALLYPORT_CONFIGS", "1", "unknown variable"},
      {"SALLYPORT_SANDBOX_CEILINGS_CPUS", "0.5",
       "sandbox.defaults.cpus: 1 is above sandbox.ceilings.cpus, which is 0.5"},
  };
  for (const auto& [variable, value, mistakes] : cases) {
    EXPECT_EQ(mistakes_in("{}", {{variable, value}}), std::string(variable) + ": " + mistakes + "\n")
        << value;
  }
}

TEST(Environment, LeavesOthersVariablesAlone) {
  EXPECT_EQ(mistakes_in("{}", {{"PATH", "/bin"},
                               {"SALLYPORTS", "1"},
                               {"SALLYPORT_TEST_ENGINE", "1"},
                               {"SALLYPORT_QUICKSTART_X", "1"}}),
            "");
}

TEST(Environment, OfTheProcess) {
  ASSERT_EQ(::setenv("SALLYPORT_TEST_PROBE", "a=b", 1), 0);
  const auto environment = process_environment();
  EXPECT_THAT(environment, testing::Contains(testing::Pair("SALLYPORT_TEST_PROBE", "a=b")));
  EXPECT_FALSE(environment.contains("PATH"));
  ::unsetenv("SALLYPORT_TEST_PROBE");
}

}  // namespace
}  // namespace sallyport::config

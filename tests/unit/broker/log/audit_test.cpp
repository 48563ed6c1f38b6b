#include "broker/log/audit.hpp"

#include "base/sha256.hpp"
#include "broker/log/audit_line.hpp"
#include "tests/unit/broker/log/support.hpp"

#include <gmock/gmock.h>

#include <string>

namespace sallyport::broker::log {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* code = "password = 'hunter2'\n";

AuditRecord full_record(AuditEvent event) {
  AuditRecord record;
  record.event = event;
  record.execution_id = "exec-1";
  record.user_id = std::string("alice");
  record.code = code;
  record.code_sha256 = base::sha256_hex(code);
  record.image = "python";
  record.policy = "default";
  record.success = false;
  record.error_type = "ValueError";
  record.exit_code = 1;
  record.signal = "SIGSEGV";
  record.timed_out = true;
  record.oom_killed = true;
  record.truncated = true;
  record.redacted = true;
  record.violations = {{"import.os", "high"}, {"call.eval", "critical"}};
  record.durations = {
      .validation_ms = 0.5, .queue_ms = 1, .sandbox_ms = 20.25, .output_ms = {}, .total_ms = 22};
  record.container_id = "c0ffee";
  record.start = Start::warm;
  return record;
}

Context context_of(const config::Log& config) {
  return {config, fixed_time, {}};
}

json parsed(const AuditRecord& record, const config::Log& config = {}) {
  return json::parse(audit_line(record, context_of(config)));
}

TEST(Audit, ARequestSaysWhoAndWhat) {
  EXPECT_EQ(
      audit_line(full_record(AuditEvent::requested), context_of({})),
      R"({"ts":"2026-01-31T12:00:00.000042Z","level":"info","event":"Code execution requested",)"
      R"("execution_id":"exec-1","key_id":null,"user_id":"alice","code_length":21,)"
      R"("code_sha256":")" +
          base::sha256_hex(code) +
          R"(","image":"python","policy":"default","limits":{"timeout_seconds":30.0,"max_cpu_seconds":0.0,)"
          R"("max_memory_mb":512,"max_output_bytes":1000000,"cpus":1.0,"max_processes":64,"max_file_mb":32,)"
          R"("enable_network":false,"max_artifacts":32,"max_artifact_bytes":10000000}})");
}

TEST(Audit, AnEndSaysHow) {
  const auto record = parsed(full_record(AuditEvent::failed));
  EXPECT_EQ(record.at("event"), "Code execution failed");
  EXPECT_EQ(record.at("level"), "warning");
  EXPECT_EQ(record.at("success"), false);
  EXPECT_EQ(record.at("error_type"), "ValueError");
  EXPECT_EQ(record.at("exit_code"), 1);
  EXPECT_EQ(record.at("signal"), "SIGSEGV");
  EXPECT_EQ(record.at("timed_out"), true);
  EXPECT_EQ(record.at("oom_killed"), true);
  EXPECT_EQ(record.at("truncated"), true);
  EXPECT_EQ(record.at("redacted"), true);
  EXPECT_EQ(record.at("cached"), false);
  EXPECT_EQ(record.at("violations"), json::parse(R"([{"rule": "import.os", "severity": "high"},
                                                     {"rule": "call.eval", "severity": "critical"}])"));
  EXPECT_EQ(record.at("violation_count"), 2);
  EXPECT_EQ(record.at("durations"),
            json::parse(R"({"validation_ms": 0.5, "queue_ms": 1.0, "sandbox_ms": 20.25,
                                                    "output_ms": null, "total_ms": 22.0})"));
  EXPECT_EQ(record.at("container_id"), "c0ffee");
  EXPECT_EQ(record.at("start"), "warm");
}

TEST(Audit, WhatIsNotKnownIsNull) {
  AuditRecord record;
  record.event = AuditEvent::completed;
  const auto line = parsed(record);
  EXPECT_EQ(line.at("event"), "Code execution completed");
  EXPECT_EQ(line.at("level"), "info");
  for (const auto* key :
       {"user_id", "code_sha256", "error_type", "exit_code", "signal", "container_id", "start"}) {
    EXPECT_TRUE(line.at(key).is_null()) << key;
  }
  for (const auto& [key, value] : line.at("durations").items()) EXPECT_TRUE(value.is_null()) << key;
  EXPECT_EQ(line.at("violations"), json::array());
}

TEST(Audit, EventsAndLevels) {
  EXPECT_EQ(parsed(full_record(AuditEvent::requested)).at("level"), "info");
  EXPECT_EQ(parsed(full_record(AuditEvent::violations)).at("level"), "warning");
  EXPECT_EQ(parsed(full_record(AuditEvent::violations)).at("event"), "Security violations detected");
}

TEST(Audit, UsersAreNumbersTextsOrNobody) {
  auto record = full_record(AuditEvent::requested);
  record.user_id = std::int64_t{-7};
  EXPECT_EQ(parsed(record).at("user_id"), -7);
  record.user_id = std::string("7\n\xff");
  EXPECT_EQ(parsed(record).at("user_id"), "7\n\xef\xbf\xbd");
  record.user_id = std::string(1'000'000, 'u');
  EXPECT_LT(parsed(record).at("user_id").get<std::string>().size(), 2000U);
}

TEST(Audit, CodeIsInItOnlyIfConfigured) {
  for (const auto event :
       {AuditEvent::requested, AuditEvent::completed, AuditEvent::failed, AuditEvent::violations}) {
    EXPECT_THAT(audit_line(full_record(event), context_of({})), Not(HasSubstr("hunter2")));
  }
  config::Log config;
  config.include_code = true;
  auto line = parsed(full_record(AuditEvent::requested), config);
  EXPECT_EQ(line.at("code"), code);
  EXPECT_EQ(line.at("code_truncated"), false);
  config.max_code_bytes = 8;
  line = parsed(full_record(AuditEvent::requested), config);
  EXPECT_EQ(line.at("code"), "password...");
  EXPECT_EQ(line.at("code_truncated"), true);
  EXPECT_EQ(line.at("code_length"), 21);
}

TEST(Audit, WithheldIdentityTellsNeitherUserNorCode) {
  config::Log config;
  config.include_code = true;
  for (const auto event :
       {AuditEvent::requested, AuditEvent::completed, AuditEvent::failed, AuditEvent::violations}) {
    auto record = full_record(event);
    record.log_executions = false;
    record.error_type = "HunterError";  // A class that the code defines.
    const auto text = audit_line(record, context_of(config));
    for (const auto& word : {std::string("hunter2"), std::string("alice"), std::string("HunterError"),
                             std::string("code_length"), std::string("code_sha256"), std::string("user_id"),
                             base::sha256_hex(code)}) {
      EXPECT_THAT(text, Not(HasSubstr(word)));
    }
    const auto line = json::parse(text);
    EXPECT_EQ(line.at("identity_withheld"), true);
    EXPECT_EQ(line.at("execution_id"), "exec-1");
    if (event != AuditEvent::requested) {
      EXPECT_EQ(line.at("durations").at("sandbox_ms"), 20.25);
      EXPECT_EQ(line.at("error_type"), "Exception");
    }
  }
  auto record = full_record(AuditEvent::failed);
  record.log_executions = false;
  record.error_type = "TimeoutError";
  EXPECT_EQ(parsed(record).at("error_type"), "TimeoutError");
}

TEST(Audit, ListsOfViolationsAreBoundAndCounted) {
  auto record = full_record(AuditEvent::violations);
  record.violations.assign(1000, {"rule", "low"});
  const auto line = parsed(record);
  EXPECT_EQ(line.at("violations").size(), 100U);
  EXPECT_EQ(line.at("violation_count"), 1000);
}

TEST(Audit, HostileTextsStayOnOneLine) {
  auto record = full_record(AuditEvent::failed);
  const std::string hostile("\"}\n{\"event\":\"forged\"\0\xff\x1b", 23);
  record.execution_id = hostile;
  record.user_id = hostile;
  record.code = hostile;
  record.image = hostile;
  record.policy = hostile;
  record.error_type = hostile;
  record.signal = hostile;
  record.container_id = hostile;
  record.violations = {{hostile, hostile}};
  config::Log config;
  config.include_code = true;
  const auto text = audit_line(record, context_of(config));
  for (const char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
  EXPECT_EQ(json::parse(text).at("event"), "Code execution failed");
}

TEST(Audit, WhatAClientOrASubmissionChosePassesTheFilter) {
  auto record = full_record(AuditEvent::failed);
  record.error_type = "Key_sk-123";
  Context context = context_of({});
  context.config.include_code = true;
  context.filter = [](std::string_view text) { return "<" + std::string(text) + ">"; };
  const auto line = json::parse(audit_line(record, context));
  EXPECT_EQ(line.at("user_id"), "<alice>");
  EXPECT_EQ(line.at("code"), "<" + std::string(code) + ">");
  EXPECT_EQ(line.at("error_type"), "<Key_sk-123>");
  EXPECT_EQ(line.at("execution_id"), "exec-1");
}

TEST(Audit, IgnoresTheLevelOfTheOperationalLog) {
  const TemporaryFolder folder;
  config::Log config;
  config.level = "error";
  config.audit_file = folder.path("audit.log");
  auto logs = open_logs(config);
  logs->audit().write(full_record(AuditEvent::requested));
  logs.reset();
  const auto records = records_of(config.audit_file);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records.at(0).at("event"), "Code execution requested");
}

TEST(Audit, WhatIsBesideExecutionsHasItsOwnFields) {
  EXPECT_EQ(
      audit_line(AuditAction::key_revoked,
                 {{"key_id", "key_1"}, {"scopes", std::vector<std::string>{"read"}}, {"expires", nullptr}},
                 context_of({})),
      R"({"ts":"2026-01-31T12:00:00.000042Z","level":"info","event":"API key revoked","key_id":"key_1",)"
      R"("scopes":["read"],"expires":null})");
  const auto dead = json::parse(audit_line(AuditAction::webhook_dead, {{"attempts", 3}}, context_of({})));
  EXPECT_EQ(dead["level"], "warning");
  EXPECT_EQ(dead["event"], "Webhook dead");
}

}  // namespace
}  // namespace sallyport::broker::log

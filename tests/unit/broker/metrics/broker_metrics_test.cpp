#include "broker/metrics/broker_metrics.hpp"

#include "broker/first_door.hpp"
#include "tests/support/source_folder.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/broker/fakes.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace sallyport::broker::metrics {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

/// Metrics with everything that they can watch.
class BrokerMetricsTest : public ::testing::Test {
 protected:
  BrokerMetricsTest()
      : admission_(context_.get_executor(), config::Admission()),
        server_(context_.get_executor(), config::Server(), http::Router(), log_) {
    metrics_.watch(admission_);
    metrics_.watch(cache_);
    metrics_.watch(server_);
    metrics_.watch(gate_);
    metrics_.watch_jobs([] { return JobCounts(); });
    metrics_.watch_webhooks([this] { return webhooks_; });
    metrics_.watch_sessions([this] { return sessions_; });
    metrics_.watch_pool([this] { return pool_; });
    metrics_.watch_reaper([] { return runners::ReaperCounts{7, 1, 2, 3}; });
    metrics_.watch_logs([] { return 5; }, [] { return 6; });
    metrics_.know_code_rules(PythonFirstDoor::rule_ids());
    metrics_.know_output_rules({"aws-key"});
  }

  void report(std::string_view call, std::string_view error = {}) {
    docker::CallReport report;
    report.call = call;
    report.error = error;
    report.duration = 20ms;
    metrics_.engine_call(report);
  }

  /// The value of one series, or what is there in its place.
  std::string value(const std::string& series) {
    const std::string text = metrics_.text();
    const auto at = text.find("\n" + series + " ");
    if (at == std::string::npos) return "nothing";
    const auto begin = at + series.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  boost::asio::io_context context_{1};
  test::FakeLog log_;
  Admission admission_;
  ResultCache cache_{config::Cache()};
  http::Server server_;
  keys::KeyRing keys_{"no/such/file", log_};
  keys::Authenticator gate_{config::Keys(), false, {}, keys_, log_};
  runners::PoolCounts pool_;
  webhooks::WebhookCounts webhooks_;
  SessionCounts sessions_;
  BrokerMetrics metrics_{"1.2.3"};
};

TEST_F(BrokerMetricsTest, CountsRequestsByOutcomeInAClosedSetOfLabels) {
  metrics_.answered("/v1/executions", 200, "");
  metrics_.answered("/v1/executions", 200, "");
  metrics_.answered("/v1/executions", 200, "ZeroDivisionError");
  metrics_.answered("/v1/executions", 200, "Whatever\"The{Program}Chose");
  metrics_.answered("/v1/executions", 429, "TooManyRequestsError");
  metrics_.answered("", 404, "NotFoundError");
  const auto of = [&](const std::string& route, const std::string& status, const std::string& type) {
    return value("sallyport_requests_total{route=\"" + route + "\",status=\"" + status + "\",error_type=\"" +
                 type + "\"}");
  };
  EXPECT_EQ(of("/v1/executions", "200", "none"), "2");
  EXPECT_EQ(of("/v1/executions", "200", "Exception"), "2");
  EXPECT_EQ(of("/v1/executions", "429", "TooManyRequestsError"), "1");
  EXPECT_EQ(of("none", "404", "NotFoundError"), "1");
  EXPECT_THAT(metrics_.text(), Not(HasSubstr("Whatever")));
}

/// Every type that the broker gives has a series of its own.
TEST_F(BrokerMetricsTest, KnowsEveryErrorTypeOfAStatus) {
  for (const int status : {400, 403, 404, 405, 408, 413, 415, 422, 429, 431, 499, 500, 503, 418}) {
    metrics_.answered("/x", status, error_type_of(status));
  }
  EXPECT_THAT(metrics_.text(), Not(HasSubstr("error_type=\"Exception\"")));
}

TEST_F(BrokerMetricsTest, CountsVerdictsAndFailures) {
  runners::Outcome outcome;
  outcome.verdict = runners::Verdict::out_of_memory;
  metrics_.outcome(outcome);
  outcome.verdict = runners::Verdict::sandbox_failed;
  outcome.failure = runners::SandboxFailure::start_failed;
  metrics_.outcome(outcome);
  EXPECT_EQ(value(std::string("sallyport_verdicts_total{verdict=\"") +
                  runners::to_string(runners::Verdict::out_of_memory) + "\"}"),
            "1");
  EXPECT_EQ(value(std::string("sallyport_sandbox_failures_total{failure=\"") +
                  runners::to_string(runners::SandboxFailure::start_failed) + "\"}"),
            "1");
}

TEST_F(BrokerMetricsTest, CountsViolationsAndRedactionsByKnownRules) {
  ExecutionReply reply;
  for (const char* rule : {"import", "import", "SyntaxError", "an-operators-own"}) {
    reply.validation_violations.push_back({"t", rule, "low", "m", 1, 1, 1, 1, ""});
  }
  reply.output_violations.push_back({"sensitive_data", "aws-key", "c", "high", "stdout", "m", 3});
  metrics_.violations(reply);
  reply.validation_violations.clear();
  reply.was_output_redacted = true;
  metrics_.violations(reply);
  EXPECT_EQ(value("sallyport_violations_total{door=\"code\",rule=\"import\"}"), "2");
  EXPECT_EQ(value("sallyport_violations_total{door=\"code\",rule=\"SyntaxError\"}"), "1");
  EXPECT_EQ(value("sallyport_violations_total{door=\"code\",rule=\"other\"}"), "1");
  EXPECT_EQ(value("sallyport_violations_total{door=\"output\",rule=\"aws-key\"}"), "2");
  EXPECT_EQ(value("sallyport_redactions_total{rule=\"aws-key\"}"), "3");
  EXPECT_THAT(metrics_.text(), Not(HasSubstr("operators")));
}

TEST_F(BrokerMetricsTest, CountsEngineCallsAndCreatedSandboxes) {
  report("POST /containers/create");
  report("POST /containers/create", "timed out");
  report("DELETE /containers/{id}", "not found");
  EXPECT_EQ(value("sallyport_sandboxes_created_total"), "1");
  EXPECT_EQ(value("sallyport_engine_call_seconds_count{call=\"POST /containers/create\"}"), "2");
  EXPECT_EQ(value("sallyport_engine_call_errors_total{call=\"POST /containers/create\",error=\"timed out\"}"),
            "1");
  EXPECT_EQ(value("sallyport_engine_call_errors_total{call=\"DELETE /containers/{id}\",error=\"not found\"}"),
            "1");
}

TEST_F(BrokerMetricsTest, ShowsWhatOthersKeep) {
  pool_.ready = 4;
  pool_.surplus_total = 3;
  pool_.breaker = runners::Breaker::open;
  metrics_.on_refill("python", 2500ms, true);
  metrics_.on_refill("python", 9s, false);
  metrics_.stage(Stage::queue, 0.003);
  EXPECT_EQ(value("sallyport_pool_slots{state=\"ready\"}"), "4");
  EXPECT_EQ(value("sallyport_pool_refill_seconds_sum"), "2.5");
  EXPECT_EQ(value("sallyport_pool_refill_seconds_count"), "1");
  EXPECT_EQ(value("sallyport_pool_slots_lost_total{reason=\"surplus\"}"), "3");
  EXPECT_EQ(value("sallyport_pool_breaker_open"), "1");
  EXPECT_EQ(value("sallyport_sandboxes_removed_total"), "7");
  EXPECT_EQ(value("sallyport_sandbox_removal_failures_total"), "1");
  EXPECT_EQ(value("sallyport_log_records_lost_total{log=\"audit\"}"), "6");
  EXPECT_EQ(value("sallyport_build_info{version=\"1.2.3\"}"), "1");
  EXPECT_EQ(value("sallyport_stage_seconds_bucket{stage=\"queue\",le=\"0.0025\"}"), "0");
  EXPECT_EQ(value("sallyport_stage_seconds_bucket{stage=\"queue\",le=\"0.005\"}"), "1");
}

TEST_F(BrokerMetricsTest, ShowsWebhooksAndSessions) {
  webhooks_.attempts = {4, 2, 1};
  webhooks_.taken = 4;
  webhooks_.dead = 1;
  webhooks_.kept = {7, 3};
  sessions_.busy = 2;
  sessions_.created = 5;
  sessions_.ended = {1, 2, 0, 0, 0};
  metrics_.cell(CellOutcome::success, 0.003);
  metrics_.cell(CellOutcome::refused, 0.001);
  metrics_.cell(CellOutcome::not_served, 9);
  EXPECT_EQ(value("sallyport_webhook_attempts_total{result=\"failed\"}"), "2");
  EXPECT_EQ(value("sallyport_webhook_deliveries_ended_total{outcome=\"dead\"}"), "1");
  EXPECT_EQ(value("sallyport_webhook_deliveries{state=\"waiting\"}"), "7");
  EXPECT_EQ(value("sallyport_webhook_deliveries{state=\"dead\"}"), "3");
  EXPECT_EQ(value("sallyport_sessions{state=\"busy\"}"), "2");
  EXPECT_EQ(value("sallyport_sessions_created_total"), "5");
  EXPECT_EQ(value("sallyport_sessions_ended_total{reason=\"idle\"}"), "2");
  EXPECT_EQ(value("sallyport_session_cells_total{outcome=\"not_served\"}"), "1");
  EXPECT_EQ(value("sallyport_session_cell_seconds_count"), "2") << "of those that were served";
}

TEST_F(BrokerMetricsTest, TellsTheTruthAboutTheProcess) {
  const double start = std::stod(value("sallyport_process_start_time_seconds"));
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GT(start, now - 3600);
  EXPECT_LT(start, now + 2);
  EXPECT_GT(std::stod(value("sallyport_process_resident_memory_bytes")), 1e6);
  EXPECT_GT(std::stod(value("sallyport_process_open_fds")), 2);
  EXPECT_GT(std::stod(value("sallyport_process_max_fds")), 2);
}

/// Makes one of each kind that is made when it is first counted.
class DocumentedMetrics : public BrokerMetricsTest {
 protected:
  void SetUp() override {
    metrics_.answered("/x", 200, "");
    report("GET /_ping", "timed out");
  }
};

TEST_F(DocumentedMetrics, ThePageListsEveryMetricWithTypeAndLabels) {
  // By the name of a table's row: | `sallyport_running` | gauge | | ...
  std::map<std::string, std::string> rows;
  std::istringstream page(
      sallyport::test::read_all(sallyport::test::source_folder() + "/docs/operations/metrics.md"));
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `sallyport_")) continue;
    const auto name = line.substr(3, line.find('`', 3) - 3);
    EXPECT_TRUE(rows.emplace(name, line).second) << name << " is there twice";
  }
  const auto families = metrics_.registry().families();
  for (const Registry::FamilyInfo& family : families) {
    std::string labels;
    for (const std::string& label : family.labels) labels += (labels.empty() ? "`" : ", `") + label + "`";
    EXPECT_THAT(rows[family.name],
                testing::StartsWith("| `" + family.name + "` | " + family.type + " | " + labels + " | "));
  }
  EXPECT_EQ(rows.size(), families.size()) << "the page has metrics that do not exist";
}

TEST_F(DocumentedMetrics, NamesHaveUnitsAndNoLabelNamesAPerson) {
  for (const Registry::FamilyInfo& family : metrics_.registry().families()) {
    EXPECT_TRUE(std::regex_match(family.name, std::regex("sallyport_[a-z]+(_[a-z]+)*"))) << family.name;
    EXPECT_EQ(family.type == "counter", family.name.ends_with("_total")) << family.name;
    for (const std::string& label : family.labels) {
      EXPECT_EQ(label.find("user"), std::string::npos);
      EXPECT_EQ(label.find("key"), std::string::npos);
    }
  }
}

/// Dashboard and alerts ask for nothing that does not exist.
TEST_F(DocumentedMetrics, TheDashboardAndTheAlertsUseMetricsThatExist) {
  std::set<std::string> known;
  for (const Registry::FamilyInfo& family : metrics_.registry().families()) {
    known.insert(family.name);
    if (family.type == "histogram") known.insert(family.name + "_bucket");
    if (family.type == "histogram") {
      known.insert(family.name + "_sum");
      known.insert(family.name + "_count");
    }
  }
  const std::string root = sallyport::test::source_folder() + "/docs/operations/";
  const std::string dashboard = sallyport::test::read_all(root + "grafana-dashboard.json");
  const auto parsed = nlohmann::json::parse(dashboard);
  EXPECT_GT(parsed["panels"].size(), 10U);
  const std::regex name("sallyport_[a-z_]+");
  for (const std::string& text : {dashboard, sallyport::test::read_all(root + "metrics.md")}) {
    for (std::sregex_iterator found(text.begin(), text.end(), name); found != std::sregex_iterator();
         ++found) {
      EXPECT_TRUE(known.contains(found->str())) << found->str();
    }
  }
}

}  // namespace
}  // namespace sallyport::broker::metrics

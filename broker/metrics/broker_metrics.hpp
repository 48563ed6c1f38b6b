// Every metric of the broker, by name. docs/operations/metrics.md lists them; a test keeps both in step.
#pragma once

#include "broker/admission.hpp"
#include "broker/api/execution_reply.hpp"
#include "broker/http/request_observer.hpp"
#include "broker/http/server.hpp"
#include "broker/jobs/job_counts.hpp"
#include "broker/keys/authenticator.hpp"
#include "broker/metrics/process.hpp"
#include "broker/metrics/registry.hpp"
#include "broker/result_cache.hpp"
#include "broker/sessions/session_counts.hpp"
#include "broker/webhooks/webhook_counts.hpp"
#include "docker/client.hpp"
#include "runners/container_reaper.hpp"
#include "runners/pool_observer.hpp"
#include "runners/runner.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace sallyport::broker::metrics {

enum class Stage { validation, queue, sandbox, output, total };

/// Counts what is reported to it, and samples what others keep.
///
/// No label tells a user, a key or anything else that a client can choose: paths are those of the router,
/// error types, rules and calls are known ones, and whatever else comes counts as "other".
///
/// Thread-safety: the executor's one thread.
class BrokerMetrics final : public http::RequestObserver, public runners::PoolObserver {
 public:
  explicit BrokerMetrics(std::string_view version);
  ~BrokerMetrics() override = default;
  BrokerMetrics(const BrokerMetrics&) = delete;
  BrokerMetrics& operator=(const BrokerMetrics&) = delete;

  // --- what is reported
  void answered(std::string_view route, int status, std::string_view error_type) override;
  void stage(Stage stage, double seconds) { stages_.at(static_cast<std::size_t>(stage))->observe(seconds); }
  void outcome(const runners::Outcome& outcome);
  /// The violations of a reply, and what was redacted in it.
  void violations(const ExecutionReply& reply);
  /// A cell of a session. `seconds`: from the request to its answer.
  void cell(CellOutcome outcome, double seconds);
  void engine_call(const docker::CallReport& report);
  void on_refill(const std::string& image, std::chrono::nanoseconds duration, bool ok) override;
  void on_lost(const std::string& /*image*/) override {}  // Counted by the pool itself.

  // --- what is sampled; each must outlive the last `text`
  void watch(const Admission& admission);
  void watch(const ResultCache& cache);
  void watch(const http::Server& server);
  void watch(const keys::Authenticator& gate);
  void watch_jobs(const std::function<JobCounts()>& counts);
  void watch_webhooks(const std::function<webhooks::WebhookCounts()>& counts);
  void watch_sessions(const std::function<SessionCounts()>& counts);
  void watch_pool(std::function<runners::PoolCounts()> counts);
  void watch_reaper(std::function<runners::ReaperCounts()> counts);
  void watch_logs(std::function<std::uint64_t()> lost_operational, std::function<std::uint64_t()> lost_audit);

  /// Rules of these ids are counted by their own names; before, and beyond, they are "other".
  void know_code_rules(const std::vector<std::string_view>& ids);
  void know_output_rules(const std::vector<std::string_view>& ids);

  [[nodiscard]] std::string text();
  [[nodiscard]] const Registry& registry() const { return registry_; }

 private:
  using ByRule = std::map<std::string, Counter*, std::less<>>;
  static Counter& of_rule(const ByRule& counters, std::string_view rule);
  void know(ByRule& counters, std::string_view name, std::string_view help, const char* door,
            const std::vector<std::string_view>& ids);

  struct EngineCall {
    Histogram* seconds = nullptr;
    std::map<std::string, Counter*, std::less<>> errors;
  };

  Registry registry_;
  using RequestKey = std::tuple<std::string_view, int, std::string_view>;
  std::set<std::string, std::less<>> routes_;
  std::map<RequestKey, Counter*> requests_;
  std::array<Histogram*, 5> stages_{};
  std::map<runners::Verdict, Counter*> verdicts_;
  std::map<runners::SandboxFailure, Counter*> failures_;
  std::map<std::string, EngineCall, std::less<>> engine_calls_;
  Histogram* refill_seconds_ = nullptr;
  std::array<Counter*, kCellOutcomes> cells_{};
  Histogram* cell_seconds_ = nullptr;
  Counter* created_ = nullptr;
  ByRule code_rules_;
  ByRule output_rules_;
  ByRule redactions_;
  // One for all series of a text, so that they agree.
  Process process_;
  runners::PoolCounts pool_;
  std::function<runners::PoolCounts()> sample_pool_;
};

}  // namespace sallyport::broker::metrics

// The way of a submission.
#pragma once

#include "base/deadline.hpp"
#include "broker/admission.hpp"
#include "broker/api/execution_reply.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/api/redaction.hpp"
#include "broker/api/validation_reply.hpp"
#include "broker/api_error.hpp"
#include "broker/audit_sink.hpp"
#include "broker/doors.hpp"
#include "broker/execution_id.hpp"
#include "broker/execution_observer.hpp"
#include "broker/live_output.hpp"
#include "broker/metrics/broker_metrics.hpp"
#include "broker/result_cache.hpp"
#include "runners/runner.hpp"
#include "runners/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace sallyport::broker {

/// What the pipeline works with; all of it must outlive it.
struct PipelineParts {
  PipelineParts(runners::Runner& runner_in, Admission& admission_in, AuditSink& audit_in)
      : runner(runner_in), admission(admission_in), audit(audit_in) {}

  runners::Runner& runner;
  Admission& admission;
  AuditSink& audit;
  ResultCache* cache = nullptr;               ///< May be null: no result is given again.
  metrics::BrokerMetrics* metrics = nullptr;  ///< May be null.
  Doors doors;
  /// Where long programs are validated, and where short ones, which must not wait behind them; empty: on the
  /// executor's thread.
  boost::asio::any_io_executor workers;
  boost::asio::any_io_executor short_workers;
  IdGenerator new_id = new_execution_id;
  /// What the runner may take beyond a submission's own time limit: to start the sandbox and to look at its
  /// end.
  base::Clock::duration run_overhead = std::chrono::seconds(70);
};

/// Door one, admission, runner, door two, audit: every submission walks this way, whoever sent it and however
/// it is answered. Layers that a request switched off are skipped here and nowhere else.
///
/// Thread-safety: the executor's one thread. Any number of executions at a time.
class Pipeline {
 public:
  explicit Pipeline(PipelineParts parts);

  /// Runs a checked request to its end. A reply for every outcome of the submission itself; an error when it
  /// was not served: a layer that it wants is missing (422), its user has had enough (429), no place (503),
  /// no sandbox (503), stopped (499). Throws for faults of the broker only.
  ///
  /// `observer` may be null; it must outlive the call. What it sees of the output has passed door two, in
  /// pieces: the same rules, and what they redact is redacted. A rule that blocks can withhold only what has
  /// not gone out yet; the run is stopped there, and the reply fails without any output, as it does when
  /// nobody watches. The same holds for a rule that blocks for an error's message, an artifact or a note, all
  /// of which are known at the end only.
  boost::asio::awaitable<ApiResult<ExecutionReply>> execute(ExecutionRequest request,
                                                            ExecutionObserver* observer,
                                                            base::CallBounds bounds);

  /// Why a request would be refused at once: its user, or key, has had enough (429), a layer that it wants is
  /// missing (422). Counts it against the rates; whoever asks marks the request as accepted.
  [[nodiscard]] std::optional<ApiError> refusal(const ExecutionRequest& request);

  /// A sandbox for a session of `request`, which is counted and waits for its turn as a submission does; once
  /// the session stands, it holds no place. Errors as `execute` has them.
  boost::asio::awaitable<ApiResult<std::unique_ptr<runners::Session>>> open_session(
      const ExecutionRequest& request, runners::SessionOpener& opener, std::string id,
      base::CallBounds bounds);

  /// The first door alone: nothing runs and nothing is recorded. 422 for a layer that is missing; 429 by the
  /// same rates as executions, with which it is counted.
  boost::asio::awaitable<ApiResult<ValidationReply>> validate(ExecutionRequest request);

  /// The second door alone, for a text that somebody else made: nothing is recorded. 422 if it is missing;
  /// 429 as for `validate`.
  boost::asio::awaitable<ApiResult<OutputVerdict>> redact(RedactionRequest request);

 private:
  struct Evidence;
  boost::asio::awaitable<ApiResult<ExecutionReply>> walk(ExecutionRequest& request,
                                                         ExecutionObserver* observer, base::CallBounds bounds,
                                                         Evidence& evidence);
  [[nodiscard]] std::optional<std::string> cache_key_of(const ExecutionRequest& request,
                                                        const Owner& owner) const;
  void observe(metrics::Stage stage, double milliseconds) const;
  [[nodiscard]] std::optional<ApiError> missing_layers(const ExecutionRequest& request) const;
  [[nodiscard]] boost::asio::awaitable<CodeVerdict> pass_first_door(const ExecutionRequest& request) const;
  [[nodiscard]] boost::asio::awaitable<std::vector<std::string>> known_secrets(
      const ExecutionRequest& request) const;
  /// Null where output validation is off.
  [[nodiscard]] std::unique_ptr<LiveInspection> live_inspection(const ExecutionRequest& request,
                                                                std::vector<std::string> known_secrets) const;
  [[nodiscard]] boost::asio::awaitable<OutputVerdict> ask_second_door(std::size_t bytes,
                                                                      OutputQuestion question) const;
  boost::asio::awaitable<void> pass_second_door(const ExecutionRequest& request,
                                                std::vector<std::string> known_secrets, LiveOutput* live,
                                                ExecutionReply& reply) const;
  /// Runs `function` beside the executor's thread if it has `bytes` to go through that would hold others up.
  template <class F>
  boost::asio::awaitable<std::invoke_result_t<F&>> run(std::size_t bytes, F function) const;
  void audit(const ExecutionRequest& request, const Evidence& evidence, const ExecutionReply* reply,
             const ApiError* error) const;

  PipelineParts parts_;
};

}  // namespace sallyport::broker

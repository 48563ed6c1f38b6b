#include "broker/metrics/broker_metrics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace sallyport::broker::metrics {
namespace {

/// From what a step takes on an idle machine to the longest that is configured anywhere.
const std::vector<double>& stage_bounds() {
  static const std::vector<double> bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                             0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5,
                                             5,      10,      30,     60,    300};
  return bounds;
}

const std::vector<double>& engine_bounds() {
  static const std::vector<double> bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                             0.25,  0.5,    1,     2.5,  5,     10,   30};
  return bounds;
}

constexpr std::string_view kOther = "other";

/// The types that the broker itself gives. All others are names of a program's exceptions.
constexpr std::array<std::string_view, 22> kErrorTypes = {"ValidationError",
                                                          "SandboxError",
                                                          "TimeoutError",
                                                          "ResourceLimitError",
                                                          "SecurityViolationError",
                                                          "OutputValidationError",
                                                          "SystemExit",
                                                          "SystemError",
                                                          "AuthenticationError",
                                                          "PermissionError",
                                                          "NotFoundError",
                                                          "MethodNotAllowedError",
                                                          "RequestTimeoutError",
                                                          "RequestTooLargeError",
                                                          "UnsupportedMediaTypeError",
                                                          "CancelledError",
                                                          "ConflictError",
                                                          "GoneError",
                                                          "InternalError",
                                                          "TooManyRequestsError",
                                                          "UnavailableError",
                                                          "RequestError"};

std::string_view known_error_type(std::string_view type) {
  if (type.empty()) return "none";
  const auto* const found = std::find(kErrorTypes.begin(), kErrorTypes.end(), type);
  return found == kErrorTypes.end() ? std::string_view("Exception") : *found;
}

constexpr std::string_view kRedactions = "sallyport_redactions_total";
constexpr std::string_view kRedactionsHelp = "Pieces of output that were redacted.";
constexpr std::string_view kViolations = "sallyport_violations_total";
constexpr std::string_view kViolationsHelp = "Violations that the doors found, warnings too.";

template <class Value>
double as_double(Value value) {
  return static_cast<double>(value);
}

}  // namespace

BrokerMetrics::BrokerMetrics(std::string_view version) {
  registry_.gauge("sallyport_build_info", "Always 1; the label has the version.",
                  {{"version", std::string(version)}}, [] { return 1.0; });
  constexpr std::array<std::string_view, 5> names = {"validation", "queue", "sandbox", "output", "total"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    stages_.at(i) = &registry_.histogram("sallyport_stage_seconds", "Time of executions in each stage.",
                                         stage_bounds(), {{"stage", std::string(names.at(i))}});
  }
  using runners::Verdict;
  for (const Verdict verdict :
       {Verdict::completed, Verdict::exited, Verdict::exception, Verdict::killed_by_signal,
        Verdict::timed_out, Verdict::cpu_limit, Verdict::out_of_memory, Verdict::output_limit,
        Verdict::stopped, Verdict::sandbox_failed}) {
    verdicts_[verdict] = &registry_.counter("sallyport_verdicts_total", "How executions in a sandbox ended.",
                                            {{"verdict", runners::to_string(verdict)}});
  }
  using runners::SandboxFailure;
  for (const SandboxFailure failure :
       {SandboxFailure::engine_unreachable, SandboxFailure::engine_refused, SandboxFailure::engine_timed_out,
        SandboxFailure::image_missing, SandboxFailure::runtime_missing, SandboxFailure::start_failed,
        SandboxFailure::sandbox_crashed, SandboxFailure::unsupported}) {
    failures_[failure] = &registry_.counter("sallyport_sandbox_failures_total",
                                            "Executions whose sandbox itself failed, by why.",
                                            {{"failure", runners::to_string(failure)}});
  }
  refill_seconds_ = &registry_.histogram("sallyport_pool_refill_seconds",
                                         "Time until a new sandbox of the pool was ready.", engine_bounds());
  created_ = &registry_.counter("sallyport_sandboxes_created_total", "Containers that the engine created.");
  for (std::size_t i = 0; i < kCellOutcomes; ++i) {
    const auto outcome = to_string(static_cast<CellOutcome>(i));
    cells_.at(i) =
        &registry_.counter("sallyport_session_cells_total", "Cells of sessions that were sent, by outcome.",
                           {{"outcome", std::string(outcome)}});
  }
  cell_seconds_ =
      &registry_.histogram("sallyport_session_cell_seconds",
                           "Time of cells that were served, from request to answer.", stage_bounds());
  know_code_rules({});
  know_output_rules({});

  const auto process = [this](std::string_view name, std::string_view help, double Process::*member) {
    registry_.gauge(name, help, {}, [this, member] { return process_.*member; });
  };
  process("sallyport_process_start_time_seconds", "When the process started, in Unix time.",
          &Process::start_time_seconds);
  process("sallyport_process_resident_memory_bytes", "Resident memory of the process.",
          &Process::resident_bytes);
  process("sallyport_process_open_fds", "Open file descriptors.", &Process::open_fds);
  process("sallyport_process_max_fds", "The most file descriptors that may be open.", &Process::max_fds);
  registry_.sampled_counter("sallyport_process_cpu_seconds_total",
                            "CPU time of the process, of all its threads.", {},
                            [this] { return process_.cpu_seconds; });
}

std::string BrokerMetrics::text() {
  process_ = read_process();
  if (sample_pool_) pool_ = sample_pool_();
  return registry_.text();
}

void BrokerMetrics::answered(std::string_view route, int status, std::string_view error_type) {
  const RequestKey key(route.empty() ? std::string_view("none") : route, status,
                       known_error_type(error_type));
  auto found = requests_.find(key);
  if (found == requests_.end()) {
    const auto& [path, code, type] = key;
    Counter& made = registry_.counter(
        "sallyport_requests_total", "HTTP requests that were answered.",
        {{"route", std::string(path)}, {"status", std::to_string(code)}, {"error_type", std::string(type)}});
    // The router's own texts, and constants of this file, outlive the map; a copy of the path does in any
    // case.
    const std::string_view kept = *routes_.emplace(path).first;
    found = requests_.emplace(RequestKey(kept, code, type), &made).first;
  }
  found->second->add();
}

void BrokerMetrics::outcome(const runners::Outcome& outcome) {
  verdicts_.at(outcome.verdict)->add();
  if (outcome.verdict != runners::Verdict::sandbox_failed) return;
  if (const auto found = failures_.find(outcome.failure); found != failures_.end()) found->second->add();
}

void BrokerMetrics::violations(const ExecutionReply& reply) {
  for (const ValidationViolation& violation : reply.validation_violations) {
    of_rule(code_rules_, violation.rule).add();
  }
  for (const OutputViolation& violation : reply.output_violations) {
    of_rule(output_rules_, violation.rule).add();
    if (reply.was_output_redacted) of_rule(redactions_, violation.rule).add(violation.count);
  }
}

void BrokerMetrics::cell(CellOutcome outcome, double seconds) {
  cells_.at(static_cast<std::size_t>(outcome))->add();
  if (outcome != CellOutcome::not_served) cell_seconds_->observe(seconds);
}

void BrokerMetrics::engine_call(const docker::CallReport& report) {
  auto found = engine_calls_.find(report.call);
  if (found == engine_calls_.end()) {
    EngineCall made;
    made.seconds = &registry_.histogram("sallyport_engine_call_seconds",
                                        "Calls to the engine, until the header of the answer.",
                                        engine_bounds(), {{"call", std::string(report.call)}});
    found = engine_calls_.emplace(std::string(report.call), std::move(made)).first;
  }
  EngineCall& call = found->second;
  call.seconds->observe(std::chrono::duration<double>(report.duration).count());
  if (report.error.empty()) {
    if (report.call == "POST /containers/create") created_->add();
    return;
  }
  auto error = call.errors.find(report.error);
  if (error == call.errors.end()) {
    Counter& made =
        registry_.counter("sallyport_engine_call_errors_total", "Calls to the engine that failed.",
                          {{"call", std::string(report.call)}, {"error", std::string(report.error)}});
    error = call.errors.emplace(std::string(report.error), &made).first;
  }
  error->second->add();
}

void BrokerMetrics::watch(const Admission& admission) {
  registry_.gauge("sallyport_running", "Submissions that have a place.", {},
                  [&admission] { return as_double(admission.running()); });
  for (std::size_t i = 0; i < kPriorities; ++i) {
    const auto priority = static_cast<Priority>(i);
    registry_.gauge("sallyport_queue_depth", "Submissions that wait for a place.",
                    {{"priority", std::string(to_string(priority))}},
                    [&admission, priority] { return as_double(admission.queued(priority)); });
  }
  for (std::size_t i = 0; i < AdmissionRefusal::kReasons; ++i) {
    const auto reason = to_string(static_cast<AdmissionRefusal::Reason>(i));
    registry_.sampled_counter("sallyport_admission_refused_total",
                              "Submissions that were not let in, by why.", {{"reason", std::string(reason)}},
                              [&admission, i] { return as_double(admission.counts().refused.at(i)); });
  }
  registry_.gauge("sallyport_admission_owners", "Users with a submission that waits or runs.", {},
                  [&admission] { return as_double(admission.counts().owners); });
  registry_.gauge("sallyport_admission_turn_interval_seconds",
                  "Measured time between two turns of the queue.", {},
                  [&admission] { return admission.counts().seconds_between_turns; });
  registry_.gauge("sallyport_rate_buckets", "Users and keys whose rate is being counted.", {},
                  [&admission] { return as_double(admission.counts().rate_buckets); });
  registry_.sampled_counter("sallyport_rate_shared_total",
                            "Requests whose rate was counted together with others' for want of a bucket.", {},
                            [&admission] { return as_double(admission.counts().shared_bucket); });
}

void BrokerMetrics::watch(const ResultCache& cache) {
  const auto counter = [&](std::string_view name, std::string_view help, Labels labels,
                           std::uint64_t CacheCounts::*member) {
    registry_.sampled_counter(name, help, std::move(labels),
                              [&cache, member] { return as_double(cache.counts().*member); });
  };
  constexpr std::string_view lookups = "sallyport_cache_lookups_total";
  constexpr std::string_view lookups_help =
      "Deterministic submissions that were looked up in the result cache.";
  counter(lookups, lookups_help, {{"result", "hit"}}, &CacheCounts::hits);
  counter(lookups, lookups_help, {{"result", "miss"}}, &CacheCounts::misses);
  counter("sallyport_cache_evictions_total", "Results that left the cache for want of room.", {},
          &CacheCounts::evictions);
  registry_.gauge("sallyport_cache_entries", "Results in the cache.", {},
                  [&cache] { return as_double(cache.counts().entries); });
  registry_.gauge("sallyport_cache_bytes", "Size of the results in the cache.", {},
                  [&cache] { return as_double(cache.counts().bytes); });
}

void BrokerMetrics::watch(const http::Server& server) {
  registry_.gauge("sallyport_connections", "Client connections that are open.", {},
                  [&server] { return as_double(server.connections()); });
  registry_.sampled_counter("sallyport_connections_accepted_total", "Client connections that were accepted.",
                            {}, [&server] { return as_double(server.counts().accepted); });
  registry_.sampled_counter("sallyport_connections_refused_total",
                            "Client connections beyond the most that may be open.", {},
                            [&server] { return as_double(server.counts().refused); });
  registry_.sampled_counter("sallyport_tls_handshake_failures_total",
                            "Client connections whose TLS handshake failed.", {},
                            [&server] { return as_double(server.counts().handshakes_failed); });
  registry_.sampled_counter("sallyport_accept_failures_total",
                            "Times that no connection could be accepted, for want of file descriptors say.",
                            {}, [&server] { return as_double(server.counts().failed); });
}

void BrokerMetrics::watch(const keys::Authenticator& gate) {
  for (std::size_t i = 0; i < keys::kAuthFailures; ++i) {
    const auto failure = static_cast<keys::AuthFailure>(i);
    registry_.sampled_counter("sallyport_authentication_failures_total",
                              "Requests that were refused for their API key, by why.",
                              {{"reason", std::string(keys::to_string(failure))}},
                              [&gate, failure] { return as_double(gate.failures(failure)); });
  }
}

void BrokerMetrics::watch_jobs(const std::function<JobCounts()>& counts) {
  registry_.gauge("sallyport_jobs_queued", "Jobs that wait in the store.", {},
                  [counts] { return as_double(counts().queued); });
  registry_.gauge("sallyport_jobs_running", "Jobs that run here.", {},
                  [counts] { return as_double(counts().running); });
  registry_.sampled_counter("sallyport_jobs_accepted_total", "Jobs that were stored.", {},
                            [counts] { return as_double(counts().accepted); });
  for (std::size_t i = 0; i < store::kJobStates; ++i) {
    const auto state = static_cast<store::JobState>(i);
    if (!store::has_ended(state)) continue;
    registry_.sampled_counter("sallyport_jobs_ended_total", "Jobs that ended here, by how.",
                              {{"state", std::string(store::to_string(state))}},
                              [counts, i] { return as_double(counts().ended.at(i)); });
  }
  registry_.sampled_counter("sallyport_jobs_put_back_total", "Jobs that could not be served, and wait again.",
                            {}, [counts] { return as_double(counts().put_back); });
  registry_.sampled_counter("sallyport_jobs_reclaimed_total", "Jobs of brokers that fell silent.", {},
                            [counts] { return as_double(counts().reclaimed); });
  registry_.sampled_counter("sallyport_store_errors_total", "Calls to the store of jobs that failed.", {},
                            [counts] { return as_double(counts().store_errors); });
}

void BrokerMetrics::watch_webhooks(const std::function<webhooks::WebhookCounts()>& counts) {
  registry_.gauge("sallyport_webhooks_sending", "Webhooks that are being sent.", {},
                  [counts] { return as_double(counts().sending); });
  constexpr std::string_view queue = "sallyport_webhook_deliveries";
  constexpr std::string_view queue_help = "Deliveries that the store has, of all brokers that share it.";
  registry_.gauge(queue, queue_help, {{"state", "waiting"}},
                  [counts] { return as_double(counts().kept.waiting); });
  registry_.gauge(queue, queue_help, {{"state", "dead"}}, [counts] { return as_double(counts().kept.dead); });
  for (std::size_t i = 0; i < webhooks::kDeliveries; ++i) {
    const auto result = webhooks::to_string(static_cast<webhooks::Delivery>(i));
    registry_.sampled_counter(
        "sallyport_webhook_attempts_total", "Webhooks that were sent, by what came of it.",
        {{"result", std::string(result)}}, [counts, i] { return as_double(counts().attempts.at(i)); });
  }
  constexpr std::string_view ended = "sallyport_webhook_deliveries_ended_total";
  constexpr std::string_view ended_help = "Deliveries that ended here, by how.";
  registry_.sampled_counter(ended, ended_help, {{"outcome", "taken"}},
                            [counts] { return as_double(counts().taken); });
  registry_.sampled_counter(ended, ended_help, {{"outcome", "dead"}},
                            [counts] { return as_double(counts().dead); });
}

void BrokerMetrics::watch_sessions(const std::function<SessionCounts()>& counts) {
  const auto gauge = [&](const char* state, std::uint64_t SessionCounts::*member) {
    registry_.gauge("sallyport_sessions", "Sessions that have a sandbox, or wait for one.",
                    {{"state", state}}, [counts, member] { return as_double(counts().*member); });
  };
  gauge("starting", &SessionCounts::starting);
  gauge("idle", &SessionCounts::idle);
  gauge("busy", &SessionCounts::busy);
  registry_.sampled_counter("sallyport_sessions_created_total", "Sessions that have started.", {},
                            [counts] { return as_double(counts().created); });
  for (std::size_t i = 0; i < kSessionEnds; ++i) {
    registry_.sampled_counter("sallyport_sessions_ended_total", "Sessions that have ended, by why.",
                              {{"reason", std::string(to_string(static_cast<SessionEnd>(i)))}},
                              [counts, i] { return as_double(counts().ended.at(i)); });
  }
}

void BrokerMetrics::watch_pool(std::function<runners::PoolCounts()> counts) {
  sample_pool_ = std::move(counts);
  const auto value = [this](auto member) { return [this, member] { return as_double(pool_.*member); }; };
  using Counts = runners::PoolCounts;
  constexpr std::string_view slots = "sallyport_pool_slots";
  constexpr std::string_view slots_help = "Sandboxes of the warm pool.";
  registry_.gauge(slots, slots_help, {{"state", "warming"}}, value(&Counts::warming));
  registry_.gauge(slots, slots_help, {{"state", "ready"}}, value(&Counts::ready));
  registry_.gauge(slots, slots_help, {{"state", "busy"}}, value(&Counts::running));
  registry_.gauge(slots, slots_help, {{"state", "kept"}}, value(&Counts::kept));
  registry_.gauge("sallyport_pool_target_slots", "How many sandboxes shall be ready.", {},
                  value(&Counts::target));
  constexpr std::string_view takes = "sallyport_pool_takes_total";
  constexpr std::string_view takes_help = "Submissions that found a sandbox ready, or did not.";
  registry_.sampled_counter(takes, takes_help, {{"start", "warm"}}, value(&Counts::warm_total));
  registry_.sampled_counter(takes, takes_help, {{"start", "cold"}}, value(&Counts::cold_total));
  registry_.sampled_counter(takes, takes_help, {{"start", "reused"}}, value(&Counts::reused_total));
  registry_.sampled_counter("sallyport_pool_refill_failures_total",
                            "Sandboxes of the pool that never were ready.", {},
                            value(&Counts::refill_failures_total));
  constexpr std::string_view lost = "sallyport_pool_slots_lost_total";
  constexpr std::string_view lost_help = "Ready sandboxes that were not used, by why.";
  registry_.sampled_counter(lost, lost_help, {{"reason", "died"}}, value(&Counts::lost_total));
  registry_.sampled_counter(lost, lost_help, {{"reason", "recycled"}}, value(&Counts::recycled_total));
  registry_.sampled_counter(lost, lost_help, {{"reason", "surplus"}}, value(&Counts::surplus_total));
  registry_.gauge("sallyport_pool_breaker_open",
                  "1 while nothing is warmed because the engine has failed several times in a row, else 0.",
                  {}, [this] { return pool_.breaker == runners::Breaker::open ? 1.0 : 0.0; });
}

void BrokerMetrics::on_refill(const std::string& /*image*/, std::chrono::nanoseconds duration, bool ok) {
  if (ok) refill_seconds_->observe(std::chrono::duration<double>(duration).count());
}

void BrokerMetrics::watch_reaper(std::function<runners::ReaperCounts()> counts) {
  registry_.sampled_counter("sallyport_sandboxes_removed_total", "Containers that were removed.", {},
                            [counts] { return as_double(counts().removed); });
  registry_.sampled_counter("sallyport_sandbox_removal_failures_total",
                            "Removals of containers that did not succeed; they are tried again.", {},
                            [counts] { return as_double(counts().failed); });
  registry_.sampled_counter("sallyport_sandboxes_lost_total",
                            "Containers that only a sweep found, since nobody claimed them.", {},
                            [counts] { return as_double(counts().swept); });
  registry_.gauge("sallyport_sandbox_removals_pending", "Removals of containers that are under way.", {},
                  [counts] { return as_double(counts().pending); });
}

void BrokerMetrics::watch_logs(std::function<std::uint64_t()> lost_operational,
                               std::function<std::uint64_t()> lost_audit) {
  constexpr std::string_view name = "sallyport_log_records_lost_total";
  constexpr std::string_view help = "Records that never reached their log.";
  const auto add = [&](const char* log, std::function<std::uint64_t()> lost) {
    registry_.sampled_counter(name, help, {{"log", log}},
                              [lost = std::move(lost)] { return as_double(lost()); });
  };
  add("operational", std::move(lost_operational));
  add("audit", std::move(lost_audit));
}

void BrokerMetrics::know_code_rules(const std::vector<std::string_view>& ids) {
  know(code_rules_, kViolations, kViolationsHelp, "code", ids);
}

void BrokerMetrics::know_output_rules(const std::vector<std::string_view>& ids) {
  know(output_rules_, kViolations, kViolationsHelp, "output", ids);
  know(redactions_, kRedactions, kRedactionsHelp, nullptr, ids);
}

void BrokerMetrics::know(ByRule& counters, std::string_view name, std::string_view help, const char* door,
                         const std::vector<std::string_view>& ids) {
  const auto add = [&](std::string_view id) {
    Labels labels;
    if (door != nullptr) labels.emplace_back("door", door);
    labels.emplace_back("rule", std::string(id));
    counters[std::string(id)] = &registry_.counter(name, help, std::move(labels));
  };
  for (const std::string_view id : ids) add(id);
  add(kOther);
}

Counter& BrokerMetrics::of_rule(const ByRule& counters, std::string_view rule) {
  const auto found = counters.find(rule);
  return *(found == counters.end() ? counters.find(kOther) : found)->second;
}

}  // namespace sallyport::broker::metrics

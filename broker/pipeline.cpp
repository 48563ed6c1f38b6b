#include "broker/pipeline.hpp"

#include "base/run_on.hpp"
#include "base/sha256.hpp"
#include "broker/sessions/cell_door.hpp"
#include "broker/sessions/display_texts.hpp"
#include "broker/verdict.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <stop_token>
#include <utility>
#include <variant>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Clock;

namespace {

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

const char* explain(AdmissionRefusal::Reason reason) {
  using Reason = AdmissionRefusal::Reason;
  switch (reason) {
    case Reason::full:
      return "the broker is busy and its queue is full";
    case Reason::timed_out:
      return "the broker is busy; the submission's turn did not come in time";
    case Reason::stopped:
      return "the client went away while its submission was queued";
    case Reason::user_rate:
      return "this user has sent more requests than its rate permits";
    case Reason::key_rate:
      return "more requests were sent than the rate for all users permits";
    case Reason::key_quota:
      return "the API key has sent as many requests within 24 hours as it may";
    case Reason::user_queue:
      return "this user has as many submissions waiting as one user may have";
    case Reason::user_concurrency:
      return "this user has as many submissions running as one user may have";
    case Reason::displaced:
      return "the queue is full, and this user has more of it than others who want in";
  }
  return "";
}

ApiError refused_entry(const AdmissionRefusal& refusal) {
  ApiError error;
  error.status = refusal.over_quota() ? 429 : 503;
  if (refusal.reason == AdmissionRefusal::Reason::stopped) error.status = 499;
  error.error_type = error_type_of(error.status);
  error.message = explain(refusal.reason);
  error.retry_after_seconds = refusal.retry_after_seconds;
  nlohmann::json details;
  details["reason"] = to_string(refusal.reason);
  error.details_json = details.dump();
  return error;
}

Owner owner_of(const ExecutionRequest& request) {
  return Owner(request.user_id, *request.caller);
}

/// Whose sandbox it may be that is used again; empty for nobody's. The length in front keeps a key and a user
/// from being taken for another key and another user.
std::string job_owner(const Owner& owner) {
  if (owner.user.empty()) return {};
  return std::to_string(owner.key.size()) + " " + owner.key + " " + owner.user;
}

/// Hands the request's contents over; the code stays, for the audit record.
runners::Job make_job(ExecutionRequest& request, const std::string& id) {
  runners::Job job;
  job.execution_id = id;
  job.image = request.image.name;
  job.code = request.code;
  job.context_json = std::move(request.context_json);
  job.stdin_text = std::move(request.stdin_text);
  job.files = std::move(request.files);
  job.limits = request.limits;
  if (request.cell) job.cell = request.cell->options;
  job.owner = job_owner(owner_of(request));
  return job;
}

/// Longer programs are validated apart from the others: this much takes some milliseconds at worst.
constexpr std::size_t kMaxShortCode = 16 * 1024;

/// Of a submission that is not run again: all at once.
void show_output(const ExecutionReply& reply, ExecutionObserver& observer) {
  using runners::OutputStream;
  if (!reply.stdout_text.empty()) observer.on_output(OutputStream::stdout_stream, reply.stdout_text);
  if (!reply.stderr_text.empty()) observer.on_output(OutputStream::stderr_stream, reply.stderr_text);
}

/// The second door goes through longer texts beside the executor's thread; this much takes less than a hop
/// would.
constexpr std::size_t kMaxInlineOutput = 16 * 1024;

}  // namespace

/// What the walk leaves behind for the audit record.
struct Pipeline::Evidence {
  std::string execution_id;
  std::optional<runners::Verdict> verdict;
  std::string container_id;
  std::string code_sha256;  // Stands in both records.
};

Pipeline::Pipeline(PipelineParts parts) : parts_(std::move(parts)) {}

asio::awaitable<ApiResult<ExecutionReply>> Pipeline::execute(ExecutionRequest request,
                                                             ExecutionObserver* observer, CallBounds bounds) {
  Evidence evidence;
  evidence.execution_id = request.execution_id.empty() ? parts_.new_id() : request.execution_id;
  if (request.layers.log_executions) evidence.code_sha256 = base::sha256_hex(request.code);
  audit(request, evidence, nullptr, nullptr);
  try {
    ApiResult<ExecutionReply> result = co_await walk(request, observer, std::move(bounds), evidence);
    if (result.has_value()) {
      audit(request, evidence, &*result, nullptr);
      observe(metrics::Stage::total, result->total_time_seconds * 1000);
      if (parts_.metrics != nullptr) parts_.metrics->violations(*result);
    } else {
      const ApiError error = result.error();
      audit(request, evidence, nullptr, &error);
    }
    co_return result;
  } catch (...) {
    // A fault of ours; the session answers it. The submission still leaves its trace.
    ApiError fault;
    fault.error_type = error_type_of(500);
    fault.message = "a fault of the broker";
    audit(request, evidence, nullptr, &fault);
    throw;
  }
}

std::optional<ApiError> Pipeline::refusal(const ExecutionRequest& request) {
  if (const auto refusal = parts_.admission.check_rate(owner_of(request))) return refused_entry(*refusal);
  return missing_layers(request);
}

asio::awaitable<ApiResult<ExecutionReply>> Pipeline::walk(ExecutionRequest& request,
                                                          ExecutionObserver* observer, CallBounds bounds,
                                                          Evidence& evidence) {
  using metrics::Stage;
  const Clock::time_point begin = Clock::now();
  const Owner owner = owner_of(request);
  if (!request.accepted) {
    if (const auto refusal = parts_.admission.check_rate(owner)) co_return refused_entry(*refusal);
  }
  if (auto missing = missing_layers(request)) co_return std::move(*missing);

  ExecutionReply reply;
  const std::optional<std::string> cache_key = cache_key_of(request, owner);
  const ExecutionReply* const known = cache_key ? parts_.cache->find(*cache_key) : nullptr;
  if (known != nullptr) {
    reply = *known;
    reply.id = evidence.execution_id;
    reply.total_time_seconds = milliseconds_since(begin) / 1000;
    if (observer != nullptr) show_output(reply, *observer);
    co_return reply;
  }

  reply.id = evidence.execution_id;
  CodeVerdict verdict = co_await pass_first_door(request);
  reply.timings.validation_ms = milliseconds_since(begin);
  observe(Stage::validation, reply.timings.validation_ms);
  reply.validation_violations = std::move(verdict.violations);
  if (observer != nullptr) {
    for (const ValidationViolation& violation : reply.validation_violations)
      observer->on_violation(violation);
  }

  if (!verdict.passed) {
    reply.error_type = "ValidationError";
    reply.error_message = std::move(verdict.error_message);
    if (verdict.error_line > 0) reply.error_line = verdict.error_line;
  } else {
    const Clock::time_point queued = Clock::now();
    if (observer != nullptr) observer->on_queued(reply.id);
    Admission::Result entry = co_await parts_.admission.enter(owner, request.priority, bounds);
    reply.timings.queue_ms = milliseconds_since(queued);
    observe(Stage::queue, reply.timings.queue_ms);
    if (const auto* refusal = std::get_if<AdmissionRefusal>(&entry)) co_return refused_entry(*refusal);
    std::optional<Admission::Permit> permit(std::move(std::get<Admission::Permit>(entry)));

    const Clock::time_point started = Clock::now();
    if (observer != nullptr) observer->on_started(reply.id, reply.timings.queue_ms);
    std::vector<std::string> secrets = co_await known_secrets(request);
    runners::Job job = make_job(request, reply.id);
    job.imports = std::move(verdict.imports);
    std::stop_source run;
    const auto pass_on = [&run] { run.request_stop(); };
    const std::stop_callback stop_run(bounds.stop, pass_on);
    std::optional<LiveOutput> live;
    if (observer != nullptr) live.emplace(*observer, live_inspection(request, secrets), run);
    runners::OutputSink* const sink = live ? &*live : nullptr;
    CallBounds run_bounds(bounds.deadline.at_most(request.limits.timeout + parts_.run_overhead),
                          run.get_token());
    runners::Outcome outcome;
    if (request.cell) {
      request.cell->began = true;
      outcome = co_await request.cell->session->run(std::move(job), sink, std::move(run_bounds));
    } else {
      outcome = co_await parts_.runner.run(std::move(job), sink, std::move(run_bounds));
    }
    permit.reset();
    if (live) live->finish();
    reply.timings.sandbox_ms = milliseconds_since(started);
    observe(Stage::sandbox, reply.timings.sandbox_ms);
    if (parts_.metrics != nullptr) parts_.metrics->outcome(outcome);
    evidence.verdict = outcome.verdict;
    evidence.container_id = outcome.container_id;
    // Not the client's wish: the second door had it stopped, and says so in the reply.
    const bool cut_short = live && live->blocked() && !bounds.stop.stop_requested();
    if (cut_short && outcome.verdict == runners::Verdict::stopped) {
      outcome.verdict = runners::Verdict::killed_by_signal;
    }
    if (auto error = apply_outcome(std::move(outcome), request.limits, reply)) co_return std::move(*error);

    const Clock::time_point ended = Clock::now();
    co_await pass_second_door(request, std::move(secrets), live ? &*live : nullptr, reply);
    reply.timings.output_ms = milliseconds_since(ended);
    observe(Stage::output, reply.timings.output_ms);
    if (cache_key) parts_.cache->store(*cache_key, reply);
  }
  reply.total_time_seconds = milliseconds_since(begin) / 1000;
  co_return reply;
}

/// None where the result is not to be kept.
std::optional<std::string> Pipeline::cache_key_of(const ExecutionRequest& request, const Owner& owner) const {
  if (parts_.cache == nullptr) return std::nullopt;
  // Before the doors look: a result that was made while their rules changed is kept under the older ones.
  RuleGenerations rules;
  if (parts_.doors.first != nullptr) rules.code = parts_.doors.first->generation();
  if (parts_.doors.output != nullptr) rules.output = parts_.doors.output->generation();
  return parts_.cache->key_of(request, owner, rules);
}

void Pipeline::observe(metrics::Stage stage, double milliseconds) const {
  if (parts_.metrics != nullptr) parts_.metrics->stage(stage, milliseconds / 1000);
}

asio::awaitable<ApiResult<std::unique_ptr<runners::Session>>> Pipeline::open_session(
    const ExecutionRequest& request, runners::SessionOpener& opener, std::string id, CallBounds bounds) {
  const Owner owner = owner_of(request);
  if (const auto refusal = parts_.admission.check_rate(owner)) co_return refused_entry(*refusal);
  Admission::Result entry = co_await parts_.admission.enter(owner, request.priority, bounds);
  if (const auto* refusal = std::get_if<AdmissionRefusal>(&entry)) co_return refused_entry(*refusal);
  runners::SessionSpec spec;
  spec.id = std::move(id);
  spec.image = request.image.name;
  spec.limits = request.limits;
  CallBounds opening(bounds.deadline.at_most(parts_.run_overhead), bounds.stop);
  runners::OpenedSession opened = co_await opener.open_session(std::move(spec), std::move(opening));
  if (opened.session) co_return std::move(opened.session);
  ExecutionReply reply;
  if (auto error = apply_outcome(std::move(opened.failure), request.limits, reply))
    co_return std::move(*error);
  ApiError error;
  error.status = 503;
  error.error_type = "SandboxError";
  error.message = reply.error_message.value_or("the sandbox did not start");
  error.retry_after_seconds = 1;
  co_return error;
}

asio::awaitable<ApiResult<ValidationReply>> Pipeline::validate(ExecutionRequest request) {
  const Clock::time_point begin = Clock::now();
  const Owner owner = owner_of(request);
  if (const auto refusal = parts_.admission.check_rate(owner)) co_return refused_entry(*refusal);
  request.layers.enable_output_validation = false;
  if (auto missing = missing_layers(request)) co_return std::move(*missing);
  CodeVerdict verdict = co_await pass_first_door(request);
  ValidationReply reply;
  reply.is_valid = verdict.passed;
  if (!verdict.passed) {
    reply.error_type = "ValidationError";
    reply.error_message = std::move(verdict.error_message);
    if (verdict.error_line > 0) reply.error_line = verdict.error_line;
  }
  reply.validation_violations = std::move(verdict.violations);
  reply.validation_ms = milliseconds_since(begin);
  co_return reply;
}

asio::awaitable<ApiResult<OutputVerdict>> Pipeline::redact(RedactionRequest request) {
  const Owner owner(request.user_id);
  if (const auto refusal = parts_.admission.check_rate(owner)) co_return refused_entry(*refusal);
  ExecutionRequest nothing;
  nothing.layers.enable_syntax_validation = false;
  nothing.layers.enable_ast_validation = false;
  if (auto missing = missing_layers(nothing)) co_return std::move(*missing);
  const std::size_t bytes = request.text.size();
  OutputQuestion question;
  question.redact = request.redact;
  question.texts.stdout_text = std::move(request.text);
  co_return co_await ask_second_door(bytes, std::move(question));
}

std::optional<ApiError> Pipeline::missing_layers(const ExecutionRequest& request) const {
  struct Layer {
    bool wanted;
    bool present;
    const char* name;
    const char* switch_name;
  };
  const bool has_first = parts_.doors.first != nullptr;
  const Layer layers[] = {
      {request.layers.enable_syntax_validation, has_first, "syntax validation", "enable_syntax_validation"},
      {request.layers.enable_ast_validation, has_first, "AST validation", "enable_ast_validation"},
      {request.layers.enable_output_validation, parts_.doors.output != nullptr, "output validation",
       "enable_output_validation"},
  };
  std::string names;
  std::string switches;
  nlohmann::json missing = nlohmann::json::array();
  for (const Layer& layer : layers) {
    if (!layer.wanted || layer.present) continue;
    names += (names.empty() ? "" : ", ") + std::string(layer.name);
    switches += (switches.empty() ? "\"" : ", \"") + std::string(layer.switch_name) + "\": false";
    missing.push_back(layer.switch_name);
  }
  if (missing.empty()) return std::nullopt;
  ApiError error;
  error.status = 422;
  error.error_type = error_type_of(422);
  error.message = "this broker does not have: " + names + "; to run without, send " + switches;
  nlohmann::json details;
  details["missing_layers"] = std::move(missing);
  error.details_json = details.dump();
  return error;
}

asio::awaitable<CodeVerdict> Pipeline::pass_first_door(const ExecutionRequest& request) const {
  const Layers& layers = request.layers;
  if (!layers.enable_syntax_validation && !layers.enable_ast_validation) co_return CodeVerdict();
  CodeQuestion question;
  question.code = request.code;
  question.python_version = request.image.python_version;
  question.check_syntax = layers.enable_syntax_validation;
  question.check_policy = layers.enable_ast_validation;
  question.policy = request.policy;
  question.adjustments = &request.adjustments;
  const std::string_view earlier =
      request.cell ? std::string_view(request.cell->earlier_code) : std::string_view();
  const bool is_short = request.code.size() + earlier.size() <= kMaxShortCode;
  const auto& workers = is_short ? parts_.short_workers : parts_.workers;
  if (!workers) co_return check_cell(*parts_.doors.first, question, earlier);
  // Not cut short: linear time bounds it, and the deadline is looked at right after.
  auto check = [door = parts_.doors.first, &question, earlier] {
    return check_cell(*door, question, earlier);
  };
  co_return co_await base::run_on(workers, std::move(check));
}

template <class F>
asio::awaitable<std::invoke_result_t<F&>> Pipeline::run(std::size_t bytes, F function) const {
  // Not cut short: linear time bounds it, and the deadline is looked at right after.
  return base::run_beside(parts_.workers, bytes, kMaxInlineOutput, std::move(function));
}

asio::awaitable<std::vector<std::string>> Pipeline::known_secrets(const ExecutionRequest& request) const {
  if (!request.layers.enable_output_validation) co_return std::vector<std::string>();
  auto read = [door = parts_.doors.output, &request] { return door->known_secrets(request.context_json); };
  co_return co_await run(request.context_json.size(), std::move(read));
}

std::unique_ptr<LiveInspection> Pipeline::live_inspection(const ExecutionRequest& request,
                                                          std::vector<std::string> known_secrets) const {
  if (!request.layers.enable_output_validation) return nullptr;
  return parts_.doors.output->inspect_live(request.layers.redact_sensitive_output, std::move(known_secrets));
}

asio::awaitable<OutputVerdict> Pipeline::ask_second_door(std::size_t bytes, OutputQuestion question) const {
  auto check = [door = parts_.doors.output, &question] { return door->check(std::move(question)); };
  co_return co_await run(bytes, std::move(check));
}

asio::awaitable<void> Pipeline::pass_second_door(const ExecutionRequest& request,
                                                 std::vector<std::string> known_secrets, LiveOutput* live,
                                                 ExecutionReply& reply) const {
  if (live != nullptr) {
    reply.stdout_text = live->take_text(runners::OutputStream::stdout_stream);
    reply.stderr_text = live->take_text(runners::OutputStream::stderr_stream);
  }
  if (!request.layers.enable_output_validation) co_return;
  std::size_t bytes = bytes_of(reply);
  OutputQuestion question;
  question.redact = request.layers.redact_sensitive_output;
  question.was_truncated = reply.was_output_truncated;
  question.known_secrets = std::move(known_secrets);
  if (live == nullptr) {
    question.texts.stdout_text = std::move(reply.stdout_text);
    question.texts.stderr_text = std::move(reply.stderr_text);
  } else {
    bytes -= reply.stdout_text.size() + reply.stderr_text.size();
  }
  question.texts.error_type = std::move(reply.error_type);
  question.texts.error_message = std::move(reply.error_message);
  question.texts.artifacts = std::move(reply.artifacts);
  question.texts.notes = std::move(reply.notes);
  question.texts.displays = take_display_texts(reply);
  OutputVerdict verdict;
  if (live == nullptr) {
    verdict = co_await ask_second_door(bytes, std::move(question));
  } else {
    auto conclude = [live, &question] { return live->inspection()->conclude(std::move(question)); };
    verdict = co_await run(bytes, std::move(conclude));
  }

  reply.output_violations = std::move(verdict.violations);
  reply.was_output_redacted = verdict.redacted;
  if (!verdict.passed) {
    // Nothing that the submission made goes out.
    reply.success = false;
    reply.stdout_text.clear();
    reply.stderr_text.clear();
    reply.invalid_utf8_replaced = 0;
    reply.artifacts.clear();
    reply.notes.clear();
    reply.result.reset();
    reply.displays.clear();
    reply.error_type = "OutputValidationError";
    reply.error_message = std::move(verdict.error_message);
    co_return;
  }
  if (live == nullptr) {
    reply.stdout_text = std::move(verdict.texts.stdout_text);
    reply.stderr_text = std::move(verdict.texts.stderr_text);
  }
  reply.error_type = std::move(verdict.texts.error_type);
  reply.error_message = std::move(verdict.texts.error_message);
  reply.artifacts = std::move(verdict.texts.artifacts);
  reply.notes = std::move(verdict.texts.notes);
  put_display_texts(reply, std::move(verdict.texts.displays));
}

void Pipeline::audit(const ExecutionRequest& request, const Evidence& evidence, const ExecutionReply* reply,
                     const ApiError* error) const {
  AuditEntry entry(request);
  entry.execution_id = evidence.execution_id;
  entry.reply = reply;
  entry.error = error;
  entry.verdict = evidence.verdict;
  entry.container_id = evidence.container_id;
  entry.code_sha256 = evidence.code_sha256;
  parts_.audit.record(entry);
}

}  // namespace sallyport::broker

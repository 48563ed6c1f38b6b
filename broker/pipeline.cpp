#include "broker/pipeline.hpp"

#include "base/run_on.hpp"
#include "broker/verdict.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
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

ApiError refused_entry(const AdmissionRefusal& refusal) {
  ApiError error;
  error.status = 503;
  error.error_type = error_type_of(503);
  error.retry_after_seconds = refusal.retry_after_seconds;
  switch (refusal.reason) {
    case AdmissionRefusal::Reason::full:
      error.message = "the broker is busy and its queue is full";
      break;
    case AdmissionRefusal::Reason::timed_out:
      error.message = "the broker is busy; the submission's turn did not come in time";
      break;
    case AdmissionRefusal::Reason::stopped:
      error.status = 499;
      error.error_type = error_type_of(499);
      error.message = "the client went away while its submission was queued";
      error.retry_after_seconds = 0;
      break;
  }
  return error;
}

/// Hands the request's contents over; the code stays, for the audit record.
/// A number and a text are never the same user.
std::string owner_of(const UserId& user) {
  if (const auto* number = std::get_if<std::int64_t>(&user)) return "number " + std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&user)) return "text " + *text;
  return {};
}

runners::Job make_job(ExecutionRequest& request, const std::string& id) {
  runners::Job job;
  job.execution_id = id;
  job.image = request.image.name;
  job.code = request.code;
  job.context_json = std::move(request.context_json);
  job.stdin_text = std::move(request.stdin_text);
  job.files = std::move(request.files);
  job.limits = request.limits;
  job.owner = owner_of(request.user_id);
  return job;
}

/// Longer programs are validated beside the executor's thread: this much takes some milliseconds at worst.
constexpr std::size_t kMaxInlineCode = 16 * 1024;

}  // namespace

/// What the walk leaves behind for the audit record.
struct Pipeline::Evidence {
  std::string execution_id;
  std::optional<runners::Verdict> verdict;
  std::string container_id;
};

Pipeline::Pipeline(PipelineParts parts) : parts_(std::move(parts)) {}

asio::awaitable<ApiResult<ExecutionReply>> Pipeline::execute(ExecutionRequest request,
                                                             runners::OutputSink* sink, CallBounds bounds) {
  Evidence evidence;
  evidence.execution_id = parts_.new_id();
  audit(request, evidence, nullptr, nullptr);
  try {
    ApiResult<ExecutionReply> result = co_await walk(request, sink, std::move(bounds), evidence);
    if (result.has_value()) {
      audit(request, evidence, &*result, nullptr);
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

asio::awaitable<ApiResult<ExecutionReply>> Pipeline::walk(ExecutionRequest& request,
                                                          runners::OutputSink* sink, CallBounds bounds,
                                                          Evidence& evidence) {
  const Clock::time_point begin = Clock::now();
  ExecutionReply reply;
  reply.id = evidence.execution_id;
  if (auto missing = missing_layers(request, sink != nullptr)) co_return std::move(*missing);

  CodeVerdict verdict = co_await pass_first_door(request);
  reply.timings.validation_ms = milliseconds_since(begin);
  reply.validation_violations = std::move(verdict.violations);

  if (!verdict.passed) {
    reply.error_type = "ValidationError";
    reply.error_message = std::move(verdict.error_message);
    if (verdict.error_line > 0) reply.error_line = verdict.error_line;
  } else {
    const Clock::time_point queued = Clock::now();
    Admission::Result entry = co_await parts_.admission.enter(bounds);
    if (const auto* refusal = std::get_if<AdmissionRefusal>(&entry)) co_return refused_entry(*refusal);
    std::optional<Admission::Permit> permit(std::move(std::get<Admission::Permit>(entry)));
    reply.timings.queue_ms = milliseconds_since(queued);

    const Clock::time_point started = Clock::now();
    runners::Job job = make_job(request, reply.id);
    job.imports = std::move(verdict.imports);
    CallBounds run_bounds(bounds.deadline.at_most(request.limits.timeout + parts_.run_overhead), bounds.stop);
    runners::Outcome outcome = co_await parts_.runner.run(std::move(job), sink, std::move(run_bounds));
    permit.reset();
    reply.timings.sandbox_ms = milliseconds_since(started);
    evidence.verdict = outcome.verdict;
    evidence.container_id = outcome.container_id;
    if (auto error = apply_outcome(std::move(outcome), request.limits, reply)) co_return std::move(*error);

    const Clock::time_point ended = Clock::now();
    pass_second_door(request, reply);
    reply.timings.output_ms = milliseconds_since(ended);
  }
  reply.total_time_seconds = milliseconds_since(begin) / 1000;
  co_return reply;
}

asio::awaitable<ApiResult<ValidationReply>> Pipeline::validate(ExecutionRequest request) {
  const Clock::time_point begin = Clock::now();
  request.layers.enable_output_validation = false;
  if (auto missing = missing_layers(request, false)) co_return std::move(*missing);
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

std::optional<ApiError> Pipeline::missing_layers(const ExecutionRequest& request, bool live) const {
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
      {request.layers.enable_output_validation, parts_.doors.output != nullptr && !live,
       live ? "output validation of live output" : "output validation", "enable_output_validation"},
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
  if (request.code.size() <= kMaxInlineCode || !parts_.workers) {
    co_return parts_.doors.first->check(question);
  }
  // Not cut short: linear time bounds it, and the deadline is looked at right after.
  co_return co_await base::run_on(parts_.workers,
                                  [door = parts_.doors.first, &question] { return door->check(question); });
}

void Pipeline::pass_second_door(const ExecutionRequest& request, ExecutionReply& reply) const {
  if (!request.layers.enable_output_validation) return;
  OutputTexts texts;
  texts.stdout_text = std::move(reply.stdout_text);
  texts.stderr_text = std::move(reply.stderr_text);
  texts.error_message = reply.error_message.value_or("");
  OutputVerdict verdict =
      parts_.doors.output->check(std::move(texts), request.layers.redact_sensitive_output);
  reply.output_violations = std::move(verdict.violations);
  reply.was_output_redacted = verdict.redacted;
  if (!verdict.passed) {
    // Nothing that the submission made goes out.
    reply.success = false;
    reply.stdout_text.clear();
    reply.stderr_text.clear();
    reply.artifacts.clear();
    reply.notes.clear();
    reply.error_type = "OutputValidationError";
    reply.error_message = std::move(verdict.error_message);
    return;
  }
  reply.stdout_text = std::move(verdict.texts.stdout_text);
  reply.stderr_text = std::move(verdict.texts.stderr_text);
  if (reply.error_message) reply.error_message = std::move(verdict.texts.error_message);
}

void Pipeline::audit(const ExecutionRequest& request, const Evidence& evidence, const ExecutionReply* reply,
                     const ApiError* error) const {
  AuditEntry entry(request);
  entry.execution_id = evidence.execution_id;
  entry.reply = reply;
  entry.error = error;
  entry.verdict = evidence.verdict;
  entry.container_id = evidence.container_id;
  parts_.audit.record(entry);
}

}  // namespace sallyport::broker

#include "broker/routes/executions.hpp"

#include "broker/http/error_response.hpp"
#include "broker/jobs/idempotency.hpp"
#include "broker/jobs/job_view.hpp"
#include "broker/jobs/stored_error.hpp"
#include "broker/reply_text.hpp"
#include "broker/routes/reply_mode.hpp"
#include "broker/seconds.hpp"
#include "broker/stream/event_response.hpp"
#include "broker/stream/streamed_execution.hpp"

#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Deadline;
using http::Request;
using http::Response;

namespace {

/// How long a stream under a key waits for a refusal before it begins. One that is not refused says at once
/// that it has started; one that waits for its turn, or runs elsewhere, is silent for longer.
constexpr std::chrono::seconds kBeforeStream{1};

class ExecutionRoutes {
 public:
  explicit ExecutionRoutes(ExecutionRoutesParts parts) : parts_(std::move(parts)) {}

  asio::awaitable<Response> create(Request request, std::stop_token stop) {
    auto parsed = parts_.submissions.parse(request.body, request);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    const bool async = wants_async(request.head, parsed->mode);
    auto key = read_idempotency_key(request, async ? "async" : "sync");
    if (key.has_error()) co_return http::to_response(key.error());
    if (parts_.jobs == nullptr && (key->has_value() || parsed->mode == ReplyMode::async)) {
      co_return http::error_response(503, "this broker keeps no jobs");
    }
    if (!async && !key->has_value() && !parsed->callback_url.empty()) {
      co_return http::error_response(422,
                                     "callback_url: only a job is called back; send \"mode\": \"async\"");
    }
    if (parts_.jobs != nullptr && (async || key->has_value())) {
      CheckedRequest checked{std::move(*parsed), std::move(request.body), {}};
      if (async) co_return co_await accept(std::move(checked), request.caller, std::move(*key));
      if (const EventForm* form = accepted_form(request.head.header("Accept")); form && parts_.events) {
        co_return co_await stream_once(std::move(checked), request.caller, std::move(*key), *form,
                                       std::move(stop));
      }
      co_return co_await run_once(std::move(checked), request.caller, std::move(*key), std::move(stop));
    }
    std::string().swap(request.body);  // It may be megabytes, and the run may take minutes.

    if (const EventForm* form = accepted_form(request.head.header("Accept"))) {
      co_return co_await stream(std::move(*parsed), *form, std::move(stop));
    }
    auto result = co_await parts_.submissions.run(std::move(*parsed), std::move(stop));
    if (result.has_error()) co_return http::to_response(result.error());
    Response response;
    response.error_type = result->error_type.value_or("");
    response.body = co_await reply_text(std::move(*result), parts_.workers);
    co_return response;
  }

  /// One request as a job; its id, or the one of the first time.
  asio::awaitable<ApiResult<std::string>> store_job(CheckedRequest checked,
                                                    std::shared_ptr<const Caller> caller,
                                                    std::optional<IdempotencyKey> key, Jobs::Way way) {
    std::vector<BatchItem> items;
    items.emplace_back(std::move(checked));
    auto receipt = co_await parts_.jobs->accept(std::move(items), std::move(caller), std::move(key), way);
    if (receipt.has_error()) co_return receipt.error();
    co_return std::get<std::string>(std::move(receipt->items.at(0)));
  }

  /// Answers when the job is on the disk.
  asio::awaitable<Response> accept(CheckedRequest checked, std::shared_ptr<const Caller> caller,
                                   std::optional<IdempotencyKey> key) {
    const auto job_id =
        co_await store_job(std::move(checked), std::move(caller), std::move(key), Jobs::Way::queued);
    if (job_id.has_error()) co_return http::to_response(job_id.error());
    const std::string& id = *job_id;
    Response response;
    response.status = 202;
    response.headers.push_back({"Location", "/v1/executions/" + id});
    response.headers.push_back({"Preference-Applied", "respond-async"});
    response.body = accepted_json(id);
    co_return response;
  }

  /// Under a key: runs it the first time, and waits for what the first time gives, however often it is asked.
  asio::awaitable<Response> run_once(CheckedRequest checked, std::shared_ptr<const Caller> caller,
                                     std::optional<IdempotencyKey> key, std::stop_token stop) {
    const std::string owner_key = caller->key_id;
    CallBounds bounds(Deadline::after(parts_.submissions.longest(checked.request)), std::move(stop));
    const auto job_id =
        co_await store_job(std::move(checked), std::move(caller), std::move(key), Jobs::Way::at_once);
    if (job_id.has_error()) co_return http::to_response(job_id.error());
    const std::string& id = *job_id;
    auto job = co_await parts_.jobs->wait(id, owner_key, std::move(bounds));
    if (job.has_error()) {
      if (job.error().status == 499 && parts_.submissions.cutting())
        co_return http::to_response(shutting_down());
      co_return http::to_response(job.error());
    }
    co_return reply_of(std::move(*job));
  }

  /// What the synchronous request would have got.
  static Response reply_of(store::StoredJob job) {
    Response response;
    if (!job.result_json.empty()) {
      response.body = std::move(job.result_json);
      return response;
    }
    if (!job.error_json.empty()) return http::to_response(error_from_stored(job.error_json));
    if (job.job.state == store::JobState::cancelled) {
      return http::error_response(409, "the execution was cancelled");
    }
    return http::error_response(503, "the execution's turn did not come in time");
  }

  asio::awaitable<Response> validate(Request request) {
    auto parsed = parts_.submissions.parse(request.body, request);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    std::string().swap(request.body);
    auto result = co_await parts_.submissions.validate(std::move(*parsed));
    if (result.has_error()) co_return http::to_response(result.error());
    Response response;
    response.error_type = result->error_type.value_or("");
    response.body = to_json(*result);
    co_return response;
  }

 private:
  asio::awaitable<Response> stream(ExecutionRequest request, const EventForm& form, std::stop_token stop) {
    const auto executor = co_await asio::this_coro::executor;
    StreamedExecutionParts parts(executor);
    parts.workers = parts_.workers;
    parts.max_event_bytes = parts_.streaming.max_event_bytes;
    parts.cutting = [&submissions = parts_.submissions] { return submissions.cutting(); };
    parts.deadline = Deadline::after(parts_.submissions.longest(request));
    const auto kept = std::make_shared<ExecutionRequest>(std::move(request));
    StreamedExecution::Run run = [&pipeline = parts_.pipeline, kept](ExecutionObserver& observer,
                                                                     CallBounds bounds) {
      return pipeline.execute(std::move(*kept), &observer, std::move(bounds));
    };
    const auto heartbeat = seconds(parts_.streaming.heartbeat_seconds);
    co_return co_await StreamedExecution::answer(std::move(parts), std::move(run), form, heartbeat,
                                                 std::move(stop));
  }

  /// Under a key it is a job, and what is sent are the events of the job, from the first on and however often
  /// it is asked. A reader that leaves does not end it: who asks again is to find it.
  asio::awaitable<Response> stream_once(CheckedRequest checked, std::shared_ptr<const Caller> caller,
                                        std::optional<IdempotencyKey> key, const EventForm& form,
                                        std::stop_token stop) {
    const std::string owner_key = caller->key_id;
    const auto job_id =
        co_await store_job(std::move(checked), std::move(caller), std::move(key), Jobs::Way::at_once);
    if (job_id.has_error()) co_return http::to_response(job_id.error());
    const std::string& id = *job_id;
    const std::uint64_t from_the_first = 0;
    auto found = co_await parts_.events->find_events(owner_key, id, from_the_first);
    if (found.has_error() && found.error().status == 404) {
      co_return http::error_response(410, "the reply to this request is no longer kept");
    }
    if (found.has_error()) co_return http::to_response(found.error());
    const std::shared_ptr<ExecutionEvents> events = *found;
    // A refusal is answered as one, in place of a stream that tells of nothing else. A full queue refuses
    // what was just said to be queued.
    const std::uint64_t queued = 1;
    const Deadline deadline = Deadline::after(kBeforeStream);
    auto status = base::WaitStatus::ready;
    while (status == base::WaitStatus::ready && !events->ended() && events->last_id() <= queued) {
      CallBounds bounds(deadline, stop);
      status = co_await events->wait(queued, std::move(bounds));
    }
    if (status == base::WaitStatus::stopped) {
      co_return parts_.submissions.cutting()
          ? http::to_response(shutting_down())
          : http::error_response(499, "the client went away while its job ran");
    }
    if (events->error()) co_return http::to_response(*events->error());

    EventReader reader(events, form, seconds(parts_.streaming.heartbeat_seconds));
    reader.look = [source = parts_.events, owner_key, id, events] {
      return source->look(owner_key, id, events);
    };
    co_return event_response(std::move(reader));
  }

  ExecutionRoutesParts parts_;
};

}  // namespace

void add_executions_routes(http::Router& router, ExecutionRoutesParts parts) {
  const auto routes = std::make_shared<ExecutionRoutes>(std::move(parts));
  router.add(
      {"POST", "/v1/executions", Scope::execute, true, [routes](Request request, std::stop_token stop) {
         return routes->create(std::move(request), std::move(stop));
       }});
  router.add({"POST", "/v1/validate", Scope::validate, true,
              [routes](Request request, std::stop_token) { return routes->validate(std::move(request)); }});
}

}  // namespace sallyport::broker

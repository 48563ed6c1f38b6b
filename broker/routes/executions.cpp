#include "broker/routes/executions.hpp"

#include "broker/http/error_response.hpp"
#include "broker/reply_text.hpp"
#include "broker/seconds.hpp"
#include "broker/stream/streamed_execution.hpp"

#include <boost/asio/this_coro.hpp>

#include <memory>
#include <stop_token>
#include <string>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Deadline;
using http::Request;
using http::Response;

namespace {

class ExecutionRoutes {
 public:
  explicit ExecutionRoutes(ExecutionRoutesParts parts) : parts_(std::move(parts)) {}

  asio::awaitable<Response> create(Request request, std::stop_token stop) {
    auto parsed = parse_execution_request(request.body, parts_.rules);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    std::string().swap(request.body);  // It may be megabytes, and the run may take minutes.

    if (const EventForm* form = accepted_form(request.head.header("Accept"))) {
      co_return co_await stream(std::move(*parsed), *form, std::move(stop));
    }
    CallBounds bounds(Deadline::after(parts_.longest_beside_run + parsed->limits.timeout), std::move(stop));
    auto result = co_await parts_.pipeline.execute(std::move(*parsed), nullptr, std::move(bounds));
    if (result.has_error()) {
      // Who was stopped by the shutdown is still there to be told.
      if (result.error().status == 499 && parts_.cutting()) co_return http::to_response(shutting_down());
      co_return http::to_response(result.error());
    }
    Response response;
    response.error_type = result->error_type.value_or("");
    response.body = co_await reply_text(std::move(*result), parts_.workers);
    co_return response;
  }

  asio::awaitable<Response> validate(Request request) {
    auto parsed = parse_execution_request(request.body, parts_.rules);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    std::string().swap(request.body);
    auto result = co_await parts_.pipeline.validate(std::move(*parsed));
    if (result.has_error()) co_return http::to_response(result.error());
    Response response;
    response.error_type = result->error_type.value_or("");
    response.body = to_json(std::move(*result));
    co_return response;
  }

 private:
  asio::awaitable<Response> stream(ExecutionRequest request, const EventForm& form, std::stop_token stop) {
    const auto executor = co_await asio::this_coro::executor;
    StreamedExecutionParts parts(executor, parts_.pipeline);
    parts.workers = parts_.workers;
    parts.max_event_bytes = parts_.streaming.max_event_bytes;
    parts.cutting = parts_.cutting;
    parts.deadline = Deadline::after(parts_.longest_beside_run + request.limits.timeout);
    const auto execution = StreamedExecution::begin(std::move(parts), std::move(request));
    const auto refusal = co_await execution->refusal(std::move(stop));
    if (refusal) co_return http::to_response(*refusal);

    Response response;
    response.content_type = form.content_type();
    response.headers = streaming_headers();
    const auto heartbeat = seconds(parts_.streaming.heartbeat_seconds);
    response.produce = [execution, &form, heartbeat](http::BodyWriter& writer, std::stop_token gone) {
      EventReader reader(execution->events(), form, heartbeat);
      return execution->send(std::move(reader), writer, std::move(gone));
    };
    co_return response;
  }

  ExecutionRoutesParts parts_;
};

}  // namespace

void add_executions_routes(http::Router& router, ExecutionRoutesParts parts) {
  const auto routes = std::make_shared<ExecutionRoutes>(std::move(parts));
  router.add({"POST", "/v1/executions", true, [routes](Request request, std::stop_token stop) {
                return routes->create(std::move(request), std::move(stop));
              }});
  router.add({"POST", "/v1/validate", true,
              [routes](Request request, std::stop_token) { return routes->validate(std::move(request)); }});
}

}  // namespace sallyport::broker

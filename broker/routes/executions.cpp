#include "broker/routes/executions.hpp"

#include "base/run_on.hpp"
#include "broker/api/execution_reply.hpp"
#include "broker/http/error_response.hpp"

#include <cstddef>
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

/// Larger replies are written beside the I/O thread: megabytes of artifacts take tens of milliseconds.
constexpr std::size_t kMaxInlineReply = 64 * 1024;

class ExecutionRoutes {
 public:
  explicit ExecutionRoutes(ExecutionRoutesParts parts) : parts_(std::move(parts)) {}

  asio::awaitable<Response> create(Request request, std::stop_token stop) {
    auto parsed = parse_execution_request(request.body, parts_.rules);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    std::string().swap(request.body);  // It may be megabytes, and the run may take minutes.

    CallBounds bounds(Deadline::after(parts_.longest_beside_run + parsed->limits.timeout), std::move(stop));
    auto result = co_await parts_.pipeline.execute(std::move(*parsed), nullptr, std::move(bounds));
    if (result.has_error()) {
      // Who was stopped by the shutdown is still there to be told.
      if (result.error().status == 499 && parts_.cutting()) co_return http::to_response(shutting_down());
      co_return http::to_response(result.error());
    }
    Response response;
    response.error_type = result->error_type.value_or("");
    if (bytes_of(*result) <= kMaxInlineReply || !parts_.workers) {
      response.body = to_json(std::move(*result));
    } else {
      auto write = [&result] { return to_json(std::move(*result)); };
      response.body = co_await base::run_on(parts_.workers, std::move(write));
    }
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

#include "broker/submissions.hpp"

#include "broker/request_rules.hpp"
#include "broker/seconds.hpp"

namespace sallyport::broker {

namespace asio = boost::asio;

Submissions::Submissions(Pipeline& pipeline, const RequestRules& rules, const config::Config& config,
                         std::function<bool()> cutting, asio::any_io_executor workers)
    : pipeline_(pipeline),
      rules_(rules),
      queue_timeout_(seconds(config.admission.queue_timeout_seconds)),
      overhead_(run_overhead(config.engine)),
      cutting_(std::move(cutting)),
      workers_(std::move(workers)) {}

ApiResult<ExecutionRequest> Submissions::parse(std::string_view body, const http::Request& request) const {
  return parse_execution_request(body, rules_, request.caller);
}

asio::awaitable<ApiResult<ExecutionReply>> Submissions::run(ExecutionRequest request, std::stop_token stop) {
  base::CallBounds bounds(base::Deadline::after(longest(request)), std::move(stop));
  ApiResult<ExecutionReply> result =
      co_await pipeline_.execute(std::move(request), nullptr, std::move(bounds));
  // Who was stopped by the shutdown is still there to be told.
  if (result.has_error() && result.error().status == 499 && cutting_()) co_return shutting_down();
  co_return result;
}

asio::awaitable<ApiResult<ValidationReply>> Submissions::validate(ExecutionRequest request) {
  return pipeline_.validate(std::move(request));
}

}  // namespace sallyport::broker

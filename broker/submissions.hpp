// What a group of routes needs to have submissions checked and run, whatever protocol they came in.
#pragma once

#include "base/run_on.hpp"
#include "broker/api/execution_reply.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/api/validation_reply.hpp"
#include "broker/api_error.hpp"
#include "broker/http/message.hpp"
#include "broker/pipeline.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sallyport::broker {

/// Every protocol is translated to the body of `POST /v1/executions` and comes through here, so that one set
/// of rules, ceilings and doors holds for all.
///
/// Thread-safety: the executor's one thread. `pipeline` and `rules` must outlive it.
class Submissions {
 public:
  /// `cutting` says whether the server stops what runs. `workers` may be empty.
  Submissions(Pipeline& pipeline, const RequestRules& rules, const config::Config& config,
              std::function<bool()> cutting, boost::asio::any_io_executor workers);

  /// A body of `POST /v1/executions` that came with, or was made from, `request`.
  [[nodiscard]] ApiResult<ExecutionRequest> parse(std::string_view body, const http::Request& request) const;

  /// As Pipeline has it, within the longest time that the submission may take. 503 when the broker stopped it
  /// to go down.
  boost::asio::awaitable<ApiResult<ExecutionReply>> run(ExecutionRequest request, std::stop_token stop);
  boost::asio::awaitable<ApiResult<ValidationReply>> validate(ExecutionRequest request);

  /// Runs `function`, which goes through `bytes` of a request or a reply, beside the I/O thread if that would
  /// hold others up.
  template <class F>
  boost::asio::awaitable<std::invoke_result_t<F&>> beside(std::size_t bytes, F function) const {
    return base::run_beside(workers_, bytes, kMaxInline, std::move(function));
  }

  /// The longest that a submission may take, its wait for a turn included.
  [[nodiscard]] base::Clock::duration longest(const ExecutionRequest& request) const {
    return queue_timeout_ + request.limits.timeout + overhead_;
  }
  /// Whether the server stops what runs.
  [[nodiscard]] bool cutting() const { return cutting_(); }

  /// What requests are checked against.
  [[nodiscard]] const RequestRules& rules() const { return rules_; }

 private:
  static constexpr std::size_t kMaxInline = 64 * 1024;

  Pipeline& pipeline_;
  const RequestRules& rules_;
  base::Clock::duration queue_timeout_;
  base::Clock::duration overhead_;
  std::function<bool()> cutting_;
  boost::asio::any_io_executor workers_;
};

}  // namespace sallyport::broker

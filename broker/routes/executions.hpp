// The routes that take a submission.
#pragma once

#include "base/deadline.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/http/router.hpp"
#include "broker/jobs/jobs.hpp"
#include "broker/pipeline.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>

namespace sallyport::broker {

/// What the routes work with; all of it must outlive the router.
struct ExecutionRoutesParts {
  ExecutionRoutesParts(Pipeline& pipeline_in, const RequestRules& rules_in)
      : pipeline(pipeline_in), rules(rules_in) {}

  Pipeline& pipeline;
  const RequestRules& rules;
  Jobs* jobs = nullptr;  ///< Null: nothing is stored, and every request is answered when it has ended.
  /// Beyond a submission's own time limit: the longest wait for a turn, and what a runner may take besides.
  base::Clock::duration longest_beside_run{};
  boost::asio::any_io_executor
      workers;                    ///< Where large replies are written; empty: on the executor's thread.
  std::function<bool()> cutting;  ///< Whether the server is stopping what still runs.
  config::Streaming streaming;
};

/// `POST /v1/executions`, answered when it has ended, while it runs, or when it is stored, and
/// `POST /v1/validate`.
void add_executions_routes(http::Router& router, ExecutionRoutesParts parts);

}  // namespace sallyport::broker

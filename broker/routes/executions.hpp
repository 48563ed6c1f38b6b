// The routes that take a submission and answer when it has ended.
#pragma once

#include "base/deadline.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/http/router.hpp"
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
  /// Beyond a submission's own time limit: the longest wait for a turn, and what a runner may take besides.
  base::Clock::duration longest_beside_run{};
  boost::asio::any_io_executor
      workers;                    ///< Where large replies are written; empty: on the executor's thread.
  std::function<bool()> cutting;  ///< Whether the server is stopping what still runs.
  config::Streaming streaming;
};

/// `POST /v1/executions`, as one reply or as a stream of events, and `POST /v1/validate`.
void add_executions_routes(http::Router& router, ExecutionRoutesParts parts);

}  // namespace sallyport::broker

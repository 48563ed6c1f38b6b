// The routes of sessions: interpreters that stay between cells.
#pragma once

#include "base/deadline.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/execution_id.hpp"
#include "broker/http/router.hpp"
#include "broker/metrics/broker_metrics.hpp"
#include "broker/pipeline.hpp"
#include "broker/sessions/sessions.hpp"
#include "config/config.hpp"
#include "runners/session.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>

namespace sallyport::broker {

/// What the routes work with; all of it must outlive the router.
struct SessionRoutesParts {
  SessionRoutesParts(Pipeline& pipeline_in, Sessions& sessions_in, runners::SessionOpener& opener_in,
                     const RequestRules& rules_in)
      : pipeline(pipeline_in), sessions(sessions_in), opener(opener_in), rules(rules_in) {}

  Pipeline& pipeline;
  Sessions& sessions;
  runners::SessionOpener& opener;
  const RequestRules& rules;
  IdGenerator new_id = new_execution_id;
  /// Beyond a cell's own time limit: the longest wait for a turn, and what a runner may take besides.
  base::Clock::duration longest_beside_run{};
  boost::asio::any_io_executor
      workers;  ///< Where large replies are written; empty: on the executor's thread.
  config::Streaming streaming;
  metrics::BrokerMetrics* metrics = nullptr;  ///< May be null.
  std::function<bool()> cutting;              ///< Whether the server is stopping what still runs.
};

/// `/v1/sessions`, `/v1/sessions/{id}`, `/v1/sessions/{id}/cells` and `/v1/sessions/{id}/files`.
void add_sessions_routes(http::Router& router, SessionRoutesParts parts);

}  // namespace sallyport::broker

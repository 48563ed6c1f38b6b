// The routes that take a submission.
#pragma once

#include "broker/http/router.hpp"
#include "broker/jobs/jobs.hpp"
#include "broker/pipeline.hpp"
#include "broker/routes/events.hpp"
#include "broker/submissions.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace sallyport::broker {

/// What the routes work with; all of it must outlive the router.
struct ExecutionRoutesParts {
  ExecutionRoutesParts(Submissions& submissions_in, Pipeline& pipeline_in)
      : submissions(submissions_in), pipeline(pipeline_in) {}

  Submissions& submissions;
  Pipeline& pipeline;    ///< For what is answered while it runs.
  Jobs* jobs = nullptr;  ///< Null: nothing is stored, and every request is answered when it has ended.
  EventSource* events = nullptr;  ///< Of the jobs; null where there are none.
  boost::asio::any_io_executor
      workers;  ///< Where large replies are written; empty: on the executor's thread.
  config::Streaming streaming;
};

/// `POST /v1/executions`, answered when it has ended, while it runs, or when it is stored, and
/// `POST /v1/validate`.
void add_executions_routes(http::Router& router, ExecutionRoutesParts parts);

}  // namespace sallyport::broker

// The routes of jobs: what became of executions that were accepted, and many at once.
#pragma once

#include "base/deadline.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/http/router.hpp"
#include "broker/jobs/jobs.hpp"

#include <cstddef>
#include <functional>

namespace sallyport::broker {

/// What the routes work with; all of it must outlive the router.
struct JobsRoutesParts {
  JobsRoutesParts(Jobs& jobs_in, const RequestRules& rules_in) : jobs(jobs_in), rules(rules_in) {}

  Jobs& jobs;
  const RequestRules& rules;
  std::size_t max_batch = 32;
  base::Clock::duration longest_beside_run{};
  std::function<bool()> cutting;  ///< Whether the server is stopping what still runs.
};

/// `GET /v1/executions`, `GET` and `DELETE /v1/executions/{id}`, `POST /v1/executions/batch`.
void add_jobs_routes(http::Router& router, JobsRoutesParts parts);

}  // namespace sallyport::broker

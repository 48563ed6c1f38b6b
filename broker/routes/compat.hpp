// The endpoints in the form of other services: each group is there where its key in the configuration is
// true.
#pragma once

#include "broker/http/router.hpp"
#include "broker/jobs/jobs.hpp"
#include "broker/submissions.hpp"
#include "config/config.hpp"

namespace sallyport::broker {

/// `submissions` and `jobs` must outlive the router, for all of them. `jobs` may be null: nothing is stored.
void add_compat_routes(http::Router& router, Submissions& submissions, Jobs* jobs,
                       const config::Compat& config);

/// Piston: `POST /api/v2/execute`, `GET /api/v2/runtimes`, and the same under `/api/v2/piston`.
void add_piston_routes(http::Router& router, Submissions& submissions);

/// dify-sandbox: `POST /v1/sandbox/run`.
void add_dify_sandbox_routes(http::Router& router, Submissions& submissions);

/// Judge0: `POST /submissions`, `GET /languages`; where there are jobs also `GET /submissions/{token}`, and
/// the same two for batches.
void add_judge0_routes(http::Router& router, Submissions& submissions, Jobs* jobs);

}  // namespace sallyport::broker

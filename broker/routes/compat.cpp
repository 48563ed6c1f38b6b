#include "broker/routes/compat.hpp"

namespace sallyport::broker {

void add_compat_routes(http::Router& router, Submissions& submissions, Jobs* jobs,
                       const config::Compat& config) {
  if (config.piston) add_piston_routes(router, submissions);
  if (config.dify_sandbox) add_dify_sandbox_routes(router, submissions);
  if (config.judge0) add_judge0_routes(router, submissions, jobs);
}

}  // namespace sallyport::broker

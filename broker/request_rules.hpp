// What the configuration says about submissions, for everything that takes one: the server and `sallyport
// run`.
#pragma once

#include "base/deadline.hpp"
#include "broker/api/execution_request.hpp"
#include "config/config.hpp"

namespace sallyport::broker {

/// `images` and `policies` must outlive the rules.
[[nodiscard]] RequestRules request_rules(const config::Config& config, const ImageCatalog& images,
                                         const PolicyCatalog& policies);

/// What a runner may take beyond a submission's own time limit: to start the sandbox and to look at its end.
[[nodiscard]] base::Clock::duration run_overhead(const config::Engine& engine);

}  // namespace sallyport::broker

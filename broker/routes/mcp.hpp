// `POST /mcp`.
#pragma once

#include "broker/execution_id.hpp"
#include "broker/http/router.hpp"
#include "broker/submissions.hpp"
#include "config/config.hpp"

#include <string>

namespace sallyport::broker {

/// Nothing where `mcp.enabled` is false. `submissions` must outlive the router; `version` is what clients are
/// told.
void add_mcp_routes(http::Router& router, Submissions& submissions, const config::Mcp& config,
                    const std::string& version, const IdGenerator& new_id);

}  // namespace sallyport::broker

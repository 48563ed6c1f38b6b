#include "broker/routes/mcp.hpp"

#include "broker/mcp/endpoint.hpp"

#include <memory>
#include <utility>

namespace sallyport::broker {

void add_mcp_routes(http::Router& router, Submissions& submissions, const config::Mcp& config,
                    const std::string& version, const IdGenerator& new_id) {
  if (!config.enabled) return;
  const auto endpoint = std::make_shared<mcp::Endpoint>(submissions, config, version, new_id);
  router.add({"POST", "/mcp", Scope::execute, true, [endpoint](http::Request request, std::stop_token stop) {
                return endpoint->answer(std::move(request), std::move(stop));
              }});
}

}  // namespace sallyport::broker

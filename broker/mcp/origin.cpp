#include "broker/mcp/origin.hpp"

#include "broker/http/host.hpp"

#include <algorithm>
#include <optional>

namespace sallyport::broker::mcp {
namespace {

/// The host of "http://host[:port]"; none if it is not of that form.
std::optional<std::string_view> host_of_origin(std::string_view origin) {
  const auto scheme = origin.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  if (const auto name = origin.substr(0, scheme); name != "http" && name != "https") return std::nullopt;
  return http::host_of(origin.substr(scheme + 3));
}

}  // namespace

bool origin_allowed(std::string_view origin, const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), origin) != allowed.end()) return true;
  const auto host = host_of_origin(origin);
  return host && http::is_this_host(*host);
}

}  // namespace sallyport::broker::mcp

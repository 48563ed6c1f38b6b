// Which web pages may speak to the broker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::mcp {

/// Whether a request with this `Origin` may be served: the origin is on this host (`localhost`,
/// `127.0.0.0/8`,
/// `[::1]`, any port), or is one of `allowed`, compared whole ("https://chat.example"). A page of another
/// origin whose host name has been rebound to this host still sends its own `Origin`.
[[nodiscard]] bool origin_allowed(std::string_view origin, const std::vector<std::string>& allowed);

}  // namespace sallyport::broker::mcp

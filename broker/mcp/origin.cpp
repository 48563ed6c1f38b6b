#include "broker/mcp/origin.hpp"

#include "broker/http/message.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace sallyport::broker::mcp {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "127.x.y.z", each part of one to three digits.
bool is_loopback_v4(std::string_view host) {
  int parts = 0;
  while (true) {
    const auto dot = host.find('.');
    const std::string_view part = host.substr(0, dot);
    if (!is_digits(part) || part.size() > 3 || (parts == 0 && part != "127")) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    host.remove_prefix(dot + 1);
  }
}

/// The host of "http://host[:port]"; none if it is not of that form.
std::optional<std::string_view> host_of(std::string_view origin) {
  const auto scheme = origin.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  if (const auto name = origin.substr(0, scheme); name != "http" && name != "https") return std::nullopt;
  std::string_view rest = origin.substr(scheme + 3);
  std::size_t end = 0;
  if (rest.starts_with('[')) {
    end = rest.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    ++end;
  } else {
    end = std::min(rest.find(':'), rest.size());
  }
  const std::string_view port = rest.substr(end);
  if (!port.empty() && (port.front() != ':' || !is_digits(port.substr(1)))) return std::nullopt;
  return rest.substr(0, end);
}

}  // namespace

bool origin_allowed(std::string_view origin, const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), origin) != allowed.end()) return true;
  const auto host = host_of(origin);
  if (!host) return false;
  return http::equal_ignoring_case(*host, "localhost") || *host == "[::1]" || is_loopback_v4(*host);
}

}  // namespace sallyport::broker::mcp

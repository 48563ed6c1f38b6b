#include "broker/http/host.hpp"

#include "broker/http/message.hpp"

#include <algorithm>
#include <cstddef>

namespace sallyport::broker::http {
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

}  // namespace

std::optional<std::string_view> host_of(std::string_view authority) {
  std::size_t end = 0;
  if (authority.starts_with('[')) {
    end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    ++end;
  } else {
    end = std::min(authority.find(':'), authority.size());
  }
  const std::string_view port = authority.substr(end);
  if (!port.empty() && (port.front() != ':' || !is_digits(port.substr(1)))) return std::nullopt;
  return authority.substr(0, end);
}

bool is_this_host(std::string_view host) {
  return equal_ignoring_case(host, "localhost") || host == "[::1]" || is_loopback_v4(host);
}

}  // namespace sallyport::broker::http

#include "broker/http/router.hpp"

#include "broker/api_error.hpp"
#include "broker/http/error_response.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace sallyport::broker::http {
namespace {

std::string_view next_segment(std::string_view& path) {
  const auto slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  return segment;
}

/// The parameters of `path` under `pattern`; no value if it does not fit.
std::optional<std::vector<std::string>> fit(std::string_view pattern, std::string_view path) {
  std::vector<std::string> parameters;
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/')) {
    return std::nullopt;
  }
  while (!pattern.empty() || !path.empty()) {
    const std::string_view wanted = next_segment(pattern);
    const std::string_view given = next_segment(path);
    if (wanted.starts_with('{')) {
      if (given.empty()) return std::nullopt;
      parameters.emplace_back(given);
    } else if (wanted != given) {
      return std::nullopt;
    }
  }
  return parameters;
}

void add_method(std::vector<std::string>& methods, const std::string& method) {
  if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
}

std::string join(const std::vector<std::string>& items) {
  std::string joined;
  for (const std::string& item : items) {
    if (!joined.empty()) joined += ", ";
    joined += item;
  }
  return joined;
}

/// Why the body cannot be taken as JSON in UTF-8; empty if it can.
std::string media_mistake(const RequestHead& head) {
  const auto encoding = head.header("Content-Encoding");
  if (encoding && !equal_ignoring_case(*encoding, "identity")) {
    return "the body must not be compressed (Content-Encoding)";
  }
  const auto type = head.header("Content-Type");
  if (!type) return "the request has no Content-Type; send application/json";
  const auto trim = [](std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
  };
  const auto semicolon = type->find(';');
  if (!equal_ignoring_case(trim(type->substr(0, semicolon)), "application/json")) {
    return "the body must be application/json";
  }
  std::string_view rest =
      semicolon == std::string_view::npos ? std::string_view() : type->substr(semicolon + 1);
  while (!rest.empty()) {
    const auto end = rest.find(';');
    const std::string_view parameter = trim(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || !equal_ignoring_case(parameter.substr(0, equals), "charset"))
      continue;
    std::string_view charset = parameter.substr(equals + 1);
    if (charset.size() >= 2 && charset.front() == '"' && charset.back() == '"') {
      charset = charset.substr(1, charset.size() - 2);
    }
    if (!equal_ignoring_case(charset, "utf-8") && !equal_ignoring_case(charset, "us-ascii")) {
      return "the body must be in UTF-8";
    }
  }
  return {};
}

}  // namespace

void Router::add(Route route) {
  routes_.push_back(std::move(route));
}

std::vector<std::string> Router::paths() const {
  std::vector<std::string> all;
  for (const Route& route : routes_) {
    if (std::find(all.begin(), all.end(), route.path) == all.end()) all.push_back(route.path);
  }
  return all;
}

std::variant<Router::Match, Response> Router::resolve(const RequestHead& head) const {
  const bool everything = head.method == "OPTIONS" && head.path == "*";
  // "/v1/executions/batch" is not an execution of that name.
  const bool literal = std::any_of(routes_.begin(), routes_.end(),
                                   [&](const Route& route) { return route.path == head.path; });
  std::vector<std::string> methods;
  for (const Route& route : routes_) {
    if (literal && !everything && route.path != head.path) continue;
    auto parameters = everything ? std::vector<std::string>() : fit(route.path, head.path);
    if (!parameters) continue;
    if (!everything && (route.method == head.method || (route.method == "GET" && head.method == "HEAD"))) {
      if (route.takes_json) {
        if (std::string mistake = media_mistake(head); !mistake.empty()) return error_response(415, mistake);
      }
      Match match;
      match.route = &route;
      match.parameters = std::move(*parameters);
      return match;
    }
    add_method(methods, route.method);
    if (route.method == "GET") add_method(methods, "HEAD");
  }
  if (methods.empty()) {
    nlohmann::json details;
    details["paths"] = paths();
    return error_response(404, "there is nothing at this path", details.dump());
  }
  add_method(methods, "OPTIONS");
  Response response;
  if (head.method == "OPTIONS") {
    response.status = 204;
  } else {
    nlohmann::json details;
    details["allowed"] = methods;
    response = error_response(405, "this path does not serve " + head.method, details.dump());
  }
  response.headers.push_back(Header{"Allow", join(methods)});
  return response;
}

}  // namespace sallyport::broker::http

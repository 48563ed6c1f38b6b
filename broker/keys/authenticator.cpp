#include "broker/keys/authenticator.hpp"

#include "broker/http/error_response.hpp"
#include "broker/http/host.hpp"
#include "broker/keys/secret.hpp"

#include <boost/asio/ip/address.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace sallyport::broker::keys {

using http::Header;
using http::Knock;
using http::Response;

namespace {

constexpr double kLinesPerMinute = 60;

RateLimits peer_limits(const config::Keys& config) {
  RateLimits limits;
  limits.per_minute = config.max_failures_per_minute;
  limits.burst = static_cast<std::uint64_t>(std::max(1.0, config.max_failures_per_minute));
  limits.max_tracked = config.max_tracked_peers;
  return limits;
}

RateLimits line_limits() {
  RateLimits limits;
  limits.per_minute = kLinesPerMinute;
  limits.burst = static_cast<std::uint64_t>(kLinesPerMinute);
  return limits;
}

/// Of an IPv6 address the network: whoever has one address of it has them all.
std::string network_of(const std::string& address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  if (error || !parsed.is_v6()) return address;
  auto bytes = parsed.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return boost::asio::ip::address_v6(bytes).to_string();
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The key as the client sent it; none where there is none. Another scheme is a proxy's matter, not ours.
std::optional<std::string_view> presented(const http::RequestHead& head) {
  static constexpr std::string_view kScheme = "Bearer ";
  if (const auto value = head.header("Authorization")) {
    if (value->size() >= kScheme.size() &&
        http::equal_ignoring_case(value->substr(0, kScheme.size()), kScheme)) {
      return trim(value->substr(kScheme.size()));
    }
  }
  if (const auto value = head.header("X-Api-Key")) return trim(*value);
  return std::nullopt;
}

const char* explain(AuthFailure failure) {
  switch (failure) {
    case AuthFailure::missing:
      return "an API key is needed: send it as Authorization: Bearer KEY, or as X-Api-Key";
    case AuthFailure::malformed:
      return "this is not an API key: one is \"sp_\", 8 hexadecimal digits, \"_\", and 64 more";
    case AuthFailure::unknown:
      return "the API key is not known";
    case AuthFailure::expired:
      return "the API key has expired";
    case AuthFailure::revoked:
      return "the API key has been revoked";
    case AuthFailure::scope:
      return "the API key may not do this";
    case AuthFailure::throttled:
      return "too many requests from this address had no valid API key";
    case AuthFailure::host:
      return "the field Host does not name this broker: without an API key it answers to localhost, "
             "127.0.0.1, "
             "[::1] and what server.host_names lists";
  }
  return "";
}

AuthFailure failure_of(KeyRefusal refusal) {
  switch (refusal) {
    case KeyRefusal::unknown:
      return AuthFailure::unknown;
    case KeyRefusal::expired:
      return AuthFailure::expired;
    case KeyRefusal::revoked:
      return AuthFailure::revoked;
  }
  return AuthFailure::unknown;
}

Response missing_scope(const Knock& knock) {
  nlohmann::json details;
  details["reason"] = to_string(AuthFailure::scope);
  details["scope"] = to_string(knock.scope);
  Response response = http::error_response(
      403,
      "the API key does not have the scope " + std::string(to_string(knock.scope)) + ", which this needs",
      details.dump());
  response.headers.push_back(
      Header{"WWW-Authenticate", "Bearer realm=\"sallyport\", error=\"insufficient_scope\", scope=\"" +
                                     std::string(to_string(knock.scope)) + "\""});
  return response;
}

}  // namespace

std::string_view to_string(AuthFailure failure) {
  static constexpr std::array<std::string_view, kAuthFailures> kNames = {
      "missing", "malformed", "unknown", "expired", "revoked", "scope", "throttled", "host"};
  return kNames.at(static_cast<std::size_t>(failure));
}

Authenticator::Authenticator(const config::Keys& config, bool required, std::vector<std::string> host_names,
                             KeyRing& ring, EventLog& log, Now now, WallNow wall_now)
    : required_(required),
      host_names_(std::move(host_names)),
      ring_(ring),
      log_(log),
      now_(std::move(now)),
      wall_now_(std::move(wall_now)),
      peers_(peer_limits(config)),
      lines_(line_limits()) {}

std::variant<std::shared_ptr<const Caller>, Response> Authenticator::admit(const Knock& knock) {
  const auto keys = ring_.current();
  if (!required_ && !ring_.ever_had_keys()) {
    if (!is_our_name(knock)) return misdirected(knock);
    return nobody();
  }
  const auto token = presented(knock.head);
  if (!token) return refuse(AuthFailure::missing, {}, knock);
  const auto prefix = prefix_of(*token);
  if (!prefix) return refuse(AuthFailure::malformed, {}, knock);
  auto checked = keys->check(*token, wall_now_());
  if (const auto* refusal = std::get_if<KeyRefusal>(&checked))
    return refuse(failure_of(*refusal), *prefix, knock);
  auto& caller = std::get<std::shared_ptr<const Caller>>(checked);
  if (caller->scopes.has(knock.scope)) return std::move(caller);
  ++failures_.at(static_cast<std::size_t>(AuthFailure::scope));
  tell(AuthFailure::scope, *prefix, knock);
  return missing_scope(knock);
}

bool Authenticator::is_our_name(const Knock& knock) const {
  const auto field = knock.head.header("Host");
  if (!field || knock.peer.address == "unix") return true;
  const auto host = http::host_of(*field);
  if (!host) return false;
  if (http::is_this_host(*host)) return true;
  return std::any_of(host_names_.begin(), host_names_.end(),
                     [&](const std::string& name) { return http::equal_ignoring_case(name, *host); });
}

Response Authenticator::misdirected(const Knock& knock) {
  ++failures_.at(static_cast<std::size_t>(AuthFailure::host));
  tell(AuthFailure::host, {}, knock);
  nlohmann::json details;
  details["reason"] = to_string(AuthFailure::host);
  return http::error_response(421, explain(AuthFailure::host), details.dump());
}

Response Authenticator::refuse(AuthFailure failure, std::string_view prefix, const Knock& knock) {
  const auto now = now_();
  const std::string peer = network_of(knock.peer.address);
  const auto wait = peers_.wait({}, peer, now);
  const bool throttled = wait > base::Clock::duration::zero();
  if (throttled) failure = AuthFailure::throttled;
  ++failures_.at(static_cast<std::size_t>(failure));
  if (!throttled) {
    peers_.take({}, peer, now);
    tell(failure, prefix, knock);
  }
  nlohmann::json details;
  details["reason"] = to_string(failure);
  Response response = http::error_response(throttled ? 429 : 401, explain(failure), details.dump());
  if (throttled) {
    const double seconds = std::ceil(std::chrono::duration<double>(wait).count());
    response.headers.push_back(
        Header{"Retry-After", std::to_string(static_cast<int>(std::clamp(seconds, 1.0, 3600.0)))});
  } else {
    // RFC 6750: no error code where nothing was presented.
    const bool bare = failure == AuthFailure::missing;
    response.headers.push_back(
        Header{"WWW-Authenticate",
               bare ? "Bearer realm=\"sallyport\"" : "Bearer realm=\"sallyport\", error=\"invalid_token\""});
  }
  return response;
}

/// Never the secret; of a key that is none, nothing at all.
void Authenticator::tell(AuthFailure failure, std::string_view prefix, const Knock& knock) {
  const auto now = now_();
  if (lines_.wait({}, {}, now) > base::Clock::duration::zero()) {
    ++untold_;
    return;
  }
  lines_.take({}, {}, now);
  std::string message =
      std::string(to_string(failure)) + ": " + knock.peer.address + ", " + std::string(knock.route);
  if (!prefix.empty()) message += ", key " + std::string(prefix);
  if (failure == AuthFailure::scope) message += ", needs " + std::string(to_string(knock.scope));
  if (untold_ > 0) message += "; " + std::to_string(untold_) + " more before it were not logged";
  untold_ = 0;
  log_.write(Severity::warning, "authentication_failed", message);
}

}  // namespace sallyport::broker::keys

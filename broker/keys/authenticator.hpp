// The gate in front of the routes: who sends a request, by its API key.
#pragma once

#include "base/deadline.hpp"
#include "broker/admission/rate_limiter.hpp"
#include "broker/event_log.hpp"
#include "broker/http/gatekeeper.hpp"
#include "broker/keys/key_ring.hpp"
#include "config/config.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::keys {

/// Why a request was not let in.
enum class AuthFailure {
  missing,    ///< No key came with it.
  malformed,  ///< What came is not a key.
  unknown,
  expired,
  revoked,
  scope,      ///< The key may not do this.
  throttled,  ///< Failed as well, and its address has failed too often lately.
  host        ///< Came without a key, which nobody needs, under a name that is not ours.
};
inline constexpr std::size_t kAuthFailures = 8;
/// "missing": for metrics and answers.
[[nodiscard]] std::string_view to_string(AuthFailure failure);

/// Takes the key of `Authorization: Bearer` or `X-Api-Key`. Where there are no keys and none is required,
/// everybody is let in as the caller without a key.
///
/// What protects a broker without keys is that only this host reaches it. A web page of anybody's can have a
/// browser on this host reach it too, by a name of its own that it lets resolve to a loopback address (DNS
/// rebinding), and then reads the answers. The field Host then has that name: where no key is needed, only
/// this host's own and the operator's are served. Not asked of the Unix socket, and not of who sends no Host,
/// which no browser does.
///
/// An address that fails more often than `keys.max_failures_per_minute` gets 429 in place of 401, and no log
/// line any more. A right key is let in from there all the same: behind one address there may be many
/// clients, and a guess has no chance anyway, so this bounds noise, not guessing.
///
/// Thread-safety: the executor's one thread.
class Authenticator final : public http::Gatekeeper {
 public:
  using Now = std::function<base::Clock::time_point()>;
  using WallNow = std::function<UtcTime()>;

  /// `ring` and `log` must outlive it. `required`: nobody is let in without a key even if there are none.
  /// `host_names`: what the field Host may hold beside the names of this host.
  Authenticator(const config::Keys& config, bool required, std::vector<std::string> host_names, KeyRing& ring,
                EventLog& log, Now now = base::Clock::now, WallNow wall_now = base::utc_now);

  [[nodiscard]] std::variant<std::shared_ptr<const Caller>, http::Response> admit(
      const http::Knock& knock) override;

  /// For the metrics.
  [[nodiscard]] std::uint64_t failures(AuthFailure failure) const {
    return failures_.at(static_cast<std::size_t>(failure));
  }

 private:
  [[nodiscard]] bool is_our_name(const http::Knock& knock) const;
  http::Response misdirected(const http::Knock& knock);
  http::Response refuse(AuthFailure failure, std::string_view prefix, const http::Knock& knock);
  void tell(AuthFailure failure, std::string_view prefix, const http::Knock& knock);

  bool required_;
  std::vector<std::string> host_names_;
  KeyRing& ring_;
  EventLog& log_;
  Now now_;
  WallNow wall_now_;
  RateLimiter peers_;
  RateLimiter lines_;  // Of the log, from all addresses together.
  std::uint64_t untold_ = 0;
  std::array<std::uint64_t, kAuthFailures> failures_{};
};

}  // namespace sallyport::broker::keys

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

namespace sallyport::broker::keys {

/// Why a request was not let in.
enum class AuthFailure {
  missing,    ///< No key came with it.
  malformed,  ///< What came is not a key.
  unknown,
  expired,
  revoked,
  scope,     ///< The key may not do this.
  throttled  ///< Failed as well, and its address has failed too often lately.
};
inline constexpr std::size_t kAuthFailures = 7;
/// "missing": for metrics and answers.
[[nodiscard]] std::string_view to_string(AuthFailure failure);

/// Takes the key of `Authorization: Bearer` or `X-Api-Key`. Where there are no keys and none is required,
/// everybody is let in as the caller without a key.
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
  Authenticator(const config::Keys& config, bool required, KeyRing& ring, EventLog& log,
                Now now = base::Clock::now, WallNow wall_now = base::utc_now);

  [[nodiscard]] std::variant<std::shared_ptr<const Caller>, http::Response> admit(
      const http::Knock& knock) override;

  /// For the metrics.
  [[nodiscard]] std::uint64_t failures(AuthFailure failure) const {
    return failures_.at(static_cast<std::size_t>(failure));
  }

 private:
  http::Response refuse(AuthFailure failure, std::string_view prefix, const http::Knock& knock);
  void tell(AuthFailure failure, std::string_view prefix, const http::Knock& knock);

  bool required_;
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

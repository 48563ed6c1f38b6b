// Who sent a request, and what they may do.
#pragma once

#include "broker/scope.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker {

/// Limits that no configured ceiling is above: a key with them has those of the configuration.
[[nodiscard]] inline config::SandboxLimits no_ceilings() {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  constexpr double highest = std::numeric_limits<double>::infinity();
  config::SandboxLimits limits;
  limits.timeout_seconds = highest;
  limits.max_cpu_seconds = highest;
  limits.max_memory_mb = most;
  limits.max_output_bytes = most;
  limits.cpus = highest;
  limits.max_processes = most;
  limits.max_file_mb = most;
  limits.enable_network = true;
  limits.max_artifacts = most;
  limits.max_artifact_bytes = most;
  return limits;
}

/// What all requests of one key together may take. Beyond: 429.
struct KeyLimits {
  double rate_per_minute = 0;          ///< 0: what `limits.key_rate_per_minute` says.
  std::uint64_t burst = 10;            ///< Of the key's own rate, at once.
  std::uint64_t requests_per_day = 0;  ///< Within 24 hours from the first on; 0: any number.

  bool operator==(const KeyLimits&) const = default;
};

/// One caller, known by an API key. A default-made one is whoever needs no key, on this host alone, where the
/// operator has made none: it may do all that the configuration permits. A key only ever takes away from
/// that.
struct Caller {
  std::string key_id;  ///< Stays the same when the key's secret is rotated. Empty: no key was needed.
  double weight = 1;   ///< The key's share beside those of other keys; above 0.
  Scopes scopes = Scopes::all();
  config::SandboxLimits ceilings = no_ceilings();  ///< The most that a request may ask for.
  std::optional<std::vector<std::string>>
      policies;  ///< That requests may name; the default one too has to be among them. None: all.
  config::Switches may_switch_off;
  KeyLimits limits;
  bool may_call_back = true;  ///< Whether a request may name a URL that is called with its result.
};

/// The one who needs no key; the same object each time.
[[nodiscard]] inline const std::shared_ptr<const Caller>& nobody() {
  static const auto caller = std::make_shared<const Caller>();
  return caller;
}

}  // namespace sallyport::broker

// One API key, as the key file has it.
#pragma once

#include "base/utc_time.hpp"
#include "broker/caller.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker::keys {

using base::UtcTime;

/// A secret by its salted hash. A key has one, and while it is being rotated the former one too.
struct KeySecret {
  std::string prefix;  ///< "sp_1a2b3c4d": the visible beginning, by which the secret is found.
  std::string salt;    ///< 32 hexadecimal digits.
  std::string digest;  ///< SHA-256 of salt and secret, in hexadecimal.
  UtcTime created{};
  std::optional<UtcTime> expires;  ///< The end of a rotation's overlap.
};

struct Key {
  std::string name;  ///< The operator's own word for it.
  UtcTime created{};
  std::optional<UtcTime> expires;
  std::optional<UtcTime> revoked;
  std::vector<KeySecret> secrets;  ///< The newest last.
  /// Whom a request with this key is from; never null. Its `key_id` is the key's.
  std::shared_ptr<const Caller> caller = std::make_shared<Caller>();

  [[nodiscard]] bool usable(UtcTime now) const { return !revoked && (!expires || now < *expires); }
};

inline constexpr std::size_t kMaxKeys = 10'000;    ///< In one file.
inline constexpr std::size_t kMaxSecrets = 4;      ///< Of one key: rotations whose overlaps overlap.
inline constexpr std::size_t kMaxNameBytes = 128;  ///< Of a key's name.
inline constexpr std::size_t kMaxPolicies = 64;    ///< That one key lists.

}  // namespace sallyport::broker::keys

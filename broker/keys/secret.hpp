// The secret text of an API key, and what is kept of it.
#pragma once

#include "broker/keys/key.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker::keys {

/// "sp_", 8 hexadecimal digits that may be shown, "_", 64 that are the secret: 256 random bits.
/// docs/adr/0015-api-keys.md says why a plain salted hash of these is enough.
struct NewSecret {
  std::string token;  ///< To be shown once and kept nowhere.
  KeySecret kept;
};
/// Throws std::system_error where the kernel gives no random bytes.
[[nodiscard]] NewSecret make_secret(UtcTime now);

/// The visible prefix of a text of the right form; none for any other.
[[nodiscard]] std::optional<std::string_view> prefix_of(std::string_view token);

/// Whether the token is the one that this was made of. Takes the same time whatever it is. Must have the
/// right form.
[[nodiscard]] bool matches(const KeySecret& kept, std::string_view token);

/// "key_" and 12 random hexadecimal digits.
[[nodiscard]] std::string new_key_id();

inline constexpr std::size_t kPrefixBytes = 3 + 8;
inline constexpr std::size_t kTokenBytes = kPrefixBytes + 1 + 64;

}  // namespace sallyport::broker::keys

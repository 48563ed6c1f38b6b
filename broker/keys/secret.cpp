#include "broker/keys/secret.hpp"

#include "base/hex.hpp"
#include "base/secret_bytes.hpp"
#include "base/sha256.hpp"

namespace sallyport::broker::keys {
namespace {

constexpr std::string_view kMark = "sp_";

std::string digest_of(std::string_view salt, std::string_view token) {
  std::string text(salt);
  text += token;
  return base::sha256_hex(text);
}

}  // namespace

NewSecret make_secret(UtcTime now) {
  NewSecret made;
  made.kept.prefix = std::string(kMark) + base::to_hex(base::random_bytes(4));
  made.kept.salt = base::to_hex(base::random_bytes(16));
  made.token = made.kept.prefix + "_" + base::to_hex(base::random_bytes(32));
  made.kept.digest = digest_of(made.kept.salt, made.token);
  made.kept.created = now;
  return made;
}

std::optional<std::string_view> prefix_of(std::string_view token) {
  if (token.size() != kTokenBytes || !token.starts_with(kMark) || token[kPrefixBytes] != '_') {
    return std::nullopt;
  }
  if (!base::is_hex(token.substr(kMark.size(), 8)) || !base::is_hex(token.substr(kPrefixBytes + 1))) {
    return std::nullopt;
  }
  return token.substr(0, kPrefixBytes);
}

bool matches(const KeySecret& kept, std::string_view token) {
  const std::string digest = digest_of(kept.salt, token);
  // An empty one comes from a crypto library that refuses; it must not be the same as an empty one in a file.
  return !digest.empty() && base::equal_in_constant_time(digest, kept.digest);
}

std::string new_key_id() {
  return "key_" + base::to_hex(base::random_bytes(6));
}

}  // namespace sallyport::broker::keys

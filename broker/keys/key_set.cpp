#include "broker/keys/key_set.hpp"

#include "broker/keys/secret.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::broker::keys {

KeySet::KeySet(std::vector<Key> keys) : keys_(std::move(keys)) {
  for (const Key& key : keys_) {
    for (const KeySecret& secret : key.secrets) by_prefix_.emplace(secret.prefix, Place(&key, &secret));
  }
}

std::variant<std::shared_ptr<const Caller>, KeyRefusal> KeySet::check(std::string_view token,
                                                                      UtcTime now) const {
  static const KeySecret kNobody = make_secret(UtcTime()).kept;
  const auto found = by_prefix_.find(token.substr(0, kPrefixBytes));
  const bool known = found != by_prefix_.end();
  const bool right = matches(known ? *found->second.second : kNobody, token);
  if (!known || !right) return KeyRefusal::unknown;
  const auto& [key, secret] = found->second;
  if (key->revoked) return KeyRefusal::revoked;
  if (!key->usable(now) || (secret->expires && now >= *secret->expires)) return KeyRefusal::expired;
  return key->caller;
}

bool KeySet::any_usable(UtcTime now) const {
  return std::any_of(keys_.begin(), keys_.end(), [now](const Key& key) { return key.usable(now); });
}

std::shared_ptr<const Caller> KeySet::caller(std::string_view key_id, UtcTime now) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [key_id](const Key& key) { return key.caller->key_id == key_id; });
  if (found == keys_.end() || !found->usable(now)) return nullptr;
  return found->caller;
}

}  // namespace sallyport::broker::keys

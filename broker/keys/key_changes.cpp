#include "broker/keys/key_changes.hpp"

#include "broker/keys/secret.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::broker::keys {
namespace {

bool is_named(const Key& key, std::string_view word) {
  if (key.caller->key_id == word || key.name == word) return true;
  return std::any_of(key.secrets.begin(), key.secrets.end(),
                     [word](const KeySecret& secret) { return secret.prefix == word; });
}

/// One whose prefix no other key has: 32 bits of it are not enough to leave that to chance.
NewSecret fresh_secret(const std::vector<Key>& keys, UtcTime now) {
  for (;;) {
    NewSecret made = make_secret(now);
    const bool taken = std::any_of(keys.begin(), keys.end(),
                                   [&made](const Key& key) { return is_named(key, made.kept.prefix); });
    if (!taken) return made;
  }
}

}  // namespace

FoundKey find_key(std::vector<Key>& keys, std::string_view word) {
  FoundKey found;
  for (Key& key : keys) {
    if (!is_named(key, word)) continue;
    if (found.key != nullptr) {
      found.key = nullptr;
      found.mistake = "several keys are called \"" + std::string(word) + "\"; name it by its id";
      return found;
    }
    found.key = &key;
  }
  if (found.key == nullptr) {
    found.mistake = "there is no key \"" + std::string(word) + "\"; sallyport keys list shows all";
  }
  return found;
}

std::string add_key(std::vector<Key>& keys, Key key, UtcTime now, std::string& token) {
  if (keys.size() >= kMaxKeys) return "there are as many keys as there may be: " + std::to_string(kMaxKeys);
  if (key.name.empty() || key.name.size() > kMaxNameBytes) {
    return "the name must be of 1 to " + std::to_string(kMaxNameBytes) + " bytes";
  }
  if (std::any_of(key.name.begin(), key.name.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
    return "the name must not have control characters";
  }
  const auto same_name = [&key](const Key& other) { return !other.revoked && is_named(other, key.name); };
  if (std::any_of(keys.begin(), keys.end(), same_name)) {
    return "there is a key \"" + key.name + "\" already; rotate or revoke it, or choose another name";
  }
  NewSecret made = fresh_secret(keys, now);
  auto caller = std::make_shared<Caller>(*key.caller);
  caller->key_id = new_key_id();
  key.caller = std::move(caller);
  key.created = now;
  key.secrets = {std::move(made.kept)};
  keys.push_back(std::move(key));
  token = std::move(made.token);
  return {};
}

std::string revoke_key(std::vector<Key>& keys, std::string_view word, UtcTime now) {
  const FoundKey found = find_key(keys, word);
  if (found.key == nullptr) return found.mistake;
  if (!found.key->revoked) found.key->revoked = now;
  return {};
}

std::string rotate_key(std::vector<Key>& keys, std::string_view word, std::chrono::seconds overlap,
                       UtcTime now, std::string& token) {
  const FoundKey found = find_key(keys, word);
  if (found.key == nullptr) return found.mistake;
  Key& key = *found.key;
  if (!key.usable(now)) return "the key is revoked or has expired; create another one";
  std::erase_if(key.secrets, [now](const KeySecret& old) { return old.expires && *old.expires <= now; });
  if (key.secrets.size() >= kMaxSecrets) {
    return "the key has " + std::to_string(key.secrets.size()) +
           " secrets that still count; wait until an overlap is over, or rotate with --overlap 0s";
  }
  const UtcTime end = now + overlap;
  for (KeySecret& old : key.secrets) {
    if (!old.expires || *old.expires > end) old.expires = end;
  }
  // With no overlap they count no longer, so that there is room however often one rotates.
  std::erase_if(key.secrets, [now](const KeySecret& old) { return *old.expires <= now; });
  NewSecret made = fresh_secret(keys, now);
  key.secrets.push_back(std::move(made.kept));
  token = std::move(made.token);
  return {};
}

}  // namespace sallyport::broker::keys

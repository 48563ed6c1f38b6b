// All keys of a broker, and whose a secret is.
#pragma once

#include "broker/keys/key.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport::broker::keys {

/// Why a secret is refused. Only who knows the secret is told more than `unknown`.
enum class KeyRefusal { unknown, expired, revoked };

/// Constant once it is made: safe from any thread.
class KeySet {
 public:
  KeySet() = default;
  /// Takes them as they are; `parse_key_file` has checked them.
  explicit KeySet(std::vector<Key> keys);
  ~KeySet() = default;
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

  /// `token` must have the right form (`prefix_of`). How long it takes does not tell whether a prefix is
  /// known.
  [[nodiscard]] std::variant<std::shared_ptr<const Caller>, KeyRefusal> check(std::string_view token,
                                                                              UtcTime now) const;

  [[nodiscard]] const std::vector<Key>& keys() const { return keys_; }
  [[nodiscard]] bool any_usable(UtcTime now) const;
  /// Null where there is none, or it may not be used at that time.
  [[nodiscard]] std::shared_ptr<const Caller> caller(std::string_view key_id, UtcTime now) const;

 private:
  using Place = std::pair<const Key*, const KeySecret*>;
  std::vector<Key> keys_;
  std::map<std::string, Place, std::less<>> by_prefix_;
};

}  // namespace sallyport::broker::keys

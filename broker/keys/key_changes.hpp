// What `sallyport keys` does to the keys.
#pragma once

#include "broker/keys/key.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::keys {

/// The one that `word` names: by its id, its name or a visible prefix. What is wrong, if it names none or
/// several.
struct FoundKey {
  Key* key = nullptr;
  std::string mistake;
};
[[nodiscard]] FoundKey find_key(std::vector<Key>& keys, std::string_view word);

/// Each changes the keys and gives what is wrong; empty if nothing is, and then the token where there is a
/// new one.
[[nodiscard]] std::string add_key(std::vector<Key>& keys, Key key, UtcTime now, std::string& token);
[[nodiscard]] std::string revoke_key(std::vector<Key>& keys, std::string_view word, UtcTime now);
/// The key keeps its id and its rights; its former secrets end after `overlap`.
[[nodiscard]] std::string rotate_key(std::vector<Key>& keys, std::string_view word,
                                     std::chrono::seconds overlap, UtcTime now, std::string& token);

}  // namespace sallyport::broker::keys

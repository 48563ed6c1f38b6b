// Keys for tests.
#pragma once

#include "broker/keys/key_changes.hpp"
#include "broker/keys/key_file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sallyport::broker::keys::test {

inline constexpr UtcTime kNow{std::chrono::seconds(1'800'000'000)};

/// A key with these scopes and its token.
struct Made {
  Key key;
  std::string token;
};

inline Made make_key(const std::string& name, std::initializer_list<Scope> scopes = {Scope::execute}) {
  Key key;
  key.name = name;
  Caller caller;
  caller.scopes = Scopes();
  for (const Scope scope : scopes) caller.scopes.add(scope);
  key.caller = std::make_shared<Caller>(std::move(caller));
  std::vector<Key> all;
  Made made;
  EXPECT_EQ(add_key(all, std::move(key), kNow, made.token), "");
  made.key = all.back();
  return made;
}

/// Writes them, as the command line would.
inline void write_keys(const std::string& path, const std::vector<Key>& keys) {
  const auto change = [&keys](std::vector<Key>& all) {
    all = keys;
    return std::string();
  };
  const auto done = KeyFile(path).update(change);
  EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().message);
}

}  // namespace sallyport::broker::keys::test

// Secrets, and whose they are.
#include "broker/keys/key_set.hpp"

#include "broker/keys/secret.hpp"
#include "tests/unit/broker/keys/support.hpp"

#include <chrono>

namespace sallyport::broker::keys {
namespace {

using namespace std::chrono_literals;
using test::kNow;
using test::make_key;

/// "" for one that is let in, else why not.
std::string verdict(const KeySet& set, const std::string& token, UtcTime now) {
  const auto checked = set.check(token, now);
  if (const auto* refusal = std::get_if<KeyRefusal>(&checked)) {
    return *refusal == KeyRefusal::unknown   ? "unknown"
           : *refusal == KeyRefusal::expired ? "expired"
                                             : "revoked";
  }
  return "";
}

TEST(SecretTest, HasAFormThatCanBeRecognised) {
  const NewSecret made = make_secret(kNow);
  EXPECT_EQ(made.token.size(), kTokenBytes);
  ASSERT_TRUE(prefix_of(made.token).has_value());
  EXPECT_EQ(*prefix_of(made.token), made.kept.prefix);
  EXPECT_TRUE(matches(made.kept, made.token));
  EXPECT_FALSE(matches(made.kept, make_secret(kNow).token));
  for (const std::string& text : {std::string(), std::string("sp_"), made.token + "0", made.token.substr(1),
                                  "SP_" + made.token.substr(3), made.token.substr(0, 75) + "G"}) {
    EXPECT_FALSE(prefix_of(text).has_value()) << text;
  }
}

TEST(SecretTest, NothingOfItIsKept) {
  const NewSecret made = make_secret(kNow);
  const std::string secret = made.token.substr(kPrefixBytes + 1);
  for (const std::string& kept : {made.kept.prefix, made.kept.salt, made.kept.digest}) {
    EXPECT_EQ(kept.find(secret.substr(0, 16)), std::string::npos);
  }
}

TEST(SecretTest, TheSameSecretHasAnotherDigestUnderAnotherSalt) {
  KeySecret kept = make_secret(kNow).kept;
  const NewSecret made = make_secret(kNow);
  kept.digest = made.kept.digest;
  EXPECT_FALSE(matches(kept, made.token));
}

TEST(KeySetTest, LetsInWhoHasTheWholeSecret) {
  const auto a = make_key("a");
  const auto b = make_key("b");
  const KeySet set({a.key, b.key});
  const auto checked = set.check(a.token, kNow);
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<const Caller>>(checked));
  EXPECT_EQ(std::get<0>(checked)->key_id, a.key.caller->key_id);
  EXPECT_EQ(verdict(set, make_key("c").token, kNow), "unknown");
  EXPECT_EQ(verdict(set, a.token.substr(0, kPrefixBytes) + b.token.substr(kPrefixBytes), kNow), "unknown");
}

TEST(KeySetTest, TimesCountAndOnlyTheOwnerIsToldOfThem) {
  auto made = make_key("a");
  made.key.expires = kNow + 1h;
  {
    const KeySet set({made.key});
    EXPECT_EQ(verdict(set, made.token, kNow + 1h - 1s), "");
    EXPECT_EQ(verdict(set, made.token, kNow + 1h), "expired");
    EXPECT_TRUE(set.any_usable(kNow));
    EXPECT_FALSE(set.any_usable(kNow + 1h));
    const std::string wrong = made.token.substr(0, kPrefixBytes + 1) + std::string(64, '0');
    EXPECT_EQ(verdict(set, wrong, kNow + 1h), "unknown");
  }
  made.key.revoked = kNow;
  const KeySet set({made.key});
  EXPECT_EQ(verdict(set, made.token, kNow), "revoked");
  EXPECT_FALSE(set.any_usable(kNow));
  EXPECT_EQ(set.caller(made.key.caller->key_id, kNow), nullptr);
}

TEST(KeySetTest, FindsACallerByItsKeysId) {
  const auto made = make_key("a");
  const KeySet set({made.key});
  EXPECT_EQ(set.caller(made.key.caller->key_id, kNow), made.key.caller);
  EXPECT_EQ(set.caller("key_other", kNow), nullptr);
}

TEST(KeyChangesTest, RotationKeepsTheKeyAndBothSecretsForAWhile) {
  auto made = make_key("a");
  std::vector<Key> keys = {made.key};
  std::string second;
  ASSERT_EQ(rotate_key(keys, "a", 1h, kNow, second), "");
  const KeySet set(keys);
  EXPECT_EQ(verdict(set, made.token, kNow + 1h - 1s), "");
  EXPECT_EQ(verdict(set, made.token, kNow + 1h), "expired");
  EXPECT_EQ(verdict(set, second, kNow + 1000h), "");
  EXPECT_EQ(keys[0].caller->key_id, made.key.caller->key_id);
}

TEST(KeyChangesTest, RotationDoesNotLengthenWhatWasGoingToEnd) {
  auto made = make_key("a");
  std::vector<Key> keys = {made.key};
  std::string second;
  std::string third;
  ASSERT_EQ(rotate_key(keys, "a", 1h, kNow, second), "");
  ASSERT_EQ(rotate_key(keys, second.substr(0, kPrefixBytes), 5h, kNow, third), "");
  EXPECT_EQ(verdict(KeySet(keys), made.token, kNow + 1h), "expired");
  EXPECT_EQ(verdict(KeySet(keys), second, kNow + 1h), "");
}

TEST(KeyChangesTest, WithoutOverlapTheFormerSecretEndsAtOnce) {
  auto made = make_key("a");
  std::vector<Key> keys = {made.key};
  std::string token;
  for (int i = 0; i < 20; ++i) ASSERT_EQ(rotate_key(keys, "a", 0s, kNow, token), "");
  EXPECT_EQ(keys[0].secrets.size(), 1U);
  EXPECT_EQ(verdict(KeySet(keys), made.token, kNow), "unknown");
  EXPECT_EQ(verdict(KeySet(keys), token, kNow), "");
}

TEST(KeyChangesTest, SecretsThatStillCountAreBounded) {
  auto made = make_key("a");
  std::vector<Key> keys = {made.key};
  std::string token;
  for (std::size_t i = 1; i < kMaxSecrets; ++i) ASSERT_EQ(rotate_key(keys, "a", 1h, kNow, token), "");
  EXPECT_NE(rotate_key(keys, "a", 1h, kNow, token), "");
  EXPECT_EQ(rotate_key(keys, "a", 1h, kNow + 1h, token), "");  // The overlaps are over.
}

TEST(KeyChangesTest, NamesAreUniqueAmongThoseThatCount) {
  std::vector<Key> keys;
  std::string token;
  Key key;
  key.name = "a";
  ASSERT_EQ(add_key(keys, key, kNow, token), "");
  EXPECT_NE(add_key(keys, key, kNow, token), "");
  ASSERT_EQ(revoke_key(keys, "a", kNow), "");
  EXPECT_EQ(add_key(keys, key, kNow, token), "");
  EXPECT_NE(find_key(keys, "a").mistake, "");  // Which of the two?
  EXPECT_EQ(find_key(keys, keys[0].caller->key_id).key, &keys[0]);
  EXPECT_EQ(find_key(keys, token.substr(0, kPrefixBytes)).key, &keys[1]);
  EXPECT_NE(find_key(keys, "b").mistake, "");
  EXPECT_NE(rotate_key(keys, keys[0].caller->key_id, 1h, kNow, token), "");  // Revoked.
  key.name = "a\nb";
  EXPECT_NE(add_key(keys, key, kNow, token), "");
}

}  // namespace
}  // namespace sallyport::broker::keys

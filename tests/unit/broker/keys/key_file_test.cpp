// The key file: its text, its mode, and how the running broker follows it.
#include "broker/keys/key_file.hpp"

#include "broker/keys/key_ring.hpp"
#include "broker/keys/limit_names.hpp"
#include "broker/keys/secret.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/broker/fakes.hpp"
#include "tests/unit/broker/keys/support.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <thread>

namespace sallyport::broker::keys {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using sallyport::test::TemporaryFolder;
using test::kNow;
using test::make_key;
using test::write_keys;
using ::testing::HasSubstr;

json file_with_one_key() {
  return json::parse(key_file_text({make_key("a").key}));
}

std::string mistake_in(const json& file) {
  const auto parsed = parse_key_file(file.dump());
  return parsed ? "" : parsed.error().message;
}

TEST(KeyJsonTest, ReadsWhatItWrites) {
  auto made = make_key("django", {Scope::execute, Scope::admin});
  Caller caller = *made.key.caller;
  ASSERT_EQ(set_ceiling(caller.ceilings, "max_memory_mb", 256), "");
  ASSERT_EQ(set_ceiling(caller.ceilings, "cpus", 0.5), "");
  ASSERT_EQ(set_ceiling(caller.ceilings, "enable_network", 0), "");
  caller.policies = {"strict", "default"};
  caller.may_switch_off = config::Switches();
  caller.may_switch_off.log_executions = false;
  caller.limits.rate_per_minute = 0.5;
  caller.limits.burst = 3;
  caller.limits.requests_per_day = 1'000'000'000;
  caller.weight = 2.5;
  caller.may_call_back = true;
  made.key.caller = std::make_shared<Caller>(caller);
  made.key.expires = kNow + 24h;
  made.key.revoked = kNow;
  made.key.secrets.push_back(make_secret(kNow).kept);
  made.key.secrets[0].expires = kNow + 1h;
  const std::string text = key_file_text({made.key, make_key("b").key});
  const auto parsed = parse_key_file(text);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(key_file_text(*parsed), text);
  const Caller& read = *parsed->at(0).caller;
  EXPECT_EQ(read.ceilings.max_memory_mb, 256U);
  EXPECT_EQ(read.ceilings.timeout_seconds, no_ceilings().timeout_seconds);
  EXPECT_FALSE(read.ceilings.enable_network);
  EXPECT_EQ(read.limits, caller.limits);
  EXPECT_EQ(read.scopes, caller.scopes);
  EXPECT_TRUE(read.may_call_back);
  EXPECT_FALSE(read.may_switch_off.log_executions);
  EXPECT_TRUE(read.may_switch_off.enable_ast_validation);
  EXPECT_EQ(parsed->at(0).revoked, kNow);
}

TEST(KeyJsonTest, WhatIsShownHoldsNoDigest) {
  const auto made = make_key("a");
  const std::string shown = key_for_show(made.key, kNow);
  EXPECT_THAT(shown, HasSubstr(made.key.secrets[0].prefix));
  EXPECT_EQ(shown.find(made.key.secrets[0].digest), std::string::npos);
  EXPECT_EQ(shown.find(made.key.secrets[0].salt), std::string::npos);
}

TEST(KeyJsonTest, AnyMistakeIsNamed) {
  json file = file_with_one_key();
  EXPECT_EQ(mistake_in(file), "");
  for (const auto& [member, value] : file["keys"][0].items()) {
    json without = file;
    without["keys"][0].erase(member);
    EXPECT_THAT(mistake_in(without), HasSubstr("keys[0]." + member)) << member;
    json other = file;
    other["keys"][0][member] = json::array({json::object()});
    EXPECT_THAT(mistake_in(other), HasSubstr("keys[0]." + member)) << member;
  }
  const auto with = [&file](const std::string& member, const json& value) {
    json changed = file;
    changed["keys"][0][member] = value;
    return mistake_in(changed);
  };
  EXPECT_THAT(with("scope", 1), HasSubstr("scopes"));
  EXPECT_THAT(with("scopes", {"exec"}), HasSubstr("known: execute"));
  EXPECT_THAT(with("scopes", {"execut"}), HasSubstr("did you mean \"execute\"?"));
  EXPECT_THAT(with("scopes", json::array()), HasSubstr("scopes"));
  EXPECT_THAT(with("scopes", {"open"}), HasSubstr("not known"));
  EXPECT_THAT(with("may_switch_off", {"enable_ast"}), HasSubstr("enable_ast_validation"));
  EXPECT_THAT(with("ceilings", {{"max_memory", 1}}), HasSubstr("max_memory_mb"));
  EXPECT_THAT(with("ceilings", {{"cpus", true}}), HasSubstr("ceilings.cpus"));
  EXPECT_THAT(with("ceilings", {{"max_files", 1}}), HasSubstr("max_files"));
  EXPECT_THAT(with("ceilings", {{"max_processes", 1.5}}), HasSubstr("whole"));
  EXPECT_THAT(with("expires", "tomorrow"), HasSubstr("tomorrow"));
  EXPECT_THAT(with("weight", 0), HasSubstr("weight"));
  EXPECT_THAT(with("policies", json::array()), HasSubstr("policies"));
  json twice = file;
  twice["keys"].push_back(twice["keys"][0]);
  EXPECT_THAT(mistake_in(twice), HasSubstr("keys[1].id occurs twice"));
  twice["keys"][1]["id"] = "key_other";
  EXPECT_THAT(mistake_in(twice), HasSubstr("prefix"));
  file["version"] = 2;
  EXPECT_THAT(mistake_in(file), HasSubstr("version"));
  EXPECT_FALSE(parse_key_file("").has_value());
  EXPECT_FALSE(parse_key_file("[]").has_value());
  EXPECT_FALSE(parse_key_file(R"({"version": 1, "keys": [], "keys": []})").has_value());
}

TEST(KeyFileTest, OnlyItsOwnerMayTouchIt) {
  const TemporaryFolder folder;
  const KeyFile file(folder.path("state/keys.json"));
  EXPECT_TRUE(file.read().has_value());  // None yet.
  write_keys(file.path(), {make_key("a").key});
  struct stat status {};
  ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(file.read()->size(), 1U);
  for (const mode_t mode : {0640, 0604, 0620}) {
    ASSERT_EQ(::chmod(file.path().c_str(), mode), 0);
    const auto read = file.read();
    ASSERT_FALSE(read.has_value());
    EXPECT_THAT(read.error().message, HasSubstr("chmod 600"));
  }
}

TEST(KeyFileTest, AChangeThatIsRefusedLeavesTheFile) {
  const TemporaryFolder folder;
  const KeyFile file(folder.path("keys.json"));
  write_keys(file.path(), {make_key("a").key});
  const auto before = stamp_of(file.path());
  const auto refused = file.update([](std::vector<Key>& all) {
    all.clear();
    return std::string("no");
  });
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "no");
  EXPECT_EQ(stamp_of(file.path()), before);
}

TEST(KeyFileTest, WritersDoNotLoseEachOthersChanges) {
  const TemporaryFolder folder;
  const std::string path = folder.path("keys.json");
  const auto add_ten = [&path](const std::string& name) {
    for (int i = 0; i < 10; ++i) {
      const auto add = [&](std::vector<Key>& all) {
        Key key;
        key.name = name + std::to_string(i);
        std::string token;
        return add_key(all, key, kNow, token);
      };
      EXPECT_TRUE(KeyFile(path).update(add).has_value());
    }
  };
  std::thread other(add_ten, "a");
  add_ten("b");
  other.join();
  EXPECT_EQ(KeyFile(path).read()->size(), 20U);
}

class KeyRingTest : public ::testing::Test {
 protected:
  std::shared_ptr<const KeySet> later() {
    now_ += 1s;
    return ring_.current();
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("keys.json");
  broker::test::FakeLog log_;
  base::Clock::time_point now_ = base::Clock::now();
  KeyRing ring_{path_, log_, [this] { return now_; }};
};

TEST_F(KeyRingTest, FollowsTheFile) {
  EXPECT_EQ(ring_.load(), "");
  EXPECT_FALSE(ring_.ever_had_keys());
  auto made = make_key("a");
  write_keys(path_, {made.key});
  EXPECT_TRUE(later()->any_usable(kNow));
  EXPECT_TRUE(ring_.ever_had_keys());
  made.key.revoked = kNow;
  write_keys(path_, {made.key});
  EXPECT_FALSE(later()->any_usable(kNow));
  EXPECT_THAT(log_.lines(), ::testing::Contains(HasSubstr("keys_loaded")));
}

TEST_F(KeyRingTest, WithoutTheFileNobodyGetsInAnyMore) {
  write_keys(path_, {make_key("a").key});
  EXPECT_EQ(ring_.load(), "");
  std::filesystem::remove(path_);
  EXPECT_FALSE(later()->any_usable(kNow));
  EXPECT_TRUE(ring_.ever_had_keys());
}

TEST_F(KeyRingTest, AFileThatWentWrongLeavesTheKeysAndIsToldOfOnceAMinute) {
  write_keys(path_, {make_key("a").key});
  EXPECT_EQ(ring_.load(), "");
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(later()->any_usable(kNow));
  EXPECT_EQ(log_.lines().size(), 1U);
  EXPECT_THAT(log_.lines()[0], HasSubstr("keys_refused"));
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_TRUE(later()->any_usable(kNow));
  EXPECT_THAT(log_.lines().back(), HasSubstr("keys_loaded"));
}

TEST_F(KeyRingTest, AMistakeAtTheStartIsSaid) {
  static_cast<void>(folder_.write("keys.json", "{"));
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_THAT(ring_.load(), HasSubstr(path_));
}

}  // namespace
}  // namespace sallyport::broker::keys

#include "broker/keys/authenticator.hpp"

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/broker/fakes.hpp"
#include "tests/unit/broker/keys/support.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace sallyport::broker::keys {
namespace {

using namespace std::chrono_literals;
using http::Knock;
using http::Peer;
using http::RequestHead;
using http::Response;
using nlohmann::json;
using test::kNow;
using test::Made;
using test::make_key;
using ::testing::HasSubstr;

class AuthenticatorTest : public ::testing::Test {
 protected:
  void begin(const std::vector<Key>& keys, bool required = false) {
    const std::string path = folder_.path("keys.json");
    if (!keys.empty()) test::write_keys(path, keys);
    ring_ = std::make_unique<KeyRing>(path, log_, [this] { return now_; });
    ASSERT_EQ(ring_->load(), "");
    config_.max_failures_per_minute = 3;
    gate_ = std::make_unique<Authenticator>(
        config_, required, std::vector<std::string>{"broker.example"}, *ring_, log_, [this] { return now_; },
        [this] { return wall_; });
  }

  /// The id of the key that is let in, or the status of the refusal, which is kept in `refusal_`.
  std::string ask(std::initializer_list<http::Header> headers, Scope scope = Scope::execute,
                  const std::string& address = "192.0.2.1") {
    RequestHead head;
    head.headers = headers;
    const Peer peer{address, false};
    const Knock knock{head, "/v1/executions", scope, peer};
    auto admitted = gate_->admit(knock);
    if (auto* response = std::get_if<Response>(&admitted)) {
      refusal_ = std::move(*response);
      return std::to_string(refusal_.status);
    }
    return std::get<0>(admitted)->key_id;
  }
  std::string bearer(const std::string& token, Scope scope = Scope::execute,
                     const std::string& address = "192.0.2.1") {
    return ask({{"Authorization", "Bearer " + token}}, scope, address);
  }
  std::string header(const std::string& name) const {
    for (const http::Header& each : refusal_.headers) {
      if (each.name == name) return each.value;
    }
    return "";
  }
  std::string reason() const { return json::parse(refusal_.body)["details"]["reason"]; }

  sallyport::test::TemporaryFolder folder_;
  broker::test::FakeLog log_;
  config::Keys config_;
  base::Clock::time_point now_ = base::Clock::now();
  UtcTime wall_ = kNow;
  std::unique_ptr<KeyRing> ring_;
  std::unique_ptr<Authenticator> gate_;
  Response refusal_;
};

TEST_F(AuthenticatorTest, WithoutKeysNobodyNeedsOne) {
  begin({});
  EXPECT_EQ(ask({}), "");
  EXPECT_EQ(ask({}, Scope::admin), "");
}

/// Of a page whose name has been made to resolve to a loopback address the browser sends the name.
TEST_F(AuthenticatorTest, WithoutKeysOnlyOurNamesAreServed) {
  begin({});
  for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "127.1.2.3:80", "[::1]",
                           "[::1]:8080", "broker.example", "Broker.Example:443"}) {
    EXPECT_EQ(ask({{"Host", host}}), "") << host;
  }
  for (const char* host : {"evil.example", "evil.example:8080", "localhost.evil.example",
                           "127.0.0.1.evil.example", "10.0.0.1", "", "localhost:", "localhost:x", "[::1",
                           "[::2]", "0.0.0.0", "user@localhost", "broker.example.org"}) {
    EXPECT_EQ(ask({{"Host", host}}), "421") << host;
    EXPECT_EQ(reason(), "host");
  }
  EXPECT_EQ(gate_->failures(AuthFailure::host), 13U);
  EXPECT_EQ(ask({{"Host", "evil.example"}}, Scope::execute, "unix"), "") << "no browser gets there";
}

TEST_F(AuthenticatorTest, WithAKeyTheNameIsNoMatter) {
  const Made made = make_key("a");
  begin({made.key});
  EXPECT_EQ(ask({{"Host", "evil.example"}, {"X-Api-Key", made.token}}), made.key.caller->key_id);
  EXPECT_EQ(ask({{"Host", "evil.example"}}), "401");
}

TEST_F(AuthenticatorTest, UnlessTheyAreRequired) {
  begin({}, true);
  EXPECT_EQ(ask({}), "401");
}

TEST_F(AuthenticatorTest, FromTheFirstKeyOnEverybodyNeedsOne) {
  begin({});
  const Made made = make_key("a");
  test::write_keys(folder_.path("keys.json"), {made.key});
  now_ += 1s;
  EXPECT_EQ(ask({}), "401");
  EXPECT_EQ(bearer(made.token), made.key.caller->key_id);
  // And also after the last has gone.
  std::filesystem::remove(folder_.path("keys.json"));
  now_ += 1s;
  EXPECT_EQ(bearer(made.token), "401");
  EXPECT_EQ(ask({}), "401");
}

TEST_F(AuthenticatorTest, TakesEitherHeader) {
  const Made made = make_key("a");
  const std::string& id = made.key.caller->key_id;
  begin({made.key});
  EXPECT_EQ(bearer(made.token), id);
  EXPECT_EQ(ask({{"authorization", "bearer   " + made.token + " "}}), id);
  EXPECT_EQ(ask({{"X-API-KEY", made.token}}), id);
  EXPECT_EQ(ask({{"Authorization", "Basic eDp5"}, {"X-Api-Key", made.token}}), id);
  EXPECT_EQ(ask({{"Authorization", "Bearer"}, {"X-Api-Key", made.token}}), id);
  EXPECT_EQ(ask({{"Authorization", made.token}}), "401");
  EXPECT_EQ(reason(), "missing");
}

TEST_F(AuthenticatorTest, SaysWhyNot) {
  Made made = make_key("a");
  Made revoked = make_key("b");
  revoked.key.revoked = kNow;
  made.key.expires = kNow + 1h;
  begin({made.key, revoked.key});
  EXPECT_EQ(ask({}, Scope::execute, "192.0.2.1"), "401");
  EXPECT_EQ(reason(), "missing");
  EXPECT_EQ(header("WWW-Authenticate"), "Bearer realm=\"sallyport\"");
  EXPECT_EQ(bearer("sesame", Scope::execute, "192.0.2.2"), "401");
  EXPECT_EQ(reason(), "malformed");
  EXPECT_THAT(header("WWW-Authenticate"), HasSubstr("invalid_token"));
  EXPECT_EQ(bearer(make_key("c").token, Scope::execute, "192.0.2.3"), "401");
  EXPECT_EQ(reason(), "unknown");
  EXPECT_EQ(bearer(revoked.token, Scope::execute, "192.0.2.4"), "401");
  EXPECT_EQ(reason(), "revoked");
  EXPECT_EQ(json::parse(refusal_.body)["error_type"], "AuthenticationError");
  wall_ += 1h;
  EXPECT_EQ(bearer(made.token, Scope::execute, "192.0.2.5"), "401");
  EXPECT_EQ(reason(), "expired");
  for (const AuthFailure failure : {AuthFailure::missing, AuthFailure::malformed, AuthFailure::unknown,
                                    AuthFailure::revoked, AuthFailure::expired}) {
    EXPECT_EQ(gate_->failures(failure), 1U) << to_string(failure);
  }
}

TEST_F(AuthenticatorTest, AScopeThatIsMissingIsNamed) {
  const Made made = make_key("a", {Scope::read, Scope::validate});
  begin({made.key});
  EXPECT_EQ(bearer(made.token, Scope::read), made.key.caller->key_id);
  for (const Scope scope : {Scope::execute, Scope::metrics, Scope::admin}) {
    EXPECT_EQ(bearer(made.token, scope), "403");
    const json body = json::parse(refusal_.body);
    EXPECT_EQ(body["details"]["scope"], to_string(scope));
    EXPECT_THAT(body["message"].get<std::string>(), HasSubstr(std::string(to_string(scope))));
  }
}

TEST_F(AuthenticatorTest, TheLogHoldsNoSecret) {
  const Made made = make_key("a");
  begin({made.key});
  const std::string wrong = made.token.substr(0, 12) + std::string(64, 'b');
  bearer(wrong);
  bearer("my password", Scope::execute);
  bearer(made.token, Scope::admin);
  const auto lines = log_.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], HasSubstr(made.key.secrets[0].prefix));
  EXPECT_THAT(lines[0], HasSubstr("192.0.2.1"));
  for (const std::string& line : lines) {
    EXPECT_EQ(line.find("password"), std::string::npos);
    EXPECT_EQ(line.find(made.token.substr(12, 8)), std::string::npos);
    EXPECT_EQ(line.find("bbbb"), std::string::npos);
  }
}

TEST_F(AuthenticatorTest, AnAddressThatFailsOftenIsHeldOffAndNotLogged) {
  const Made made = make_key("a");
  begin({made.key});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bearer("x"), "401");
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(bearer("x"), "429");
  EXPECT_EQ(reason(), "throttled");
  EXPECT_GE(std::stoi(header("Retry-After")), 1);
  EXPECT_EQ(log_.lines().size(), 3U);
  EXPECT_EQ(gate_->failures(AuthFailure::throttled), 1000U);
  // Who shares the address and has a key is not locked out; nor is another address.
  EXPECT_EQ(bearer(made.token), made.key.caller->key_id);
  EXPECT_EQ(bearer("x", Scope::execute, "192.0.2.2"), "401");
  now_ += 20s;
  EXPECT_EQ(bearer("x"), "401");
}

TEST_F(AuthenticatorTest, OneNetworkOfIPv6IsOneAddress) {
  begin({make_key("a").key});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bearer("x", Scope::execute, "2001:db8:1:1::" + std::to_string(i)), "401");
  }
  EXPECT_EQ(bearer("x", Scope::execute, "2001:db8:1:1:ffff::9"), "429");
  EXPECT_EQ(bearer("x", Scope::execute, "2001:db8:1:2::1"), "401");
}

TEST_F(AuthenticatorTest, AFloodOfAddressesFloodsNeitherLogNorMemory) {
  config_.max_tracked_peers = 16;
  begin({make_key("a").key});
  for (int i = 0; i < 2000; ++i) {
    bearer("x", Scope::execute, "192.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
  }
  EXPECT_LE(log_.lines().size(), 60U);
  EXPECT_GT(gate_->failures(AuthFailure::throttled), 1900U);
}

}  // namespace
}  // namespace sallyport::broker::keys

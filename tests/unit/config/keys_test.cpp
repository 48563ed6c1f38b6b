// The table against the structs: every field is in it, once, under its own name.
#include "config/keys.hpp"

#include "tests/unit/config/support.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace sallyport::config {
namespace {

// Something that any field can be initialised with, to count the fields of an aggregate.
struct Anything {
  template <class T>
  operator T() const;  // NOLINT: never called.
};

template <class T, class... Fields>
constexpr std::size_t fields_of() {
  if constexpr (requires { T{Fields{}..., Anything{}}; }) {
    return fields_of<T, Fields..., Anything>();
  } else {
    return sizeof...(Fields);
  }
}

std::size_t keys_right_below(std::string_view section) {
  const auto all = keys();
  const auto below = [section](const Key& key) { return key.path.substr(0, key.path.rfind('.')) == section; };
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), below));
}

TEST(Keys, EveryFieldOfTheStructsIsInTheTable) {
  EXPECT_EQ(keys_right_below("server"), fields_of<Server>() - 2);  // tls, unix_socket
  EXPECT_EQ(keys_right_below("server.tls"), fields_of<Tls>());
  EXPECT_EQ(keys_right_below("server.unix_socket"), fields_of<UnixSocket>());
  EXPECT_EQ(keys_right_below("keys"), fields_of<config::Keys>());
  EXPECT_EQ(keys_right_below("engine"), fields_of<Engine>());
  EXPECT_EQ(keys_right_below("runner"), fields_of<Runner>() - 1);  // pool
  EXPECT_EQ(keys_right_below("runner.pool"), fields_of<Pool>());
  EXPECT_EQ(keys_right_below("sandbox.defaults"), fields_of<SandboxLimits>());
  EXPECT_EQ(keys_right_below("sandbox.ceilings"), fields_of<SandboxLimits>());
  EXPECT_EQ(keys_right_below("sandbox"), fields_of<Sandbox>() - 2);  // defaults, ceilings
  EXPECT_EQ(keys_right_below("admission"), fields_of<Admission>());
  EXPECT_EQ(keys_right_below("images"), fields_of<Images>());
  EXPECT_EQ(keys_right_below("log"), fields_of<Log>());
  EXPECT_EQ(keys_right_below("may_switch_off"), fields_of<Switches>());
  EXPECT_EQ(keys_right_below("instance"), fields_of<Instance>());

  std::set<std::string> roots;
  for (const auto& key : keys()) roots.insert(key.path.substr(0, key.path.find('.')));
  EXPECT_EQ(roots.size(), fields_of<Config>());
}

TEST(Keys, EachHasAFieldAPathAndAVariableOfItsOwn) {
  Config config;
  std::set<void*> fields;
  std::set<std::string> paths;
  std::set<std::string> variables;
  for (const auto& key : keys()) {
    fields.insert(std::visit([](auto* field) -> void* { return field; }, key.field(config)));
    paths.insert(key.path);
    variables.insert(variable_of(key.path));
    EXPECT_EQ(find_key(key.path), &key);
    EXPECT_EQ(find_variable(variable_of(key.path)), &key);
    EXPECT_FALSE(is_section(key.path)) << key.path;
  }
  EXPECT_EQ(fields.size(), keys().size());
  EXPECT_EQ(paths.size(), keys().size());
  EXPECT_EQ(variables.size(), keys().size());
}

TEST(Keys, SectionsStandTogether) {
  std::vector<std::string> order;
  for (const auto& key : keys()) {
    const auto section = key.path.substr(0, key.path.rfind('.'));
    if (order.empty() || order.back() != section) order.push_back(section);
  }
  EXPECT_THAT(std::set<std::string>(order.begin(), order.end()), testing::SizeIs(order.size()));
}

TEST(Keys, NumbersHaveARangeAndTextsARule) {
  Config config;
  for (const auto& key : keys()) {
    const auto field = key.field(config);
    const bool number = !std::holds_alternative<bool*>(field) && !std::holds_alternative<std::string*>(field);
    EXPECT_EQ(std::holds_alternative<Range>(key.rule), number) << key.path;
    const bool text_rule = std::holds_alternative<OneOf>(key.rule) || std::holds_alternative<Form>(key.rule);
    EXPECT_EQ(text_rule, std::holds_alternative<std::string*>(field)) << key.path;
    if (key.path.ends_with("_seconds")) {
      EXPECT_EQ(key.unit, "seconds") << key.path;
    }
    if (key.path.ends_with("_bytes")) {
      EXPECT_EQ(key.unit, "bytes") << key.path;
    }
    if (key.path.ends_with("_mb")) {
      EXPECT_EQ(key.unit, "MiB") << key.path;
    }
    EXPECT_FALSE(key.meaning.empty()) << key.path;
  }
}

TEST(Keys, VariableNames) {
  EXPECT_EQ(variable_of("server.port"), "SALLYPORT_SERVER_PORT");
  EXPECT_EQ(variable_of("engine.socket"), "SALLYPORT_ENGINE_SOCKET");
  EXPECT_EQ(variable_of("sandbox.defaults.timeout_seconds"), "SALLYPORT_SANDBOX_DEFAULTS_TIMEOUT_SECONDS");
}

TEST(Keys, NearestKey) {
  const std::pair<const char*, const char*> cases[] = {
      {"server.prot", "server.port"},
      {"server.maxBodyBytes", "server.max_body_bytes"},
      {"sever", "server"},
      {"sandbox.default", "sandbox.defaults"},
      {"sandbox.defaults.timeout", "sandbox.defaults.timeout_seconds"},
      {"sandbox.ceilings.memory_mb", "sandbox.ceilings.max_memory_mb"},
      {"sandbox.timeout_seconds", "sandbox.defaults.timeout_seconds"},  // The right name in the wrong place.
      {"port", "server.port"},
      {"sandbox.defaults.colour", ""},
      {"server.\"a b\"", ""},
      {"", ""},
      {".", ""},
      {"server.", ""},
  };
  for (const auto& [path, expected] : cases) EXPECT_EQ(nearest_key(path).value_or(""), expected) << path;
}

TEST(Keys, NearestVariable) {
  const std::pair<const char*, const char*> cases[] = {
      {"SALLYPORT_SERVER_PROT", "SALLYPORT_SERVER_PORT"},
      {"SALLYPORT_SEVER_PORT", "SALLYPORT_SERVER_PORT"},
      {"SALLYPORT_SANDBOX_DEFAULTS_TIMEOUT", "SALLYPORT_SANDBOX_DEFAULTS_TIMEOUT_SECONDS"},
      {"SALLYPORT_SANDBOX_DEFAULTS_COLOUR", ""},
      {"SALLYPORT_server_port", "SALLYPORT_SERVER_PORT"},
      {"SALLYPORT_", ""},
      {"PATH", ""},
  };
  for (const auto& [name, expected] : cases) EXPECT_EQ(nearest_variable(name).value_or(""), expected) << name;
}

TEST(Keys, SecretsAreNotShown) {
  Key key = *find_key("log.file");
  key.secret = true;
  Config config;
  config.log.file = "hunter2";
  EXPECT_EQ(value_text(key, config), "\"***\"");
}

}  // namespace
}  // namespace sallyport::config

#include "broker/keys/key_json.hpp"

#include "base/hex.hpp"
#include "broker/api/request_fields.hpp"
#include "broker/api/strict_json.hpp"
#include "broker/keys/limit_names.hpp"
#include "broker/keys/secret.hpp"
#include "config/nearest.hpp"

#include <boost/throw_exception.hpp>

#include <array>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

namespace sallyport::broker::keys {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr double kMostRequests = 1e12;

constexpr std::array<std::string_view, 2> kFileFields = {"version", "keys"};
constexpr std::array<std::string_view, 15> kKeyFields = {
    "id",      "name",          "created",         "expires",  "revoked",
    "secrets", "scopes",        "ceilings",        "policies", "may_switch_off",
    "weight",  "may_call_back", "rate_per_minute", "burst",    "requests_per_day"};
constexpr std::array<std::string_view, 5> kSecretFields = {"prefix", "salt", "digest", "created", "expires"};

/// The members of one object, each read once, all of them required.
class Reader {
 public:
  Reader(const Json& object, std::string place, Names fields) : object_(object), place_(std::move(place)) {
    if (!object.is_object()) refuse_type(place_, "an object", object);
    check_known(object, place_, fields);
  }

  [[nodiscard]] std::string place(std::string_view name) const {
    return place_.empty() ? std::string(name) : place_ + "." + std::string(name);
  }

  [[nodiscard]] const Json& get(std::string_view name) const {
    const auto found = object_.find(name);
    if (found == object_.end()) refuse_field(place(name), "is required");
    return *found;
  }

  [[nodiscard]] std::string text(std::string_view name, std::size_t most) const {
    return as_text(get(name), place(name), most);
  }

  static std::string as_text(const Json& value, const std::string& place, std::size_t most) {
    if (!value.is_string()) refuse_type(place, "a string", value);
    auto text = value.get<std::string>();
    if (text.empty() || text.size() > most) {
      refuse_field(place, "must be of 1 to " + std::to_string(most) + " bytes");
    }
    return text;
  }

  [[nodiscard]] std::string hex(std::string_view name, std::size_t digits) const {
    std::string value = text(name, digits);
    if (value.size() != digits || !base::is_hex(value)) {
      refuse_field(place(name), "must be " + std::to_string(digits) + " hexadecimal digits in lower case");
    }
    return value;
  }

  [[nodiscard]] double number(std::string_view name, double least, double most, bool whole) const {
    const Json& value = get(name);
    if (!value.is_number()) refuse_type(place(name), "a number", value);
    const auto number = value.get<double>();
    if (!(number >= least) || number > most || (whole && std::nearbyint(number) != number)) {
      refuse_field(place(name), std::string("must be a ") + (whole ? "whole " : "") + "number from " +
                                    Json(least).dump() + " to " + Json(most).dump());
    }
    return number;
  }

  [[nodiscard]] bool flag(std::string_view name) const {
    const Json& value = get(name);
    if (!value.is_boolean()) refuse_type(place(name), "a boolean", value);
    return value.get<bool>();
  }

  [[nodiscard]] UtcTime time(std::string_view name) const {
    const std::string written = text(name, 64);
    const auto time = base::parse_utc(written);
    if (!time) refuse_field(place(name), quote(written) + " is not a time like 2026-01-31T12:00:00Z");
    return *time;
  }
  [[nodiscard]] std::optional<UtcTime> time_or_null(std::string_view name) const {
    if (get(name).is_null()) return std::nullopt;
    return time(name);
  }

  [[nodiscard]] const Json& list(std::string_view name, std::size_t least, std::size_t most) const {
    const Json& value = get(name);
    if (!value.is_array()) refuse_type(place(name), "a list", value);
    if (value.size() < least || value.size() > most) {
      refuse_field(place(name),
                   "must have " + std::to_string(least) + " to " + std::to_string(most) + " entries");
    }
    return value;
  }

 private:
  const Json& object_;
  std::string place_;
};

std::string element(const std::string& place, std::size_t index) {
  return place + "[" + std::to_string(index) + "]";
}

[[noreturn]] void refuse_name(const std::string& place, const std::string& name, Names known) {
  std::string message = quote(name) + " is not known";
  if (const auto near = config::nearest(name, known))
    message += "; did you mean \"" + std::string(*near) + "\"?";
  refuse_field(place, message + "; known: " + join(known));
}

KeySecret read_secret(const Json& value, const std::string& place) {
  const Reader reader(value, place, kSecretFields);
  KeySecret secret;
  secret.prefix = reader.text("prefix", kPrefixBytes);
  if (!prefix_of(secret.prefix + "_" + std::string(64, '0'))) {
    refuse_field(reader.place("prefix"), "must be \"sp_\" and 8 hexadecimal digits");
  }
  secret.salt = reader.hex("salt", 32);
  secret.digest = reader.hex("digest", 64);
  secret.created = reader.time("created");
  secret.expires = reader.time_or_null("expires");
  return secret;
}

Scopes read_scopes(const Reader& reader) {
  Scopes scopes;
  const Json& list = reader.list("scopes", 1, kScopeNames.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string place = element(reader.place("scopes"), i);
    const std::string name = Reader::as_text(list[i], place, kMaxNameBytes);
    const auto scope = scope_from(name);
    if (!scope) refuse_name(place, name, kScopeNames);
    scopes.add(*scope);
  }
  return scopes;
}

config::SandboxLimits read_ceilings(const Reader& reader) {
  config::SandboxLimits ceilings = no_ceilings();
  const std::string place = reader.place("ceilings");
  const Json& given = reader.get("ceilings");
  if (!given.is_object()) refuse_type(place, "an object", given);
  check_known(given, place, ceiling_names());
  for (const auto& [name, value] : given.items()) {
    std::string mistake = "must be a number, or true or false";
    const bool is_flag = name == "enable_network";
    if (is_flag ? value.is_boolean() : value.is_number()) {
      mistake = set_ceiling(ceilings, name, is_flag ? double(value.get<bool>()) : value.get<double>());
    }
    if (!mistake.empty()) refuse_field(place + "." + name, mistake);
  }
  return ceilings;
}

std::optional<std::vector<std::string>> read_policies(const Reader& reader) {
  if (reader.get("policies").is_null()) return std::nullopt;
  const Json& list = reader.list("policies", 1, kMaxPolicies);
  std::vector<std::string> policies;
  for (std::size_t i = 0; i < list.size(); ++i) {
    policies.push_back(Reader::as_text(list[i], element(reader.place("policies"), i), kMaxNameBytes));
  }
  return policies;
}

config::Switches read_switches(const Reader& reader) {
  config::Switches switches;
  for (const std::string_view name : switch_names()) *find_switch(switches, name) = false;
  const Json& list = reader.list("may_switch_off", 0, switch_names().size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string place = element(reader.place("may_switch_off"), i);
    const std::string name = Reader::as_text(list[i], place, kMaxNameBytes);
    bool* const found = find_switch(switches, name);
    if (found == nullptr) refuse_name(place, name, switch_names());
    *found = true;
  }
  return switches;
}

Key read_key(const Json& value, const std::string& place) {
  const Reader reader(value, place, kKeyFields);
  Key key;
  auto caller = std::make_shared<Caller>();
  caller->key_id = reader.text("id", kMaxNameBytes);
  key.name = reader.text("name", kMaxNameBytes);
  key.created = reader.time("created");
  key.expires = reader.time_or_null("expires");
  key.revoked = reader.time_or_null("revoked");
  const Json& secrets = reader.list("secrets", 1, kMaxSecrets);
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    key.secrets.push_back(read_secret(secrets[i], element(reader.place("secrets"), i)));
  }
  caller->scopes = read_scopes(reader);
  caller->ceilings = read_ceilings(reader);
  caller->policies = read_policies(reader);
  caller->may_switch_off = read_switches(reader);
  caller->limits.rate_per_minute = reader.number("rate_per_minute", 0, 1e7, false);
  caller->limits.burst = static_cast<std::uint64_t>(reader.number("burst", 1, 1e7, true));
  caller->limits.requests_per_day =
      static_cast<std::uint64_t>(reader.number("requests_per_day", 0, kMostRequests, true));
  caller->weight = reader.number("weight", 0.01, 100, false);
  caller->may_call_back = reader.flag("may_call_back");
  key.caller = std::move(caller);
  return key;
}

std::vector<Key> read_file(const Json& root) {
  const Reader reader(root, "", kFileFields);
  if (reader.number("version", 1, 1e6, true) != kVersion) {
    refuse_field("version", "must be 1; another version of sallyport has written this file");
  }
  const Json& list = reader.list("keys", 0, kMaxKeys);
  std::vector<Key> keys;
  std::set<std::string> ids;
  std::set<std::string> prefixes;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string place = element("keys", i);
    Key key = read_key(list[i], place);
    if (!ids.insert(key.caller->key_id).second) refuse_field(place + ".id", "occurs twice");
    for (const KeySecret& secret : key.secrets) {
      if (!prefixes.insert(secret.prefix).second)
        refuse_field(place + ".secrets", "have a prefix that occurs twice");
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

OrderedJson time_json(const std::optional<UtcTime>& time) {
  return time ? OrderedJson(base::utc_text(*time)) : OrderedJson();
}

OrderedJson number_json(double value) {
  if (std::nearbyint(value) == value && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

OrderedJson permissions_json(const Caller& caller) {
  OrderedJson json;
  json["scopes"] = OrderedJson::array();
  for (const std::string_view name : kScopeNames) {
    if (caller.scopes.has(*scope_from(name))) json["scopes"].push_back(name);
  }
  json["ceilings"] = OrderedJson::object();
  for (const std::string_view name : ceiling_names()) {
    const auto ceiling = ceiling_of(caller.ceilings, name);
    if (!ceiling) continue;
    json["ceilings"][std::string(name)] =
        name == "enable_network" ? OrderedJson(*ceiling != 0) : number_json(*ceiling);
  }
  json["policies"] = caller.policies ? OrderedJson(*caller.policies) : OrderedJson();
  json["may_switch_off"] = OrderedJson::array();
  config::Switches switches = caller.may_switch_off;
  for (const std::string_view name : switch_names()) {
    if (*find_switch(switches, name)) json["may_switch_off"].push_back(name);
  }
  json["rate_per_minute"] = number_json(caller.limits.rate_per_minute);
  json["burst"] = caller.limits.burst;
  json["requests_per_day"] = caller.limits.requests_per_day;
  json["weight"] = number_json(caller.weight);
  json["may_call_back"] = caller.may_call_back;
  return json;
}

OrderedJson identity_json(const Key& key) {
  OrderedJson json;
  json["id"] = key.caller->key_id;
  json["name"] = key.name;
  json["created"] = base::utc_text(key.created);
  json["expires"] = time_json(key.expires);
  json["revoked"] = time_json(key.revoked);
  return json;
}

}  // namespace

void throw_exception_from_error(const KeyFileError& error, const boost::source_location& where) {
  boost::throw_exception(std::runtime_error(error.message), where);
}

KeyFileResult<std::vector<Key>> parse_key_file(std::string_view text) {
  JsonBounds bounds;
  bounds.max_values = 64 * kMaxKeys;
  auto document = parse_strict_json(text, bounds);
  if (document.has_error()) return KeyFileError{document.error().message};
  try {
    return read_file(document->root);
  } catch (const Refused& refused) {
    return KeyFileError{refused.error.message};
  }
}

std::string key_file_text(const std::vector<Key>& keys) {
  OrderedJson list = OrderedJson::array();
  for (const Key& key : keys) {
    OrderedJson json = identity_json(key);
    json["secrets"] = OrderedJson::array();
    for (const KeySecret& secret : key.secrets) {
      OrderedJson kept;
      kept["prefix"] = secret.prefix;
      kept["salt"] = secret.salt;
      kept["digest"] = secret.digest;
      kept["created"] = base::utc_text(secret.created);
      kept["expires"] = time_json(secret.expires);
      json["secrets"].push_back(std::move(kept));
    }
    json.update(permissions_json(*key.caller));
    list.push_back(std::move(json));
  }
  OrderedJson root;
  root["version"] = kVersion;
  root["keys"] = std::move(list);
  return root.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

std::string key_for_show(const Key& key, UtcTime now) {
  OrderedJson json = identity_json(key);
  json["state"] = state_of(key, now);
  json["secrets"] = OrderedJson::array();
  for (const KeySecret& secret : key.secrets) {
    OrderedJson shown;
    shown["prefix"] = secret.prefix;
    shown["created"] = base::utc_text(secret.created);
    shown["expires"] = time_json(secret.expires);
    json["secrets"].push_back(std::move(shown));
  }
  json.update(permissions_json(*key.caller));
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string_view state_of(const Key& key, UtcTime now) {
  if (key.revoked) return "revoked";
  return key.usable(now) ? "active" : "expired";
}

}  // namespace sallyport::broker::keys

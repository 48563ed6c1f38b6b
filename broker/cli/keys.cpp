#include "broker/cli/keys.hpp"

#include "base/utc_time.hpp"
#include "broker/cli/command_line.hpp"
#include "broker/keys/key_changes.hpp"
#include "broker/keys/key_file.hpp"
#include "broker/keys/limit_names.hpp"
#include "broker/keys/secret.hpp"
#include "broker/log/logs.hpp"
#include "config/nearest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <span>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sallyport::broker::cli {
namespace {

using keys::Key;
using keys::KeyFile;
using keys::UtcTime;
using Json = nlohmann::ordered_json;

int complain(const std::string& mistake) {
  std::cerr << "sallyport: " << mistake << "\n";
  return kFailure;
}

std::string unknown(const std::string& what, const std::string& name,
                    std::span<const std::string_view> known) {
  std::string message = what + " \"" + name + "\" is not known";
  if (const auto near = config::nearest(name, known))
    return message + "; did you mean \"" + std::string(*near) + "\"?";
  message += "; known:";
  for (const std::string_view each : known) message += " " + std::string(each);
  return message;
}

/// "max_memory_mb=256", "enable_network=false"
std::string read_ceiling(const std::string& text, config::SandboxLimits& ceilings) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) return "--ceiling " + text + ": write it as NAME=NUMBER";
  const std::string name = text.substr(0, equals);
  const std::string value = text.substr(equals + 1);
  const auto& known = keys::ceiling_names();
  if (std::find(known.begin(), known.end(), name) == known.end()) return unknown("limit", name, known);
  double number = 0;
  if (value == "true" || value == "false") {
    number = value == "true" ? 1 : 0;
  } else {
    char* end = nullptr;
    number = std::strtod(value.c_str(), &end);
    if (value.empty() || *end != '\0') return "--ceiling " + text + ": \"" + value + "\" is not a number";
  }
  const std::string mistake = keys::set_ceiling(ceilings, name, number);
  return mistake.empty() ? mistake : "--ceiling " + text + ": " + mistake;
}

/// "90d", or a point in time.
std::string read_expiry(const std::string& text, UtcTime now, std::optional<UtcTime>& expires) {
  if (text.empty()) return {};
  if (const auto duration = base::parse_duration(text)) {
    expires = now + *duration;
  } else {
    expires = base::parse_utc(text);
  }
  if (!expires) return "--expires " + text + ": write 90d, 12h or 2026-12-31T23:59:59Z";
  return *expires > now ? std::string() : "--expires " + text + ": lies in the past";
}

std::string read_permissions(const KeyOptions& options, Caller& caller) {
  caller.scopes = Scopes();
  for (const std::string& name : options.scopes) {
    const auto scope = scope_from(name);
    if (!scope) return unknown("scope", name, kScopeNames);
    caller.scopes.add(*scope);
  }
  for (const std::string& ceiling : options.ceilings) {
    if (std::string mistake = read_ceiling(ceiling, caller.ceilings); !mistake.empty()) return mistake;
  }
  if (!options.policies.empty()) caller.policies = options.policies;
  for (const std::string_view name : keys::switch_names())
    *keys::find_switch(caller.may_switch_off, name) = false;
  for (const std::string& name : options.may_switch_off) {
    bool* const found = keys::find_switch(caller.may_switch_off, name);
    if (found == nullptr) return unknown("switch", name, keys::switch_names());
    *found = true;
  }
  caller.limits.rate_per_minute = options.rate_per_minute;
  caller.limits.burst = options.burst;
  caller.limits.requests_per_day = options.requests_per_day;
  caller.weight = options.weight;
  caller.may_call_back = options.may_call_back;
  return {};
}

/// The one time that the secret is shown. On standard output, the words around it on standard error, so that
/// a script gets nothing else.
void show_secret(const Key& key, const std::string& token, bool json) {
  if (json) {
    Json shown;
    shown["id"] = key.caller->key_id;
    shown["name"] = key.name;
    shown["key"] = token;
    std::cout << shown.dump() << std::endl;
    return;
  }
  std::cerr << "key " << key.caller->key_id << " (" << key.name << "); keep this, it is not shown again:\n";
  std::cout << token << std::endl;
}

std::string time_or(const std::optional<UtcTime>& time, const char* otherwise) {
  return time ? base::utc_text(*time) : otherwise;
}

/// While it lives, root is whoever owns the folder of a file: what is made there can be used by the broker,
/// which may run as that user.
class AsFoldersOwner {
 public:
  explicit AsFoldersOwner(const std::string& path) {
    std::error_code error;
    const auto folder = std::filesystem::absolute(path, error).parent_path();
    struct stat owner {};
    if (error || ::geteuid() != 0 || ::stat(folder.c_str(), &owner) != 0) return;
    changed_ = ::setegid(owner.st_gid) == 0 && ::seteuid(owner.st_uid) == 0;
  }
  ~AsFoldersOwner() {
    if (!changed_) return;
    const bool restored = ::seteuid(0) == 0 && ::setegid(0) == 0;
    static_cast<void>(restored);
  }
  AsFoldersOwner(const AsFoldersOwner&) = delete;
  AsFoldersOwner& operator=(const AsFoldersOwner&) = delete;

 private:
  bool changed_ = false;
};

/// A change of the keys, in the audit trail; where there is none it is on record nowhere. A trail that cannot
/// be written does not keep anybody from ending a key: the command says so.
void put_on_record(const config::Config& config, log::AuditAction action, const Key& key) {
  if (config.log.audit_file.empty()) return;
  config::Log only_audit = config.log;
  only_audit.file.clear();
  const AsFoldersOwner owner(config.log.audit_file);
  const log::LogsResult logs = log::Logs::open(only_audit);
  if (!logs.logs) {
    std::cerr << "sallyport: this is not on record: " << logs.error << "\n";
    return;
  }
  std::vector<std::string> scopes;
  for (const std::string_view name : kScopeNames) {
    if (key.caller->scopes.has(*scope_from(name))) scopes.emplace_back(name);
  }
  const std::string expires = time_or(key.expires, "");
  logs.logs->audit().write(
      action, {{"key_id", key.caller->key_id},
               {"name", key.name},
               {"scopes", scopes},
               {"expires", expires.empty() ? log::FieldValue(nullptr) : log::FieldValue(expires)},
               {"by_uid", static_cast<std::uint64_t>(::getuid())}});
}

}  // namespace

int create_key(const config::Loaded& loaded, const KeyOptions& options) {
  const UtcTime now = base::utc_now();
  Key key;
  key.name = options.name;
  auto caller = std::make_shared<Caller>();
  if (std::string mistake = read_permissions(options, *caller); !mistake.empty()) return complain(mistake);
  if (std::string mistake = read_expiry(options.expires, now, key.expires); !mistake.empty()) {
    return complain(mistake);
  }
  key.caller = std::move(caller);
  std::string token;
  const KeyFile file(config::key_file_of(loaded.config));
  const auto change = [&](std::vector<Key>& all) {
    std::string mistake = keys::add_key(all, std::move(key), now, token);
    if (mistake.empty()) key = all.back();
    return mistake;
  };
  if (const auto done = file.update(change); !done) return complain(done.error().message);
  put_on_record(loaded.config, log::AuditAction::key_created, key);
  show_secret(key, token, options.json);
  return kSuccess;
}

int list_keys(const config::Loaded& loaded, const KeyOptions& options) {
  const UtcTime now = base::utc_now();
  const auto all = KeyFile(config::key_file_of(loaded.config)).read();
  if (!all) return complain(all.error().message);
  if (options.json) {
    Json list = Json::array();
    for (const Key& key : *all) list.push_back(Json::parse(keys::key_for_show(key, now)));
    std::cout << list.dump(2) << std::endl;
    return kSuccess;
  }
  for (const Key& key : *all) {
    std::string scopes;
    for (const std::string_view name : kScopeNames) {
      if (key.caller->scopes.has(*scope_from(name)))
        scopes += (scopes.empty() ? "" : ",") + std::string(name);
    }
    std::printf("%-17s %-12s %-8s %-21s %-32s %s\n", key.caller->key_id.c_str(),
                key.secrets.back().prefix.c_str(), std::string(keys::state_of(key, now)).c_str(),
                time_or(key.expires, "never expires").c_str(), scopes.c_str(), key.name.c_str());
  }
  return kSuccess;
}

int show_key(const config::Loaded& loaded, const KeyOptions& options) {
  auto all = KeyFile(config::key_file_of(loaded.config)).read();
  if (!all) return complain(all.error().message);
  const keys::FoundKey found = keys::find_key(*all, options.key);
  if (found.key == nullptr) return complain(found.mistake);
  std::cout << keys::key_for_show(*found.key, base::utc_now()) << std::endl;
  return kSuccess;
}

int revoke_key(const config::Loaded& loaded, const KeyOptions& options) {
  const KeyFile file(config::key_file_of(loaded.config));
  Key key;
  const auto change = [&](std::vector<Key>& all) {
    std::string mistake = keys::revoke_key(all, options.key, base::utc_now());
    if (mistake.empty()) key = *keys::find_key(all, options.key).key;
    return mistake;
  };
  if (const auto done = file.update(change); !done) return complain(done.error().message);
  put_on_record(loaded.config, log::AuditAction::key_revoked, key);
  std::cout << "revoked; running brokers refuse it within a second\n";
  return kSuccess;
}

int rotate_key(const config::Loaded& loaded, const KeyOptions& options) {
  const auto overlap = base::parse_duration(options.overlap);
  if (!overlap) return complain("--overlap " + options.overlap + ": write 24h, 30m or 0s");
  const KeyFile file(config::key_file_of(loaded.config));
  std::string token;
  Key key;
  const auto change = [&](std::vector<Key>& all) {
    std::string mistake = keys::rotate_key(all, options.key, *overlap, base::utc_now(), token);
    if (mistake.empty()) key = *keys::find_key(all, *keys::prefix_of(token)).key;
    return mistake;
  };
  if (const auto done = file.update(change); !done) return complain(done.error().message);
  put_on_record(loaded.config, log::AuditAction::key_rotated, key);
  show_secret(key, token, options.json);
  return kSuccess;
}

}  // namespace sallyport::broker::cli

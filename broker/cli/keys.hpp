// `sallyport keys`: makes, shows, revokes and rotates API keys.
#pragma once

#include "config/load.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker::cli {

struct KeyOptions {
  std::string key;  ///< Id, name or visible prefix of an existing one.
  bool json = false;

  // create
  std::string name;
  std::string expires;  ///< "90d", or a time; empty: never.
  std::vector<std::string> scopes = {"execute", "validate", "read"};
  std::vector<std::string> ceilings;  ///< "max_memory_mb=256"
  std::vector<std::string> policies;
  std::vector<std::string> may_switch_off;
  double rate_per_minute = 0;
  std::uint64_t burst = 10;
  std::uint64_t requests_per_day = 0;
  double weight = 1;
  bool may_call_back = false;

  // rotate
  std::string overlap = "24h";
};

int create_key(const config::Loaded& loaded, const KeyOptions& options);
int list_keys(const config::Loaded& loaded, const KeyOptions& options);
int show_key(const config::Loaded& loaded, const KeyOptions& options);
int revoke_key(const config::Loaded& loaded, const KeyOptions& options);
int rotate_key(const config::Loaded& loaded, const KeyOptions& options);

}  // namespace sallyport::broker::cli

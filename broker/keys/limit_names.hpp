// Ceilings and switches of a key by their names, for the key file and the command line.
#pragma once

#include "broker/caller.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::keys {

/// The names of the limits that a ceiling may be set for.
[[nodiscard]] const std::vector<std::string_view>& ceiling_names();
/// None where the key has no ceiling of its own. `enable_network` is 0 or 1.
[[nodiscard]] std::optional<double> ceiling_of(const config::SandboxLimits& ceilings, std::string_view name);
/// Sets it. What is wrong with name or value, for people; empty if nothing is.
[[nodiscard]] std::string set_ceiling(config::SandboxLimits& ceilings, std::string_view name, double value);

/// The names of the switches.
[[nodiscard]] const std::vector<std::string_view>& switch_names();
/// Null for a name that is none of them.
[[nodiscard]] bool* find_switch(config::Switches& switches, std::string_view name);

}  // namespace sallyport::broker::keys

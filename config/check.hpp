// What must hold between keys. Inside the module only.
#pragma once

#include "config/config.hpp"
#include "config/mistake.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace sallyport::config {

/// The mistakes in how values that are right by themselves go together. Keys in `refused` still hold a
/// default that nobody chose: what they would be compared with is left out.
std::vector<Mistake> check(const Config& config, const Sources& sources,
                           const std::set<std::string, std::less<>>& refused);

}  // namespace sallyport::config

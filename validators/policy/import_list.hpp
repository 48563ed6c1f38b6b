// What of a policy the agent in the sandbox is told: the second line against imports.
#pragma once

#include "validators/policy/rights.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::validators::policy {

// The modules that a program may import while it runs.
struct ImportList {
  std::optional<std::vector<std::string>> allowed;  // "math"; "scipy.*": all below it; nothing: anything
  std::vector<std::string> denied;                  // with all below; wins over `allowed`
};

// The list that agrees with what Rights::surface gives for the same policy and adjustments. Nothing where the
// policy does not block imports, or is off. In the order of the alphabet.
std::optional<ImportList> import_list(const Policy& policy, const Adjustments& adjustments);

}  // namespace sallyport::validators::policy

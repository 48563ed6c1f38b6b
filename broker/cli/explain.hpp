// `sallyport check --explain`: what a rule of a policy is for.
#pragma once

#include "validators/policy/policy.hpp"

#include <string>

namespace sallyport::broker::cli {

/// Prints the rule with that id, or for "all" a line for each rule. kUsage for an id that is not known.
int explain(const validators::policy::Policy& policy, const std::string& id, bool json);

}  // namespace sallyport::broker::cli

// The examples that every rule carries, held against the rule.
#pragma once

#include "validators/policy/policy.hpp"

#include <vector>

namespace sallyport::validators::policy {

// A mistake for each example of a rule that must match and does not, or must pass and does not; and for each
// rule without examples of both kinds. Time is that of checking the examples.
std::vector<PolicyMistake> check_examples(const Policy& policy);

}  // namespace sallyport::validators::policy

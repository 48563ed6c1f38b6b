// Judges a program by a policy.
#pragma once

#include "validators/policy/policy.hpp"
#include "validators/policy/rights.hpp"
#include "validators/policy/violation.hpp"
#include "validators/python/parser.hpp"
#include "validators/python/version.hpp"

#include <vector>

namespace sallyport::validators::policy {

// All of it: complexity, hidden text and the rules. In the order of the source; empty if the policy is off.
std::vector<Violation> analyse(const python::Tree& tree, const Policy& policy, const Adjustments& adjustments,
                               python::Version version);

}  // namespace sallyport::validators::policy

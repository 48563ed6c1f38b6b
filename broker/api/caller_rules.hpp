// What requests of one caller are checked against.
#pragma once

#include "broker/api/execution_request.hpp"
#include "broker/caller.hpp"

namespace sallyport::broker {

/// `rules` with everything taken away that the caller's key does not permit: ceilings are the lower of both,
/// a switch may be turned off where both say so, a policy named where both do. Defaults that are above a
/// lowered ceiling come down to it, so that a request which asks for nothing is served.
[[nodiscard]] RequestRules rules_for(const RequestRules& rules, const Caller& caller);

}  // namespace sallyport::broker

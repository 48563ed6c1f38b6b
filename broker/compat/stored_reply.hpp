// A reply that was stored as JSON, read back.
#pragma once

#include "broker/api/execution_reply.hpp"

#include <optional>
#include <string_view>

namespace sallyport::broker::compat {

/// What `outcome_of` looks at in a reply that `to_json` wrote; artifacts and notes are left out. None for
/// anything else.
[[nodiscard]] std::optional<ExecutionReply> stored_reply(std::string_view json);

}  // namespace sallyport::broker::compat

// A session as its owner sees it.
#pragma once

#include "broker/sessions/sessions.hpp"

#include <string>
#include <vector>

namespace sallyport::broker {

[[nodiscard]] std::string session_json(const SessionEntry& entry);

/// `{"sessions": [...]}`
[[nodiscard]] std::string sessions_json(const std::vector<Sessions::Pointer>& entries);

}  // namespace sallyport::broker

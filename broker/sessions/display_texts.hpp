// What a cell shows, on its way through the second door.
#pragma once

#include "broker/api/execution_reply.hpp"

#include <string>
#include <vector>

namespace sallyport::broker {

/// Takes the texts out of the result and the displays, in a fixed order; pictures stay.
[[nodiscard]] std::vector<std::string> take_display_texts(ExecutionReply& reply);

/// Puts them back, as many as were taken.
void put_display_texts(ExecutionReply& reply, std::vector<std::string> texts);

}  // namespace sallyport::broker

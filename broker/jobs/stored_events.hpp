// What can still be told of an execution by its stored result.
#pragma once

#include "broker/stream/execution_events.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

struct StoredEvent {
  EventKind kind = EventKind::violation;
  std::string data;
};

/// The events between `started` and `result` that a reader of the whole stream would have had, as far as the
/// reply tells: violations, then stdout, then stderr. How the pieces came, nobody knows any more. Nothing for
/// what is no reply.
[[nodiscard]] std::vector<StoredEvent> stored_events(std::string_view result_json);

}  // namespace sallyport::broker

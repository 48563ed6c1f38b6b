// The events of executions that somebody else runs.
#pragma once

#include "broker/http/router.hpp"
#include "broker/stream/execution_events.hpp"
#include "config/config.hpp"

#include <functional>
#include <memory>
#include <string>

namespace sallyport::broker {

/// The events of an execution of this key's; null if there is none, or it is another's: nobody can tell the
/// two apart. Called on the executor's thread.
using FindEvents =
    std::function<std::shared_ptr<ExecutionEvents>(const std::string& owner_key, const std::string& id)>;

struct EventRoutesParts {
  FindEvents find;
  /// Whom a request comes from.
  std::function<std::string(const http::Request&)> owner_key;
  config::Streaming streaming;
};

/// `GET /v1/executions/{id}/events`: all events from the first on, or from behind the one that the field
/// `Last-Event-ID` names. Readers come and go without the execution taking notice.
void add_events_routes(http::Router& router, EventRoutesParts parts);

}  // namespace sallyport::broker

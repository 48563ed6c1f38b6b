// The events of executions that outlive the request that brought them.
#pragma once

#include "broker/api_error.hpp"
#include "broker/http/router.hpp"
#include "broker/stream/execution_events.hpp"
#include "config/config.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sallyport::broker {

/// Where the route gets them. Thread-safety: the executor's one thread.
class EventSource {
 public:
  virtual ~EventSource() = default;

  /// The events of an execution of this key's, for a reader who has those up to `after`. 404: there is none,
  /// or it is another's; nobody can tell the two apart.
  virtual boost::asio::awaitable<ApiResult<std::shared_ptr<ExecutionEvents>>> find_events(
      std::string owner_key, std::string id, std::uint64_t after) = 0;

  /// Called when nothing has happened for a while: if it has happened elsewhere, the list is ended.
  virtual boost::asio::awaitable<void> look(std::string owner_key, std::string id,
                                            std::shared_ptr<ExecutionEvents> events) = 0;
};

struct EventRoutesParts {
  EventRoutesParts(EventSource& source_in, config::Streaming streaming_in)
      : source(source_in), streaming(streaming_in) {}

  EventSource& source;  ///< Must outlive the router.
  config::Streaming streaming;
  /// The key of whoever sent a request.
  std::function<std::string(const http::Request&)> owner_key;
};

/// `GET /v1/executions/{id}/events`: all events from the first on, or from behind the one that the field
/// `Last-Event-ID` names. Readers come and go without the execution taking notice.
void add_events_routes(http::Router& router, EventRoutesParts parts);

}  // namespace sallyport::broker

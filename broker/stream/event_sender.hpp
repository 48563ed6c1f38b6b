// Sends the events of an execution to one reader.
#pragma once

#include "base/deadline.hpp"
#include "broker/http/body_writer.hpp"
#include "broker/stream/event_form.hpp"
#include "broker/stream/execution_events.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

namespace sallyport::broker {

/// What one reader wants.
struct EventReader {
  EventReader(std::shared_ptr<ExecutionEvents> events_in, const EventForm& form_in,
              base::Clock::duration heartbeat_in)
      : events(std::move(events_in)), form(&form_in), heartbeat(heartbeat_in) {}

  std::shared_ptr<ExecutionEvents> events;
  const EventForm* form;
  base::Clock::duration heartbeat;  ///< Longest silence.
  std::uint64_t after = 0;          ///< The last event that the reader has.
  /// Asked after a silence, before the heartbeat, whether nothing has happened; may be empty.
  std::function<boost::asio::awaitable<void>()> look;
};

/// Sends until the list ends, the reader is gone, or a `cut` event has told why it ends before: the reader
/// has fallen behind what the list keeps, or `stop` was triggered, which is how a server that shuts down ends
/// the readers of executions that are not theirs.
boost::asio::awaitable<http::BodyEnd> send_events(EventReader reader, http::BodyWriter& writer,
                                                  std::stop_token stop);

}  // namespace sallyport::broker

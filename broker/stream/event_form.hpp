// How events are written for a client.
#pragma once

#include "broker/http/message.hpp"
#include "broker/stream/execution_events.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

/// A form in which a client can have events. The data of an event is the same JSON object in all of them.
/// Thread-safety: constant.
class EventForm {
 public:
  virtual ~EventForm() = default;
  [[nodiscard]] virtual const char* content_type() const = 0;
  virtual void append(const ExecutionEvent& event, std::string& out) const = 0;
  /// Says that the stream lives while nothing happens.
  virtual void append_heartbeat(std::string& out) const = 0;
};

/// `text/event-stream`, as the HTML standard has it. A heartbeat is a comment.
[[nodiscard]] const EventForm& server_sent_events();

/// `application/x-ndjson`: a line is `{"event", "id", "data"}`; that of a heartbeat `{"event":"heartbeat"}`.
[[nodiscard]] const EventForm& json_lines();

/// The data of an event as a JSON object on one line: `{"text": ...}` of output, of all others what they
/// hold.
[[nodiscard]] std::string event_data(const ExecutionEvent& event);

/// What an answer with events says besides its type: it is not to be stored, nor gathered by a proxy.
[[nodiscard]] std::vector<http::Header> streaming_headers();

/// The form that an Accept field asks for by its name, of several the one with the greatest weight, and of
/// these the first; null where it names neither, or `application/json` with more weight or before them.
[[nodiscard]] const EventForm* accepted_form(std::optional<std::string_view> accept);

}  // namespace sallyport::broker

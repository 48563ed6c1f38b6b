// Events as the answer to a request.
#pragma once

#include "broker/http/message.hpp"
#include "broker/stream/event_sender.hpp"

namespace sallyport::broker {

/// An answer that sends what `send_events` sends. Its reader comes and goes without the execution taking
/// notice.
[[nodiscard]] http::Response event_response(EventReader reader);

}  // namespace sallyport::broker

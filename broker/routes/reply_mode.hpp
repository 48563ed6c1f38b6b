// Whether a request waits for its result.
#pragma once

#include "broker/api/execution_request.hpp"
#include "broker/http/message.hpp"

namespace sallyport::broker {

/// The body's word, or else that of `Prefer: respond-async`.
[[nodiscard]] bool wants_async(const http::RequestHead& head, ReplyMode mode);

}  // namespace sallyport::broker

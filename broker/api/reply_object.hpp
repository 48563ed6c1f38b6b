// The reply as a JSON object, for protocols that put it into a message of their own. Private to broker: it
// shows nlohmann types.
#pragma once

#include "broker/api/execution_reply.hpp"
#include "broker/api/validation_reply.hpp"

#include <nlohmann/json.hpp>

namespace sallyport::broker {

/// Whether artifacts come with their `content_base64`.
enum class Contents { included, left_out };

[[nodiscard]] nlohmann::ordered_json reply_object(ExecutionReply reply, Contents contents);
[[nodiscard]] nlohmann::ordered_json reply_object(ValidationReply reply);

}  // namespace sallyport::broker

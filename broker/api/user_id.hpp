// `user_id` of a request, the same for every endpoint. Private to broker/api: it shows nlohmann types.
#pragma once

#include "broker/api/execution_request.hpp"

#include <nlohmann/json.hpp>

namespace sallyport::broker {

/// Of the body, an object. Ends the parse (see request_fields.hpp) where it is none.
[[nodiscard]] UserId read_user_id(const nlohmann::json& body);

}  // namespace sallyport::broker

// Errors that are kept with a job, and errors of the store as answers.
#pragma once

#include "broker/api_error.hpp"
#include "broker/store/values.hpp"

#include <string>
#include <string_view>

namespace sallyport::broker {

/// The body of the error with its status: `{"status", "error_type", "message", "details"}`.
[[nodiscard]] std::string stored_error(const ApiError& error);

/// Back from what `stored_error` wrote; 500 for anything else.
[[nodiscard]] ApiError error_from_stored(std::string_view text);

/// What a client is told when the store fails: 503. The store's own message is for operators.
[[nodiscard]] ApiError store_answer(const store::StoreError& failure);

}  // namespace sallyport::broker

// Receipts as they are kept with an idempotency key.
#pragma once

#include "broker/jobs/jobs.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker {

/// `["id", {"status": 422, ...}, ...]`
[[nodiscard]] std::string receipt_json(const Receipt& receipt);

/// None for what `receipt_json` has not written.
[[nodiscard]] std::optional<Receipt> receipt_from_json(std::string_view text);

}  // namespace sallyport::broker

// The header `Idempotency-Key`: the same request, sent again, is the same request.
#pragma once

#include "broker/api_error.hpp"
#include "broker/http/message.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker {

inline constexpr std::size_t kMaxIdempotencyKey = 255;

struct IdempotencyKey {
  std::string key;
  std::string fingerprint;  ///< Of path, way and body.
};

/// The key of a request, if it has one. `way` tells apart requests that have the same body and mean different
/// things. 400 for a key that is empty, too long, or not printable ASCII.
[[nodiscard]] ApiResult<std::optional<IdempotencyKey>> read_idempotency_key(const http::Request& request,
                                                                            std::string_view way);

}  // namespace sallyport::broker

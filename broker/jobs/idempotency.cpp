#include "broker/jobs/idempotency.hpp"

#include "base/sha256.hpp"

#include <algorithm>

namespace sallyport::broker {

ApiResult<std::optional<IdempotencyKey>> read_idempotency_key(const http::Request& request,
                                                              std::string_view way) {
  const auto given = request.head.header("Idempotency-Key");
  if (!given) return std::optional<IdempotencyKey>();
  const bool printable =
      std::all_of(given->begin(), given->end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (given->empty() || given->size() > kMaxIdempotencyKey || !printable) {
    ApiError error;
    error.status = 400;
    error.error_type = error_type_of(400);
    error.message =
        "Idempotency-Key must be 1 to " + std::to_string(kMaxIdempotencyKey) + " printable ASCII characters";
    return error;
  }
  IdempotencyKey key;
  key.key = *given;
  std::string text = request.head.path + '\n';
  text += way;
  text += '\n' + request.body;
  key.fingerprint = base::sha256_hex(text);
  return std::optional<IdempotencyKey>(std::move(key));
}

}  // namespace sallyport::broker

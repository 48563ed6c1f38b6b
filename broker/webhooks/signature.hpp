// How a receiver knows that a webhook is ours.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::broker::webhooks {

/// The value of `webhook-signature`: "v1," and the HMAC-SHA256, in base64, of "id.timestamp.body" under the
/// secret, as the Standard Webhooks specification has it. Empty if the host's crypto library refuses.
[[nodiscard]] std::string signature(std::string_view secret, std::string_view id, std::int64_t unix_seconds,
                                    std::string_view body);

}  // namespace sallyport::broker::webhooks

// What webhooks tell the metrics.
#pragma once

#include "broker/store/values.hpp"
#include "broker/webhooks/sender.hpp"

#include <array>
#include <cstdint>

namespace sallyport::broker::webhooks {

/// Of this broker, but for `kept`, which is of all that share the store, as of a few seconds ago.
struct WebhookCounts {
  std::uint64_t sending = 0;                          ///< Attempts that go on.
  std::array<std::uint64_t, kDeliveries> attempts{};  ///< By result.
  std::uint64_t taken = 0;                            ///< Deliveries that are done with.
  std::uint64_t dead = 0;                             ///< That will not be tried again.
  store::DeliveryLoad kept;
};

}  // namespace sallyport::broker::webhooks

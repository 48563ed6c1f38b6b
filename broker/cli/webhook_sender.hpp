// The sender of webhooks that the configuration asks for.
#pragma once

#include "broker/webhooks/sender.hpp"
#include "config/config.hpp"

#include <memory>
#include <string>

namespace sallyport::broker::cli {

/// Null where webhooks are off; null with a `mistake` where the secret or the networks cannot be used.
[[nodiscard]] std::unique_ptr<webhooks::Sender> make_webhook_sender(const config::Webhooks& config,
                                                                    std::string& mistake);

}  // namespace sallyport::broker::cli

// The URLs that clients may name.
#pragma once

#include <optional>
#include <string>

namespace sallyport::broker::webhooks {

/// Why a URL cannot be called back, for the client; nothing if it can as far as the text tells: `https` (or
/// `http`, where it is permitted), a host, no user or password, at most 2048 bytes. Read by the library that
/// will fetch it, so that there is no second opinion on what the host is.
[[nodiscard]] std::optional<std::string> callback_url_mistake(const std::string& url, bool allow_http);

}  // namespace sallyport::broker::webhooks

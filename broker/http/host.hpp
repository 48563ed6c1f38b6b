// Whom a client believes that it speaks with.
#pragma once

#include <optional>
#include <string_view>

namespace sallyport::broker::http {

/// The host of "host[:port]", as the field Host has it; an IPv6 address with its brackets. None if it is not
/// of that form.
[[nodiscard]] std::optional<std::string_view> host_of(std::string_view authority);

/// Whether such a host is this one whoever asks: "localhost", 127.0.0.0/8, or "[::1]". No name that somebody
/// else's DNS decides about is among them.
[[nodiscard]] bool is_this_host(std::string_view host);

}  // namespace sallyport::broker::http

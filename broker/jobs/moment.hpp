// Points in time as the API has them: RFC 3339.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker {

/// Milliseconds since 1970, of now.
[[nodiscard]] std::int64_t unix_milliseconds();

/// "2026-11-25T18:42:00.123Z"
[[nodiscard]] std::string format_moment(std::int64_t unix_milliseconds);

/// With or without a fraction, of which milliseconds count; "Z" or an offset. None for anything else.
[[nodiscard]] std::optional<std::int64_t> parse_moment(std::string_view text);

}  // namespace sallyport::broker

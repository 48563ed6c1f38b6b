// Points in time as text, in UTC and whole seconds.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::base {

using UtcTime = std::chrono::sys_seconds;

/// "2026-01-31T12:00:00Z"
[[nodiscard]] std::string utc_text(UtcTime time);

/// What `utc_text` writes, also with a fraction of a second, which is cut off, or as a date alone, which is
/// its beginning. None for anything else, dates that are none included.
[[nodiscard]] std::optional<UtcTime> parse_utc(std::string_view text);

/// "90d", "12h", "30m", "45s": a whole number and a unit; none for anything else, and beyond 100 years.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

[[nodiscard]] inline UtcTime utc_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace sallyport::base

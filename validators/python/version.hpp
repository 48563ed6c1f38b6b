// The Python versions whose grammar, wording and limits this parser knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::validators::python {

// The value is the minor number, so versions compare with < and >=.
enum class Version : std::uint8_t { v3_9 = 9, v3_10, v3_11, v3_12, v3_13, v3_14 };

inline constexpr Version oldest_version = Version::v3_9;
inline constexpr Version newest_version = Version::v3_14;

// Reads "3.11", or "3.11.2" (the micro number is not looked at). Nothing for anything else.
std::optional<Version> version_from(std::string_view text);

// "3.11".
std::string_view to_string(Version version);

}  // namespace sallyport::validators::python

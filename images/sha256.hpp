// SHA-256 (FIPS 180-4), for telling whether a recipe changed. No dependency is worth this one page.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::images {

/// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view data);

}  // namespace sallyport::images

// Base64 (RFC 4648, section 4), strict.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::base {

/// Encodes with padding and without line breaks.
[[nodiscard]] std::string base64_encode(std::string_view bytes);

/// Decodes; no value for anything that `base64_encode` would not have written: other characters, white space,
/// missing padding, or non-zero bits behind the end.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace sallyport::base

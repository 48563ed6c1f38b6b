// UTF-8: is it, and made so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::broker {

/// Offset of the first byte that is not part of well-formed UTF-8 (no surrogates, no overlong forms, nothing
/// beyond U+10FFFF), or `npos`.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view bytes);

/// Each ill-formed sequence becomes one U+FFFD, as Python's `errors="replace"` does it (the longest beginning
/// of a well-formed sequence counts as one). How many there were is added to `replaced`, unless it is null.
[[nodiscard]] std::string to_valid_utf8(std::string bytes, std::uint64_t* replaced = nullptr);

/// At most `limit` bytes of valid UTF-8 `text`, cut between characters.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t limit);

}  // namespace sallyport::broker

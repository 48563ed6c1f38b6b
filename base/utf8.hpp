// UTF-8, character by character. No Asio in here: the validators use it too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::base {

struct Character {
  std::uint32_t code = 0;  ///< U+FFFD if the bytes are no character.
  /// In bytes. Of bytes that are no character: the longest beginning of one, at least 1, which is what Python
  /// replaces by one U+FFFD.
  std::size_t size = 1;
  bool valid = true;
};

/// The first character of a text that is not empty. Well-formed is what Table 3-7 of the Unicode standard
/// says: no overlong forms, no surrogates, nothing beyond U+10FFFF.
[[nodiscard]] Character first_character(std::string_view text);

/// Where the first byte at or after `at` stands that is not ASCII; the end of the text if there is none.
[[nodiscard]] std::size_t skip_ascii(std::string_view text, std::size_t at);

}  // namespace sallyport::base

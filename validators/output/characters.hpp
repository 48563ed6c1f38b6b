// Kinds of bytes, whatever the locale. Inside the module only.
#pragma once

#include <cstddef>
#include <string_view>

namespace sallyport::validators::output {

[[nodiscard]] inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
[[nodiscard]] inline bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}
[[nodiscard]] inline bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}
[[nodiscard]] inline bool is_letter(char c) {
  return is_small(c) || is_capital(c);
}
[[nodiscard]] inline bool is_word(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}

// Whether `\b` holds between the byte before `at` and the one at it; the ends of the text are no words.
[[nodiscard]] inline bool is_boundary(std::string_view text, std::size_t at) {
  const bool before = at > 0 && is_word(text[at - 1]);
  const bool behind = at < text.size() && is_word(text[at]);
  return before != behind;
}

}  // namespace sallyport::validators::output

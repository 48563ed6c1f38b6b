#include "broker/api/utf8.hpp"

#include "base/utf8.hpp"

#include <cstdint>

namespace sallyport::broker {
std::size_t find_invalid_utf8(std::string_view bytes) {
  for (std::size_t at = base::skip_ascii(bytes, 0); at < bytes.size(); at = base::skip_ascii(bytes, at)) {
    const base::Character character = base::first_character(bytes.substr(at));
    if (!character.valid) return at;
    at += character.size;
  }
  return std::string_view::npos;
}

std::string to_valid_utf8(std::string bytes, std::uint64_t* replaced) {
  const std::size_t first = find_invalid_utf8(bytes);
  if (first == std::string_view::npos) return bytes;
  std::string text = bytes.substr(0, first);
  text.reserve(bytes.size());
  for (std::size_t at = first; at < bytes.size();) {
    const base::Character character = base::first_character(std::string_view(bytes).substr(at));
    if (character.valid) {
      text.append(bytes, at, character.size);
    } else {
      text.append("\xEF\xBF\xBD");
      if (replaced != nullptr) ++*replaced;
    }
    at += character.size;
  }
  return text;
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<std::uint8_t>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

}  // namespace sallyport::broker

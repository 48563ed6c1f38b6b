#include "broker/api/utf8_stream.hpp"

#include "base/utf8.hpp"
#include "broker/api/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace sallyport::broker {
namespace {

constexpr std::size_t kMaxBegun = 3;

/// How many bytes at the end are the beginning of a character that may still become whole.
std::size_t begun(std::string_view bytes) {
  for (std::size_t size = 1; size <= std::min(kMaxBegun, bytes.size()); ++size) {
    const std::string_view tail = bytes.substr(bytes.size() - size);
    const auto lead = static_cast<unsigned char>(tail.front());
    if (lead < 0x80) return 0;
    if (lead < 0xC0) continue;
    const base::Character character = base::first_character(tail);
    const bool can_begin = lead >= 0xC2 && lead <= 0xF4;
    return can_begin && !character.valid && character.size == size ? size : 0;
  }
  return 0;
}

}  // namespace

std::string Utf8Stream::feed(std::string_view bytes) {
  std::string all = std::move(held_);
  all.append(bytes);
  const std::size_t size = begun(all);
  held_ = all.substr(all.size() - size);
  all.resize(all.size() - size);
  return to_valid_utf8(std::move(all));
}

std::string Utf8Stream::finish() {
  return to_valid_utf8(std::exchange(held_, std::string()));
}

}  // namespace sallyport::broker

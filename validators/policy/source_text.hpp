// What a source text hides from its readers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::validators::policy {

struct HiddenText {
  std::uint32_t line = 1;
  std::uint32_t column = 0;  // in bytes, from 0
  std::uint32_t size = 0;    // in bytes
  std::string what;
};

// The first bidirectional control or tag character, or an encoding declaration other than UTF-8.
std::optional<HiddenText> find_hidden_text(std::string_view source);

}  // namespace sallyport::validators::policy

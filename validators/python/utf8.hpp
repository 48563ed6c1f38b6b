// UTF-8 as Python reads it.
#pragma once

#include "base/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::validators::python {

using base::Character;
using base::first_character;

struct InvalidUtf8 {
  std::size_t position = 0;
  // As Python tells it: "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte".
  std::string message;
};

std::optional<InvalidUtf8> find_invalid_utf8(std::string_view text);

bool is_ascii(std::string_view text);

// Surrogates too (as WTF-8): Python's strings can have them alone.
void append_utf8(std::string& text, std::uint32_t code);

// Upper case, at least `digits` long.
std::string hexadecimal(std::uint32_t value, std::size_t digits);

}  // namespace sallyport::validators::python

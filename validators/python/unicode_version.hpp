// Which characters a Python version's tables have.
#pragma once

#include "validators/python/version.hpp"

#include <cstdint>

namespace sallyport::validators::python {

// Whether the character is assigned in the Unicode version that came with this Python (as far as ICU is as
// new).
bool is_known_character(std::uint32_t code, Version version);

}  // namespace sallyport::validators::python

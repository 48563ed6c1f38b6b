// Characters by their names, for \N{...}.
#pragma once

#include "validators/python/version.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::validators::python {

// The character with this name or alias, as CPython's `unicodedata` of that version finds it: case does not
// matter, except in names that are made by rule (CJK ideographs, Hangul syllables). Thread-safe.
std::optional<std::uint32_t> character_named(std::string_view name, Version version);

}  // namespace sallyport::validators::python

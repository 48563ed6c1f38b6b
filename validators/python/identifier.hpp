// Names as Python compares them.
#pragma once

#include "validators/python/arena.hpp"
#include "validators/python/version.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::validators::python {

// NFKC, as the parser makes it of every name: fullwidth `eval` is the builtin. Points into `spelled` where
// nothing changes, and always for ASCII.
std::string_view normalised(std::string_view spelled, Arena& arena);

// The position of the first character (in bytes) that cannot stand where it stands in a name; nothing if it
// is a name. Keywords are names here. Invalid UTF-8 counts as such a character, and so does what came into
// Unicode after the version's tables.
std::optional<std::size_t> find_invalid_in_identifier(std::string_view text,
                                                      Version version = newest_version);

// str.isprintable() for one character.
bool is_printable(std::uint32_t code, Version version);

}  // namespace sallyport::validators::python

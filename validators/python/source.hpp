// From what was submitted to the text that CPython's tokenizer would read.
#pragma once

#include "validators/python/parser.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/version.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace sallyport::validators::python {

// UTF-8 without BOM, every line end as "\n", and a "\n" at the end unless it is empty; or CPython's
// complaint. Text that declares no encoding is passed on even if it is no valid UTF-8 where CPython does so
// too: the older versions look at the bytes only where they matter, so the lexer meets them.
std::variant<std::string, SyntaxError> decode(std::string_view source, SourceKind kind, Version version);

// The number of characters in UTF-8 (of invalid UTF-8, those that Python's "replace" would make of it).
std::uint32_t count_characters(std::string_view text);

// The offset of byte `column` of a line as SyntaxError has it: in characters, from 1. Columns beyond the line
// count on.
std::uint32_t character_offset(std::string_view line, std::uint32_t column);

}  // namespace sallyport::validators::python

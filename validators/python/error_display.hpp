// A syntax error as CPython's traceback shows it.
#pragma once

#include "validators/python/syntax_error.hpp"
#include "validators/python/version.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::validators::python {

// Line `number` (from 1) of a text whose lines end in "\n", without the end. Empty where there is no such
// line.
std::string_view line_of(std::string_view text, std::uint32_t number);

// The two lines between `File "...", line N` and the message: the source line without its indentation and the
// carets below, each indented by four spaces, no line end after the last. The second is missing where CPython
// shows no caret.
std::string display(const SyntaxError& error, std::string_view source_line, Version version);

}  // namespace sallyport::validators::python

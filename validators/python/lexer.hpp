// Text into tokens, as CPython's tokenizer does it.
#pragma once

#include "validators/python/token.hpp"
#include "validators/python/version.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::validators::python {

// The tokens of a decoded text (source.hpp); it must outlive them. Never throws for anything in `text`; time
// and memory are linear in its length.
//
// - `newline` begins at the line end, or at the comment before it, and ends at the line end; from 3.12 behind
//   it, as in CPython. Where the text lacks its last line end it has no width.
// - `indent` and `dedent` have no width and stand at the first token of the line, or at the end of the text;
//   there `dedent` and `end_marker` belong to the last line, as in CPython.
// - From 3.12 an f-string is fstring_start (`f"`), then fstring_middle, the tokens of the replacement fields
//   with their braces, and fstring_end. As in CPython `{{` ends a middle after its first brace, and the next
//   begins after the second: so the text of a middle is what is to be decoded, with no doubled braces in it.
//   A format specification is made of middles too, of which one may be empty.
// - `<>` is a not_equal: the parser refuses it.
Tokens lex(std::string_view text, Version version);

// The text of a line (from 1), without its line end.
std::string_view line_text(const Tokens& tokens, std::uint32_t line);

// A SyntaxError whose place is given in bytes as CPython's ast has it (columns from 0), its offsets counted
// in characters. 3.9 has no end: it is left 0 there.
SyntaxError error_at(const Tokens& tokens, Version version, ErrorType type, std::string message,
                     ast::Location place);

}  // namespace sallyport::validators::python

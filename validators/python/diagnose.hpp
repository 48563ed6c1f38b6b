// The words for a program that the parser refused: what CPython would raise, found the way that CPython finds
// it.
#pragma once

#include "validators/python/arena.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/token.hpp"
#include "validators/python/version.hpp"

#include <cstddef>
#include <cstdint>

namespace sallyport::validators::python {

enum class StartRule : std::uint8_t {
  file,     // a whole program
  fstring,  // the expression of a replacement field, in parentheses, as 3.9 to 3.11 parse it
};

// The error for tokens that the grammar of `version` refuses: type, message, place, and a hint if only a
// newer version takes the program. The parser has failed already and without an error of its own; this is the
// slow second look, a recursive descent in the order of CPython's grammar with all of its rules for likely
// mistakes. Never throws, recurses no deeper than a bound, takes time and memory linear in the number of
// tokens. What it needs for itself comes from `arena`. `from` is the token where the statement of the top
// level begins that the parser refused, or one further up: what stands before it is known to be right.
SyntaxError diagnose(const Tokens& tokens, Version version, StartRule start, Arena& arena,
                     std::size_t from = 0);

// For an error that the parser itself has found, before the end of the tokens: from 3.10 CPython reads on,
// and prefers most errors of its tokenizer. Adds the hint too.
SyntaxError rank_with_lexer_error(const Tokens& tokens, Version version, SyntaxError found);

}  // namespace sallyport::validators::python

// What is wrong with a number that the lexer took.
#pragma once

#include "validators/python/version.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::validators::python {

enum class NumberKind : std::uint8_t { integer, floating, imaginary };

NumberKind kind_of_number(std::string_view literal);

// CPython's message if a decimal integer has more digits than it converts (4300), for a SyntaxError over the
// literal.
std::optional<std::string> check_digit_limit(std::string_view literal, Version version);

}  // namespace sallyport::validators::python

// How many nested rules of CPython's grammar a construct costs: measured on its parsers, which agree from 3.9
// to 3.14 but for one level. See max_level.
#pragma once

#include <cstdint>

namespace sallyport::validators::python::detail {

// Each nested one:
inline constexpr std::uint32_t levels_of_lambda = 2;
inline constexpr std::uint32_t levels_of_lambda_default = 6;
inline constexpr std::uint32_t levels_of_conditional = 1;
inline constexpr std::uint32_t levels_of_not = 1;
inline constexpr std::uint32_t levels_of_unary = 1;
inline constexpr std::uint32_t levels_of_power = 2;
inline constexpr std::uint32_t levels_of_parenthesis = 28;
inline constexpr std::uint32_t levels_of_display = 29;
inline constexpr std::uint32_t levels_of_trailer = 24;
inline constexpr std::uint32_t levels_of_elif = 1;
inline constexpr std::uint32_t levels_of_block = 6;

// From the file to the name or literal in it, and the same for what an `elif` has more.
inline constexpr std::uint32_t levels_of_expression = 31;
inline constexpr std::uint32_t levels_of_branch = 34;

}  // namespace sallyport::validators::python::detail

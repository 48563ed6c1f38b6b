// The type that an expression certainly has, by the name that CPython's warnings use.
#pragma once

#include "validators/python/ast.hpp"
#include "validators/python/version.hpp"

#include <string_view>

namespace sallyport::validators::python::checks {

// Empty where it cannot be told without running the program.
std::string_view literal_type(const ast::Expr& node);

// A literal, or a tuple of them.
bool is_constant(const ast::Expr& node);

// The type of what CPython has made a constant by the time that it warns: literals but for None, True, False
// and `...`; tuples of constants; before 3.14 signed numbers too. Empty for anything else.
std::string_view constant_type(const ast::Expr& node, Version version);

}  // namespace sallyport::validators::python::checks

// Values as Python's `repr` writes them.
#pragma once

#include "validators/python/ast.hpp"
#include "validators/python/version.hpp"

#include <string>
#include <string_view>

namespace sallyport::validators::python {

// Each appends to `text`. Strings are UTF-8, with lone surrogates encoded as if they were characters; which
// characters are printable depends on the version's Unicode.
void append_repr_of_string(std::string& text, std::string_view value, Version version);
void append_repr_of_bytes(std::string& text, std::string_view value);
// Numbers are literals of a program.
void append_repr_of_integer(std::string& text, std::string_view literal);
void append_repr_of_float(std::string& text, std::string_view literal);
void append_repr_of_imaginary(std::string& text, std::string_view literal);
void append_repr(std::string& text, const ast::Constant& constant, Version version);

}  // namespace sallyport::validators::python

// What CPython refuses after parsing: scopes, misplaced statements, `from __future__`, star expressions,
// patterns.
#pragma once

#include "validators/python/ast.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/version.hpp"

#include <optional>
#include <vector>

namespace sallyport::validators::python {

// The first complaint that CPython's symbol table and compiler raise for a program that its parser takes, or
// nothing. Warnings that the compiler gives on its way are added to `warnings`. Offsets are
// CPython's here: bytes. Recursion is bounded as CPython's is; time is linear. Thread-safe.
std::optional<SyntaxError> compile_checks(const ast::Module& module, Version version,
                                          std::vector<SyntaxWarning>& warnings);

}  // namespace sallyport::validators::python

// Finds the binding of every name declared `nonlocal`.
#pragma once

#include "validators/python/compile_checks/report.hpp"
#include "validators/python/compile_checks/symbol_table.hpp"

namespace sallyport::validators::python::checks {

bool analyse_scopes(const SymbolTable& table, Report& report);

}  // namespace sallyport::validators::python::checks

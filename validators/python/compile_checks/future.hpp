// `from __future__ import ...`: which features are switched on, and where the last such statement stands.
#pragma once

#include "validators/python/ast.hpp"
#include "validators/python/compile_checks/report.hpp"

namespace sallyport::validators::python::checks {

struct Future {
  bool annotations = false;
  // Future statements after this one are late. Line 0: there is none.
  ast::Location last_statement;
};

// False after an error: a feature that does not exist.
bool read_future(const ast::Module& module, Report& report, Future& future);

// Whether the statement imports from __future__ too late.
bool is_late_future(const ast::ImportFrom& statement, const Future& future, Version version);

inline constexpr const char* late_future_message =
    "from __future__ imports must occur at the beginning of the file";

}  // namespace sallyport::validators::python::checks

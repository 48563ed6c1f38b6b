#include "validators/python/compile_checks.hpp"

#include "validators/python/compile_checks/code_pass.hpp"
#include "validators/python/compile_checks/future.hpp"
#include "validators/python/compile_checks/report.hpp"
#include "validators/python/compile_checks/scope_analysis.hpp"
#include "validators/python/compile_checks/symbol_pass.hpp"
#include "validators/python/compile_checks/symbol_table.hpp"

namespace sallyport::validators::python {
namespace {

// Kept from program to program by each thread, so that small programs cost no allocation.
struct Workspace {
  checks::SymbolTable table;
  checks::ScopeFacts facts;
};

bool check(const ast::Module& module, checks::Report& report) {
  thread_local Workspace workspace;
  workspace.table.clear();
  workspace.facts.clear();

  checks::Future future;
  if (!checks::read_future(module, report, future)) {
    return false;
  }
  if (!checks::SymbolPass(workspace.table, workspace.facts, report, future).run(module)) {
    return false;
  }
  workspace.facts.seal();
  return checks::analyse_scopes(workspace.table, report) &&
         checks::CodePass(workspace.facts, report, future).run(module);
}

}  // namespace

std::optional<SyntaxError> compile_checks(const ast::Module& module, Version version,
                                          std::vector<SyntaxWarning>& warnings) {
  checks::Report report(version, warnings);
  check(module, report);
  return report.take_error();
}

}  // namespace sallyport::validators::python

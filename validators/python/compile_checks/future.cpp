#include "validators/python/compile_checks/future.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace sallyport::validators::python::checks {
namespace {

constexpr std::array<std::string_view, 10> features = {
    "nested_scopes",  "generators",       "division",       "absolute_import", "with_statement",
    "print_function", "unicode_literals", "barry_as_FLUFL", "generator_stop",  "annotations"};

constexpr std::size_t longest_name_shown = 100;

// 3.13 points at the name, its forerunners at the start of the statement with an end that is half unknown.
bool refuse_feature(const ast::ImportFrom& statement, const ast::Alias& alias, Report& report,
                    std::string message) {
  if (report.version() >= Version::v3_13) {
    return report.refuse(alias.location, std::move(message));
  }
  const ast::Location& where = statement.location;
  return report.refuse(where.line, where.column + 1, where.line, 0, std::move(message));
}

bool read_features(const ast::ImportFrom& statement, Report& report, Future& future) {
  for (const ast::Alias* alias : statement.names) {
    if (alias->name == "annotations") {
      future.annotations = true;
    }
    if (std::find(features.begin(), features.end(), alias->name) != features.end()) {
      continue;
    }
    if (alias->name == "braces") {
      return refuse_feature(statement, *alias, report, "not a chance");
    }
    return refuse_feature(
        statement, *alias, report,
        "future feature " + std::string(alias->name.substr(0, longest_name_shown)) + " is not defined");
  }
  return true;
}

bool is_docstring(const ast::Stmt& statement) {
  const auto* expression = ast::as<ast::ExprStmt>(&statement);
  if (expression == nullptr) {
    return false;
  }
  const auto* constant = ast::as<ast::Constant>(expression->value);
  return constant != nullptr && constant->value_kind == ast::ConstantKind::Str;
}

bool is_future(const ast::ImportFrom& statement, Version version) {
  // Before 3.13, `from .__future__ import x` counts.
  return statement.module == "__future__" && (statement.level == 0 || version < Version::v3_13);
}

}  // namespace

bool read_future(const ast::Module& module, Report& report, Future& future) {
  const Version version = report.version();
  std::size_t index = !module.body.empty() && is_docstring(*module.body[0]) ? 1 : 0;
  // Before 3.12 the rest of the line is looked at after the statement that ended the run of future
  // statements.
  bool done = false;
  std::uint32_t line = 0;
  for (; index < module.body.size(); ++index) {
    const ast::Stmt& statement = *module.body[index];
    if (done && (version >= Version::v3_12 || statement.location.line > line)) {
      return true;
    }
    line = statement.location.line;
    const auto* import = ast::as<ast::ImportFrom>(&statement);
    if (import == nullptr || !is_future(*import, version)) {
      done = true;
      continue;
    }
    if (done) {
      // Its offset is one short.
      return report.refuse(line, statement.location.column, line, 0, late_future_message);
    }
    if (!read_features(*import, report, future)) {
      return false;
    }
    future.last_statement = statement.location;
  }
  return true;
}

bool is_late_future(const ast::ImportFrom& statement, const Future& future, Version version) {
  if (statement.module != "__future__") {
    return false;
  }
  if (statement.level != 0 && version >= Version::v3_13) {
    return false;
  }
  const ast::Location& where = statement.location;
  const ast::Location& last = future.last_statement;
  if (version < Version::v3_12) {
    return last.line == 0 || where.line > last.line;
  }
  return where.line > last.line || (where.line == last.line && where.column > last.column);
}

}  // namespace sallyport::validators::python::checks

#include "broker/first_door.hpp"

#include "validators/syntax_validator.hpp"

#include <utility>

namespace sallyport::broker {
namespace {

namespace python = validators::python;

CodeVerdict unknown_version(std::string_view version) {
  CodeVerdict verdict;
  verdict.passed = false;
  verdict.error_message = "syntax validation knows Python " + std::string(to_string(python::oldest_version)) +
                          " to " + std::string(to_string(python::newest_version)) +
                          ", but the image has Python " + std::string(version);
  return verdict;
}

ValidationViolation warning_violation(const python::SyntaxWarning& warning) {
  ValidationViolation violation;
  violation.type = "syntax";
  violation.rule = warning.category;
  violation.severity = "low";
  violation.message = warning.message;
  violation.line = static_cast<int>(warning.line);
  return violation;
}

}  // namespace

CodeVerdict PythonSyntaxDoor::check(std::string_view code, std::string_view python_version) const {
  const auto version =
      python_version.empty() ? std::optional(python::newest_version) : python::version_from(python_version);
  if (!version) return unknown_version(python_version);

  validators::SyntaxValidationResult result = validators::SyntaxValidator().validate(code, *version);
  CodeVerdict verdict;
  verdict.passed = result.is_valid;
  if (!result.is_valid) {
    ValidationViolation violation;
    violation.type = "syntax";
    violation.rule = result.error_type;
    violation.severity = "high";
    violation.message = result.error_message;
    violation.line = static_cast<int>(result.line_number);
    violation.column = static_cast<int>(result.column);
    violation.end_line = static_cast<int>(result.end_line_number);
    violation.end_column = static_cast<int>(result.end_column);
    violation.hint = result.hint;
    verdict.error_message = result.error_type + ": " + result.error_message;
    if (result.line_number > 0) verdict.error_message += " (line " + std::to_string(result.line_number) + ")";
    if (!result.display.empty()) verdict.error_message += "\n" + result.display;
    verdict.violations.push_back(std::move(violation));
  }
  for (const python::SyntaxWarning& warning : result.warnings) {
    verdict.violations.push_back(warning_violation(warning));
  }
  return verdict;
}

}  // namespace sallyport::broker

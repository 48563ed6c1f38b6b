#include "broker/first_door.hpp"

#include "validators/ast_validator.hpp"
#include "validators/policy/import_list.hpp"
#include "validators/syntax_validator.hpp"

#include <utility>

namespace sallyport::broker {
namespace {

namespace python = validators::python;
namespace policy = validators::policy;

/// The most violations that the error message spells out; the list has them all.
constexpr std::size_t kMaxShown = 10;

void refuse_version(std::string_view version, CodeVerdict& verdict) {
  verdict.passed = false;
  verdict.error_message = "the validators know Python " + std::string(to_string(python::oldest_version)) +
                          " to " + std::string(to_string(python::newest_version)) +
                          ", but the image has Python " + std::string(version);
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

void take_up(validators::SyntaxValidationResult result, CodeVerdict& verdict) {
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
    verdict.error_line = violation.line;
    verdict.violations.push_back(std::move(violation));
  }
  for (const python::SyntaxWarning& warning : result.warnings) {
    verdict.violations.push_back(warning_violation(warning));
  }
}

void take_up(validators::ASTValidationResult result, const CodeQuestion& question, CodeVerdict& verdict) {
  verdict.passed = result.is_valid;
  std::size_t blocking = 0;
  std::string shown;
  for (policy::Violation& found : result.violations) {
    if (found.action == policy::Action::block && ++blocking <= kMaxShown) {
      shown += "\n" + validators::display(found, question.code);
      shown.pop_back();
      if (verdict.error_line == 0) verdict.error_line = static_cast<int>(found.line);
    }
    verdict.violations.push_back(to_violation(std::move(found)));
  }
  if (result.is_valid) return;
  verdict.error_message = std::to_string(blocking) + (blocking == 1 ? " violation" : " violations") +
                          " of the policy \"" + std::string(question.policy) + "\":" + shown;
  if (blocking > kMaxShown) {
    verdict.error_message += "\nand " + std::to_string(blocking - kMaxShown) + " more";
  }
}

}  // namespace

ValidationViolation to_violation(policy::Violation found) {
  ValidationViolation violation;
  violation.type = std::move(found.type);
  violation.rule = std::move(found.rule);
  violation.severity = std::move(found.severity);
  violation.message = std::move(found.message);
  violation.line = static_cast<int>(found.line);
  violation.column = static_cast<int>(found.column);
  violation.end_line = static_cast<int>(found.end_line);
  violation.end_column = static_cast<int>(found.end_column);
  violation.hint = std::move(found.hint);
  return violation;
}

std::vector<std::string_view> PythonFirstDoor::rule_ids() {
  std::vector<std::string_view> ids = {"SyntaxError", "IndentationError", "TabError", "SyntaxWarning",
                                       "DeprecationWarning"};
  const auto& rules = policy::engine_rules();
  ids.insert(ids.end(), rules.begin(), rules.end());
  return ids;
}

CodeVerdict PythonFirstDoor::check(const CodeQuestion& question) const {
  CodeVerdict verdict;
  const auto version = question.python_version.empty() ? std::optional(python::newest_version)
                                                       : python::version_from(question.python_version);
  if (!version) {
    refuse_version(question.python_version, verdict);
    return verdict;
  }

  std::optional<python::Tree> tree;
  if (question.check_syntax) {
    auto result = validators::SyntaxValidator().validate(question.code, *version);
    tree = std::move(result.tree);
    take_up(std::move(result), verdict);
  }
  if (!verdict.passed || !question.check_policy) return verdict;

  const PolicyCatalog::PolicyPointer rules = policies_.find(question.policy);
  if (!rules) {  // A request is checked against the same names, so it has been unloaded since.
    verdict.passed = false;
    verdict.error_message =
        "the policy \"" + std::string(question.policy) + "\" is no longer loaded; send the request again";
    return verdict;
  }
  if (!rules->enabled) return verdict;
  static const policy::Adjustments kNone;
  const policy::Adjustments& adjustments = question.adjustments == nullptr ? kNone : *question.adjustments;
  const validators::ASTValidator validator;
  take_up(tree ? validator.validate(*tree, *rules, adjustments, *version)
               : validator.validate(question.code, *rules, adjustments, *version),
          question, verdict);
  if (verdict.passed) verdict.imports = imports_of(rules, adjustments);
  return verdict;
}

std::shared_ptr<const runners::ImportRules> PythonFirstDoor::imports_of(
    const PolicyCatalog::PolicyPointer& rules, const policy::Adjustments& adjustments) const {
  const auto make = [&]() -> std::shared_ptr<const runners::ImportRules> {
    auto list = policy::import_list(*rules, adjustments);
    if (!list) return nullptr;
    return std::make_shared<runners::ImportRules>(
        runners::ImportRules{std::move(list->allowed), std::move(list->denied)});
  };
  if (adjustments.allowed_imports || !adjustments.forbidden_modules.empty()) return make();
  const std::lock_guard lock(mutex_);
  KnownImports& known = imports_[rules->name];
  if (known.policy != rules) {
    known.policy = rules;
    known.imports = make();
  }
  return known.imports;
}

}  // namespace sallyport::broker

#include "validators/ast_validator.hpp"

#include "validators/policy/checker.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace sallyport::validators {

ASTValidationResult ASTValidator::validate(const python::Tree& tree, const policy::Policy& policy,
                                           const policy::Adjustments& adjustments,
                                           python::Version version) const {
  ASTValidationResult result;
  result.violations = policy::analyse(tree, policy, adjustments, version);
  result.is_valid = std::none_of(
      result.violations.begin(), result.violations.end(),
      [](const policy::Violation& violation) { return violation.action == policy::Action::block; });
  return result;
}

ASTValidationResult ASTValidator::validate(std::string_view code, const policy::Policy& policy,
                                           const policy::Adjustments& adjustments, python::Version version,
                                           python::SourceKind kind) const {
  const auto parsed = python::parse(code, {version, kind});
  if (const auto* tree = std::get_if<python::Tree>(&parsed)) {
    return validate(*tree, policy, adjustments, version);
  }
  const auto& error = std::get<python::SyntaxError>(parsed);
  policy::Violation violation;
  violation.type = "syntax";
  violation.rule = "syntax";
  violation.severity = "high";
  violation.message = std::string(python::to_string(error.type)) + ": " + error.message;
  violation.hint = error.hint;
  violation.line = error.line;
  violation.column = error.offset;
  violation.end_line = error.end_line;
  violation.end_column = error.end_offset;
  return {false, {std::move(violation)}};
}

std::string display(const policy::Violation& violation, std::string_view source) {
  std::string result =
      "line " + std::to_string(violation.line) + ": " + violation.message + " [" + violation.rule + "]\n";
  for (std::uint32_t line = 1; line < violation.line && !source.empty(); ++line) {
    source.remove_prefix(std::min(source.find('\n'), source.size() - 1) + 1);
  }
  const auto text = source.substr(0, source.find('\n'));
  if (violation.line > 0 && !text.empty() && text.size() <= 500) {
    const auto last = violation.end_line == violation.line ? violation.end_column : violation.column + 1;
    result += "    " + std::string(text) + "\n    ";
    std::uint32_t column = 0;
    for (const char c : text) {
      if ((static_cast<unsigned char>(c) & 0xc0U) == 0x80U) {
        continue;
      }
      if (++column >= violation.column) {
        break;
      }
      result += c == '\t' ? '\t' : ' ';
    }
    result += std::string(std::max<std::uint32_t>(
                              1, std::min<std::uint32_t>(last - std::min(last, violation.column), 200)),
                          '^') +
              "\n";
  }
  if (!violation.hint.empty()) {
    result += "  hint: " + violation.hint + "\n";
  }
  return result;
}

}  // namespace sallyport::validators

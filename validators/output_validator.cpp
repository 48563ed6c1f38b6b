#include "validators/output_validator.hpp"

#include <utility>

namespace sallyport::validators {

OutputValidator::OutputValidator(std::shared_ptr<const output::RuleSet> rules) : rules_(std::move(rules)) {}

OutputValidationResult OutputValidator::validate(std::string_view text,
                                                 const OutputValidationOptions& options) const {
  output::RedactorOptions chosen;
  chosen.redact = options.redact_sensitive_output;
  chosen.known_secrets = options.known_secrets;
  output::Redactor redactor(rules_, chosen);

  OutputValidationResult result;
  if (!redactor.run(text, result.sanitized_output)) {
    result.sanitized_output = text;
  }
  result.violations = redactor.violations();
  result.was_redacted = redactor.was_redacted();
  if (redactor.is_blocked()) {
    result.is_valid = false;
    result.was_redacted = true;
    result.sanitized_output.clear();
  }
  if (options.max_output_bytes != 0 && text.size() > options.max_output_bytes) {
    output::Violation violation;
    violation.type = "excessive_output";
    violation.rule = "max-output-bytes";
    violation.category = "size";
    violation.severity = output::Severity::medium;
    violation.action = output::Action::warn;
    violation.message = "The output is longer than " + std::to_string(options.max_output_bytes) + " bytes.";
    violation.count = 1;
    result.violations.push_back(std::move(violation));
    result.is_valid = false;
  }
  return result;
}

}  // namespace sallyport::validators

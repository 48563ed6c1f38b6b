// The second door: takes the secrets out of what a program printed, and leaves the rest as it is.
#pragma once

#include "validators/output/known_secrets.hpp"
#include "validators/output/redactor.hpp"
#include "validators/output/rule_set.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators {

struct OutputValidationOptions {
  bool redact_sensitive_output = true;     // false: report, change nothing
  std::size_t max_output_bytes = 0;        // more is a violation of type excessive_output; 0: no bound
  std::vector<std::string> known_secrets;  // to be found as well, in all forms: output::secrets_of_context()
};

struct OutputValidationResult {
  bool is_valid = true;  // false if a rule with action "block" found something, or the output is excessive
  std::string sanitized_output;  // empty if a rule with action "block" found something
  std::vector<output::Violation> violations;
  bool was_redacted = false;
};

// Stateless but for its rules, and so shareable between threads. Never throws for anything in the text; time
// is linear in its length. For text that comes in pieces there is output::Redactor, which gives the same.
class OutputValidator {
 public:
  explicit OutputValidator(std::shared_ptr<const output::RuleSet> rules);

  [[nodiscard]] OutputValidationResult validate(std::string_view text,
                                                const OutputValidationOptions& options = {}) const;

 private:
  std::shared_ptr<const output::RuleSet> rules_;
};

}  // namespace sallyport::validators

// The second check of a submission: does it keep to the policy? Reads the program, never runs it.
#pragma once

#include "validators/policy/policy.hpp"
#include "validators/policy/rights.hpp"
#include "validators/policy/violation.hpp"
#include "validators/python/parser.hpp"
#include "validators/python/version.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators {

struct ASTValidationResult {
  bool is_valid = true;                       // nothing that blocks
  std::vector<policy::Violation> violations;  // in the order of the source, warnings too
};

// Stateless, and so shareable between threads. Never throws for anything in the code; time and memory are
// linear in its length. A static check is no sandbox: it refuses early what would not be allowed anyway, and
// says what to change.
class ASTValidator {
 public:
  [[nodiscard]] ASTValidationResult validate(const python::Tree& tree, const policy::Policy& policy,
                                             const policy::Adjustments& adjustments = {},
                                             python::Version version = python::newest_version) const;

  // Of a program that cannot be parsed: not valid, with one violation of type and rule "syntax".
  [[nodiscard]] ASTValidationResult validate(std::string_view code, const policy::Policy& policy,
                                             const policy::Adjustments& adjustments = {},
                                             python::Version version = python::newest_version,
                                             python::SourceKind kind = python::SourceKind::text) const;
};

// The violation for people: message, the line of the source, carets below, the hint.
std::string display(const policy::Violation& violation, std::string_view source);

}  // namespace sallyport::validators

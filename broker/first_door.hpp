// The first door over the validators.
#pragma once

#include "broker/doors.hpp"
#include "broker/policy_catalog.hpp"
#include "validators/policy/violation.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

/// Whether the image's own Python would compile the submission, told in that Python's words, and whether the
/// program keeps to its policy. Reads the program once for both.
class PythonFirstDoor final : public FirstDoor {
 public:
  /// `policies` must outlive the door.
  explicit PythonFirstDoor(const PolicyCatalog& policies) : policies_(policies) {}

  [[nodiscard]] CodeVerdict check(const CodeQuestion& question) const override;
  /// Every id that a violation of this door may have as its rule.
  [[nodiscard]] static std::vector<std::string_view> rule_ids();
  [[nodiscard]] std::uint64_t generation() const override { return policies_.generation(); }

 private:
  [[nodiscard]] std::shared_ptr<const runners::ImportRules> imports_of(
      const PolicyCatalog::PolicyPointer& rules, const validators::policy::Adjustments& adjustments) const;

  /// What the sandbox is held to by a policy that no request has changed: the same for all of them.
  struct KnownImports {
    PolicyCatalog::PolicyPointer policy;
    std::shared_ptr<const runners::ImportRules> imports;
  };

  const PolicyCatalog& policies_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, KnownImports, std::less<>> imports_;  // By policy; guarded by mutex_.
};

/// The violation as replies show it.
[[nodiscard]] ValidationViolation to_violation(validators::policy::Violation found);

}  // namespace sallyport::broker

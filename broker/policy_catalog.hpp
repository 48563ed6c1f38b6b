// The policies that requests may name.
#pragma once

#include "validators/policy/policy.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

/// Thread-safety: any thread. A policy that was handed out stays as it was, whatever is loaded after it.
class PolicyCatalog {
 public:
  using PolicyPointer = std::shared_ptr<const validators::policy::Policy>;

  virtual ~PolicyCatalog() = default;
  /// Null where there is none of that name.
  [[nodiscard]] virtual PolicyPointer find(std::string_view name) const = 0;
  /// In the order of the alphabet.
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
  /// Another number after every loading that may have changed a policy.
  [[nodiscard]] virtual std::uint64_t generation() const = 0;
};

}  // namespace sallyport::broker

// What a policy finds in a program.
#pragma once

#include "validators/policy/policy.hpp"

#include <cstdint>
#include <string>

namespace sallyport::validators::policy {

struct Violation {
  std::string type;      // "forbidden_import", ...
  std::string rule;      // its id in the policy
  std::string severity;  // "low", "medium", "high", "critical"
  std::string message;
  std::string hint;  // what to write instead; may be empty
  Action action = Action::block;
  // From 1, columns in characters, the end exclusive.
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_line = 0;
  std::uint32_t end_column = 0;
};

}  // namespace sallyport::validators::policy

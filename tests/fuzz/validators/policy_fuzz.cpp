// The whole first door: any text is parsed and judged under default and strict, with what a request adds.
// What is refused is refused with words that point into the text.
#include "validators/ast_validator.hpp"
#include "validators/policy/policy.hpp"
#include "validators/policy/shipped_policies.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace sallyport::validators;

// Ends the run: a promise is broken.
void require(bool kept) {
  if (!kept) {
    std::abort();
  }
}

policy::Policy loaded(std::string_view text) {
  auto result = policy::load_policy(text);
  require(result.policy.has_value());
  return std::move(*result.policy);
}

policy::Adjustments adjustments_from(unsigned choice) {
  policy::Adjustments adjustments;
  if ((choice & 1U) != 0) {
    adjustments.allowed_imports = {"math", "json", "numpy", "os"};
  }
  adjustments.replaces_imports = (choice & 2U) != 0;
  if ((choice & 4U) != 0) {
    adjustments.forbidden_functions = {"print", "math.sqrt"};
  }
  if ((choice & 8U) != 0) {
    adjustments.forbidden_modules = {"json", "collections"};
  }
  if ((choice & 16U) != 0) {
    adjustments.forbidden_attributes = {"append", "real"};
  }
  return adjustments;
}

void check(std::string_view code, const policy::Policy& policy, const policy::Adjustments& adjustments,
           python::Version version) {
  const auto result = ASTValidator().validate(code, policy, adjustments, version);
  const bool blocked = std::any_of(result.violations.begin(), result.violations.end(),
                                   [](const auto& each) { return each.action == policy::Action::block; });
  require(result.is_valid == !blocked);
  const auto lines = static_cast<std::size_t>(
      std::count_if(code.begin(), code.end(), [](char c) { return c == '\n' || c == '\r' || c == '\f'; }));
  for (const auto& violation : result.violations) {
    require(!violation.rule.empty() && !violation.message.empty());
    require(violation.line <= lines + 2);
    require(!display(violation, code).empty());
  }
}

}  // namespace

// The first byte picks the version, the second the adjustments.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  static const policy::Policy standard = loaded(policy::default_policy());
  static const policy::Policy strict = loaded(policy::strict_policy());
  const auto version =
      static_cast<python::Version>(static_cast<unsigned>(python::oldest_version) + data[0] % 6U);
  const auto adjustments = adjustments_from(data[1]);
  const std::string_view code(reinterpret_cast<const char*>(data) + 2, size - 2);
  check(code, standard, adjustments, version);
  check(code, strict, adjustments, version);
  return 0;
}

// The policies that come with the software, as text: config/policies/*.json, part of the binary.
#pragma once

#include <array>
#include <string_view>

namespace sallyport::validators::policy {

std::string_view default_policy();
std::string_view strict_policy();
std::string_view trusted_policy();
std::string_view off_policy();

// All of them; each text names itself.
inline std::array<std::string_view, 4> shipped_policies() {
  return {default_policy(), strict_policy(), trusted_policy(), off_policy()};
}

}  // namespace sallyport::validators::policy

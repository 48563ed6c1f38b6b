// The policies of a command, with its mistakes told.
#pragma once

#include "broker/policies.hpp"

#include <iostream>
#include <string>

namespace sallyport::broker::cli {

/// Loads the configured folder; says what is wrong with it on standard error. Whether all is well.
inline bool load_policies(Policies& policies) {
  const auto mistakes = policies.load();
  for (const std::string& mistake : mistakes) std::cerr << "sallyport: " << mistake << "\n";
  return mistakes.empty();
}

}  // namespace sallyport::broker::cli

// What an operator wrote beside the configuration, loaded for a command.
#pragma once

#include <iostream>
#include <string>

namespace sallyport::broker::cli {

/// Loads policies or output rules; says what is wrong with them on standard error. Whether all is well.
template <class Rules>
bool load_or_complain(Rules& rules) {
  const auto mistakes = rules.load();
  for (const std::string& mistake : mistakes) std::cerr << "sallyport: " << mistake << "\n";
  return mistakes.empty();
}

}  // namespace sallyport::broker::cli

// A bound on what a program can make us remember of its warnings.
#pragma once

#include "validators/python/syntax_error.hpp"

#include <cstddef>
#include <vector>

namespace sallyport::validators::python {

inline constexpr std::size_t most_warnings = 1000;

// Ask before making a warning: those beyond the bound are dropped.
inline bool has_room(const std::vector<SyntaxWarning>& warnings) {
  return warnings.size() < most_warnings;
}

}  // namespace sallyport::validators::python

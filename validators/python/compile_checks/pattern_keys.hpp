// Keys of mapping patterns: which are the same, and how Python writes them.
#pragma once

#include "validators/python/ast.hpp"

#include <optional>
#include <string>

namespace sallyport::validators::python::checks {

struct PatternKey {
  std::string identity;  // equal for keys that Python holds equal: 1, 1.0 and True
  std::string shown;     // repr()
};

// Nothing for what is not a literal.
std::optional<PatternKey> pattern_key(const ast::Expr& node);

}  // namespace sallyport::validators::python::checks

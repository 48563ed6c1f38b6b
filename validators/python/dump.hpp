// The text of a tree, as Python's `ast.dump` writes it.
#pragma once

#include "validators/python/ast.hpp"
#include "validators/python/version.hpp"

#include <optional>
#include <string>

namespace sallyport::validators::python {

struct DumpOptions {
  // What is left out and which fields there are depends on the version: the one that the tree was parsed for.
  Version version = newest_version;
  bool include_attributes = false;
  // As `indent` of `ast.dump`: everything on one line if it is not set. `python3 -m ast` has 3.
  std::optional<unsigned> indent = std::nullopt;
};

// Equals `ast.dump(tree, include_attributes=..., indent=...)` of that version, for trees too deep for Python
// to write as well. An integer with more digits than Python converts is written as in the program. Never
// throws for anything in a tree, uses no recursion; time is linear in the length of the text.
std::string dump(const ast::Module& module, const DumpOptions& options);

}  // namespace sallyport::validators::python

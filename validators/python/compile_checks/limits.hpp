// Limits of CPython's compiler.
#pragma once

#include "validators/python/version.hpp"

#include <cstddef>
#include <cstdint>

namespace sallyport::validators::python::checks {

// How deep the tree may be for the compiler: three times the interpreter's own limit of 1000 up to 3.12, less
// what a short script that calls compile() has used already; a constant in 3.13. 3.14 asks how much stack is
// left; it can go deeper than this, but a program that would notice is not one that anybody wrote.
inline std::uint32_t deepest_tree(Version version) {
  if (version <= Version::v3_10) {
    return 2991;
  }
  if (version == Version::v3_11) {
    return 2994;
  }
  if (version == Version::v3_12) {
    return 2996;
  }
  return 9997;
}

// Loops, `with`, `try` and their parts within one function.
inline std::size_t most_nested_blocks(Version version) {
  return version >= Version::v3_13 ? 21 : 20;
}

}  // namespace sallyport::validators::python::checks

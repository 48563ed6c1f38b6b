// Capitals made small, eight bytes at a time. Inside the module only.
#pragma once

#include <cstdint>

namespace sallyport::validators::output {

inline std::uint64_t small_of(std::uint64_t eight) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  const std::uint64_t ascii = eight & (0x7F * ones);
  const std::uint64_t from_a = ascii + (0x80 - 'A') * ones;
  const std::uint64_t beyond_z = ascii + (0x7F - 'Z') * ones;
  return eight | ((from_a & ~beyond_z & ~eight & (0x80 * ones)) >> 2U);
}

}  // namespace sallyport::validators::output

// Numbers as sizes.
#pragma once

#include <cstdint>

namespace sallyport::validators::policy {

inline std::uint64_t bits_of(std::int64_t number) {
  std::uint64_t magnitude =
      number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  std::uint64_t bits = 0;
  for (; magnitude != 0; magnitude >>= 1U) {
    ++bits;
  }
  return bits;
}

// The product, or what is largest where it does not fit.
inline std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

inline std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

}  // namespace sallyport::validators::policy

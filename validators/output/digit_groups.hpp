// Groups of digits in a text, and which of them a gate's patterns can begin with. Inside the module only.
#pragma once

#include "validators/output/dfa.hpp"

#include <array>
#include <bit>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sallyport::validators::output {

inline constexpr std::size_t digit_block = 64;  // bytes

// Which of `digit_block` bytes are digits, one bit each. With the instructions that every processor has.
inline std::uint64_t find_digits_portably(const char* bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t high = 0x80 * ones;
  constexpr std::uint64_t gather = 0x0102040810204080U;  // the lowest bits of eight bytes, into the highest
  std::uint64_t digits = 0;
  for (std::size_t i = 0; i < digit_block; i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes + i, 8);
    // 0x30 to 0x39: adding 0x46 sets the high bit from 0x3A on, adding 0x50 from 0x30 on; bytes beyond ASCII
    // have it already.
    const std::uint64_t ascii = eight & ~high;
    const std::uint64_t found = ((ascii + 0x50 * ones) & ~(ascii + 0x46 * ones) & ~eight & high) >> 7U;
    digits |= ((found * gather) >> 56U) << i;
  }
  return digits;
}

inline std::uint64_t find_digits(const char* bytes) {
#if defined(__SSE2__)
  std::uint64_t digits = 0;
  for (std::size_t i = 0; i < digit_block; i += sizeof(__m128i)) {
    __m128i some{};
    std::memcpy(&some, bytes + i, sizeof(some));
    const __m128i value = _mm_sub_epi8(some, _mm_set1_epi8('0'));
    const __m128i found = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
    digits |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(found))) << i;
  }
  return digits;
#else
  return find_digits_portably(bytes);
#endif
}

// How many digits the patterns of a gate may begin with, and what may follow these. Most numbers that
// programs print are refused by this alone.
class DigitShapes {
 public:
  explicit DigitShapes(const Dfa& gate) {
    for (std::size_t digits = 0; digits <= most; ++digits) {
      behind_.at(digits) = gate.behind_digits(digits);
    }
  }
  // Of `most` digits or more as many: whether a pattern goes on.
  [[nodiscard]] bool allow(std::size_t digits, char behind) const {
    return digits >= most || behind_[digits][static_cast<unsigned char>(behind)];
  }

  static constexpr std::size_t most = 24;

 private:
  std::array<ByteSet, most + 1> behind_;
};

}  // namespace sallyport::validators::output

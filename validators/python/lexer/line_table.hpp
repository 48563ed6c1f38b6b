// Where the lines of a text begin.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sallyport::validators::python::lexer {

// Of each line but an empty one at the end; a text has a first line even if it is empty.
inline std::vector<std::uint32_t> find_line_begins(std::string_view text) {
  std::vector<std::uint32_t> begins;
  begins.reserve(text.size() / 24 + 8);
  begins.push_back(0);
  std::size_t at = 0;
#if defined(__SSE2__)
  const auto line_end = _mm_set1_epi8('\n');
  for (; at + 16 <= text.size(); at += 16) {
    const auto block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, line_end)));
    for (; found != 0; found &= found - 1) {
      begins.push_back(static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(__builtin_ctz(found)) + 1);
    }
  }
#endif
  for (; at < text.size(); ++at) {
    if (text[at] == '\n') {
      begins.push_back(static_cast<std::uint32_t>(at) + 1);
    }
  }
  if (begins.size() > 1 && begins.back() == text.size()) {
    begins.pop_back();
  }
  return begins;
}

}  // namespace sallyport::validators::python::lexer

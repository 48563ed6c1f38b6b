// A rule as RE2 alone would look for it, for the measures that the engine is compared with.
#pragma once

#include "validators/output/rule.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sallyport::bench {

inline std::unique_ptr<re2::RE2> pattern_of(const validators::output::Rule& rule) {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  return std::make_unique<re2::RE2>("(?m)" + rule.pattern, options);
}

// How often the pattern matches in [from, to) of the text.
inline std::uint64_t count_matches(const re2::RE2& pattern, std::string_view text, std::size_t from,
                                   std::size_t to) {
  const re2::StringPiece piece(text.data(), text.size());
  re2::StringPiece match;
  std::uint64_t found = 0;
  while (from < to && pattern.Match(piece, from, to, re2::RE2::UNANCHORED, &match, 1)) {
    ++found;
    from = static_cast<std::size_t>(match.data() - text.data()) + std::max<std::size_t>(match.size(), 1);
  }
  return found;
}

}  // namespace sallyport::bench

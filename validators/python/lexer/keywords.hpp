// Keywords by a perfect hash over their (at most eight) letters.
#pragma once

#include "validators/python/token.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sallyport::validators::python::lexer {

inline constexpr std::size_t longest_keyword = 8;

struct Keyword {
  std::uint64_t letters = 0;  // little-endian, as eight bytes in memory; 0 is no keyword
  TokenKind kind = TokenKind::name;
};

constexpr std::uint64_t letters_of(std::string_view word) {
  std::uint64_t letters = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    letters |= static_cast<std::uint64_t>(static_cast<unsigned char>(word[i])) << (8 * i);
  }
  return letters;
}

inline constexpr std::array keyword_list = {
#define X(word) Keyword{letters_of(#word), TokenKind::kw_##word},
    SALLYPORT_PYTHON_KEYWORDS(X)
#undef X
};

inline constexpr unsigned keyword_bits = 7;

constexpr std::size_t keyword_slot(std::uint64_t letters, std::uint64_t multiplier) {
  return static_cast<std::size_t>((letters * multiplier) >> (64 - keyword_bits));
}

// The first odd multiplier of a simple series that gives every keyword a slot of its own.
inline constexpr std::uint64_t keyword_multiplier = [] {
  for (std::uint64_t multiplier = 0x9E3779B97F4A7C15;; multiplier = multiplier * 6364136223846793005 + 2) {
    std::array<bool, 1U << keyword_bits> taken{};
    bool unique = true;
    for (const auto& keyword : keyword_list) {
      auto& slot = taken[keyword_slot(keyword.letters, multiplier)];
      unique = unique && !slot;
      slot = true;
    }
    if (unique) {
      return multiplier;
    }
  }
}();

inline constexpr auto keyword_table = [] {
  std::array<Keyword, 1U << keyword_bits> table{};
  for (const auto& keyword : keyword_list) {
    table[keyword_slot(keyword.letters, keyword_multiplier)] = keyword;
  }
  return table;
}();

// The kind of an ASCII name. `readable` is the number of bytes that may be read from `name`.
inline TokenKind kind_of_name(const char* name, std::size_t length, std::size_t readable) {
  if (length < 2 || length > longest_keyword) {
    return TokenKind::name;
  }
  std::uint64_t letters = 0;
  if (readable >= sizeof letters) {
    std::memcpy(&letters, name, sizeof letters);
    letters &= ~std::uint64_t{0} >> (64 - 8 * length);
  } else {
    letters = letters_of({name, length});
  }
  const auto& keyword = keyword_table[keyword_slot(letters, keyword_multiplier)];
  return keyword.letters == letters ? keyword.kind : TokenKind::name;
}

}  // namespace sallyport::validators::python::lexer

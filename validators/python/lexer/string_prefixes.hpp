// The letters before the quotes.
#pragma once

#include "validators/python/version.hpp"

#include <string>
#include <string_view>

namespace sallyport::validators::python::lexer {

inline constexpr std::size_t longest_prefix = 5;

// The letters of b, r, u, f and t in `letters`, whatever their case.
struct PrefixLetters {
  bool b = false;
  bool r = false;
  bool u = false;
  bool f = false;
  bool t = false;

  // False if the letter is none of the five, or is there already.
  constexpr bool add(char letter) {
    const auto set = [](bool& flag) { return flag ? false : (flag = true); };
    switch (letter | 0x20) {
      case 'b':
        return set(b);
      case 'r':
        return set(r);
      case 'u':
        return set(u);
      case 'f':
        return set(f);
      case 't':
        return set(t);
      default:
        return false;
    }
  }
};

constexpr bool read_prefix(std::string_view letters, PrefixLetters& prefix) {
  for (const char letter : letters) {
    if (!prefix.add(letter)) {
      return false;
    }
  }
  return true;
}

// Whether a name right before a quote begins a string. From 3.14 every combination of the letters does, only
// that most are refused then.
inline bool is_string_prefix(std::string_view name, Version version) {
  PrefixLetters prefix;
  if (name.size() > longest_prefix || !read_prefix(name, prefix)) {
    return false;
  }
  if (version >= Version::v3_14) {
    return true;
  }
  if (prefix.t || name.size() > 2) {
    return false;
  }
  return name.size() == 1 || (prefix.r && !prefix.u);
}

}  // namespace sallyport::validators::python::lexer

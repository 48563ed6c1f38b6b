// What can be said about a rule's pattern without running it: the tree of RE2's syntax, as far as the engine
// has to know it. Inside the module only; RE2 itself decides what is valid.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

using ByteSet = std::bitset<256>;

inline constexpr std::size_t unlimited = static_cast<std::size_t>(-1);
inline constexpr std::size_t longest_offset = 255;

struct RegexNode {
  enum class Kind : std::uint8_t { empty, bytes, word_boundary, other_assertion, sequence, choice, repeat };

  Kind kind = Kind::empty;
  ByteSet bytes;                 // of `bytes`
  std::vector<RegexNode> parts;  // of sequence and choice; one of repeat
  std::size_t least = 0;         // of repeat
  std::size_t most = 0;          // of repeat; may be unlimited
  bool greedy = true;
  char assertion = 0;  // 'b', 'B', '^' or '$'
  std::string group;   // the name of the group around it, if any
};

struct Lengths {
  std::size_t least = 0;
  std::size_t most = 0;  // may be unlimited
};

// Nothing for syntax that this reader does not know (or that the engine refuses); the reason is in `why`.
std::optional<RegexNode> parse_regex(std::string_view pattern, std::string& why);

Lengths lengths_of(const RegexNode& node);

// Where a keyword may stand in a match, counted from the match's beginning.
using Offsets = std::bitset<longest_offset + 1>;

// Of each keyword the places where it may stand, so that each match has one of the keywords at one of its
// places. Nothing if there is no such part of the pattern near enough to its beginning.
std::optional<std::vector<Offsets>> offsets_of_keywords(const RegexNode& root,
                                                        const std::vector<std::string>& keywords);

}  // namespace sallyport::validators::output

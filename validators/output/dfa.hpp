// Small automata, built when rules are loaded and never changed: one tells which of up to 64 patterns can
// still match at a place before RE2 is asked, one finds the whole match of a simple pattern without RE2.
// Inside the module only.
#pragma once

#include "validators/output/regex_tree.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

class Dfa {
 public:
  static constexpr std::size_t most_patterns = 64;
  static constexpr std::size_t most_steps = 40;  // of a gate

  // The gate: which of the patterns may match at the beginning of a text. Never wrong in saying no. Looks at
  // no more than `most_steps` bytes.
  static Dfa gate(const std::vector<const RegexNode*>& patterns);
  [[nodiscard]] std::uint64_t pass(const char* text, std::size_t size) const;

  // Of one pattern: all of it, or nothing if it is not simple enough (assertions, too many states). A `\b` at
  // either end is understood.
  static std::optional<Dfa> whole(const RegexNode& pattern);
  // The length of the longest match at `at` within `text` up to `end`; 0 if there is none. Bytes outside
  // count for `\b`.
  [[nodiscard]] std::size_t longest(std::string_view text, std::size_t at, std::size_t end) const;

  [[nodiscard]] std::size_t memory() const;

 private:
  struct State {
    std::uint64_t accepted = 0;  // patterns that match here
    std::uint64_t possible = 0;  // patterns that may still
    bool final = false;          // nothing to be learnt from what follows
  };

  friend class DfaBuilder;

  std::array<std::uint8_t, 256> class_of_{};
  std::size_t classes_ = 1;
  std::vector<std::uint16_t> next_;
  std::vector<State> states_;
  bool boundary_before_ = false;
  bool boundary_behind_ = false;
};

[[nodiscard]] inline bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Whether `\b` holds between the byte before `at` and the one at it; the ends of the text are no words.
[[nodiscard]] inline bool is_boundary(std::string_view text, std::size_t at) {
  const bool before = at > 0 && is_word(text[at - 1]);
  const bool behind = at < text.size() && is_word(text[at]);
  return before != behind;
}

}  // namespace sallyport::validators::output

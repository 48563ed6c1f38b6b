// Small automata, built when rules are loaded and never changed: one tells which of up to 64 patterns can
// still match at a place before RE2 is asked, one finds the whole match of a simple pattern without RE2.
// Inside the module only.
#pragma once

#include "validators/output/regex_tree.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

// The nondeterministic automata of all patterns, from which the others are made.
class Nfa {
 public:
  struct Node {
    enum class Kind : std::uint8_t { take, split, accept };
    Kind kind = Kind::accept;
    std::uint32_t set = 0;    // of take: which bytes
    std::uint32_t next = 0;   // of take and split
    std::uint32_t other = 0;  // of split
  };

  // Nodes that take a byte, in order, and whether the pattern matches here.
  struct Threads {
    std::vector<std::uint32_t> nodes;
    bool accepted = false;
  };

  // Of a repetition no more than `most_copies` are made: what comes behind them counts as matched.
  explicit Nfa(std::size_t most_copies) : most_copies_(most_copies) {}

  // The number of the pattern, from 0 on.
  std::size_t add(const RegexNode& pattern);
  // Whether the pattern says yes where the real one may not: assertions, and what was too large.
  [[nodiscard]] bool is_loose(std::size_t pattern) const { return patterns_[pattern].loose; }

  [[nodiscard]] Threads start(std::size_t pattern) const;
  // Behind `any` bytes of any kind and `keyword`, in small letters or not.
  [[nodiscard]] Threads behind(std::size_t pattern, std::size_t any, std::string_view keyword) const;

 private:
  friend class DfaBuilder;

  static constexpr std::size_t most_nodes = 8000;  // of a pattern

  std::uint32_t push(const Node& node);
  std::uint32_t build(const RegexNode& tree, std::uint32_t next);
  std::uint32_t build_repeat(const RegexNode& tree, std::uint32_t next);
  void follow(std::uint32_t node, Threads& into) const;
  [[nodiscard]] Threads step(const Threads& threads, const ByteSet& bytes) const;
  static void tidy(Threads& threads);

  struct Pattern {
    std::uint32_t start = 0;
    std::uint32_t accept = 0;  // its first node
    bool loose = false;
  };

  std::size_t most_copies_;
  std::vector<Node> nodes_;
  std::vector<ByteSet> sets_;
  std::vector<Pattern> patterns_;
  mutable std::vector<std::uint32_t> seen_;  // by node: the round in which it was seen
  mutable std::uint32_t round_ = 0;
  mutable std::vector<std::uint32_t> open_;  // of follow(): kept so that it is allocated once
};

class Dfa {
 public:
  static constexpr std::size_t most_patterns = 64;
  static constexpr std::size_t most_steps = 32;  // of a gate

  // The gate: which of the patterns, each from its threads on, may still match. Never wrong in saying no.
  // Looks at no more than `most_steps` bytes; says how many it were.
  static Dfa gate(const Nfa& nfa, const std::vector<Nfa::Threads>& patterns);
  // Whether it had states enough; else it says yes where it does not know.
  [[nodiscard]] bool is_complete() const { return complete_; }
  struct Passed {
    std::uint64_t patterns = 0;
    std::size_t looked = 0;
  };
  // `whole`: nothing follows the text, so what has not matched in it does not match.
  [[nodiscard]] Passed pass(const char* text, std::size_t size, bool whole) const {
    std::size_t code = start_;
    const std::uint16_t* const next = next_.data();
    const std::uint8_t* const class_of = class_of_.data();
    const std::size_t steps = std::min(size, most_steps);
    std::size_t i = 0;
    for (; i < steps && code < final_from_; ++i) {
      code = next[code + class_of[static_cast<unsigned char>(text[i])]];
    }
    const State& reached = states_[state_of(code)];
    return {reached.accepted | (whole && i == size ? 0 : reached.possible), i};
  }

  // The bytes with which one of the patterns may go on.
  [[nodiscard]] ByteSet first_bytes() const;
  // The bytes, digits left out, with which one of the patterns may go on behind so many digits.
  [[nodiscard]] ByteSet behind_digits(std::size_t digits) const;

  // Of one pattern: all of it, or nothing if it is not simple enough (assertions, too many states). A `\b` at
  // its end is understood.
  static std::optional<Dfa> whole(const RegexNode& pattern);
  // The length of the longest match at `at` within `text` up to `end`; 0 if there is none. Bytes outside
  // count for `\b`. `looked`: behind the last byte that was looked at.
  [[nodiscard]] std::size_t longest(std::string_view text, std::size_t at, std::size_t end,
                                    std::size_t* looked = nullptr) const;

  [[nodiscard]] std::size_t memory() const;

 private:
  struct State {
    std::uint64_t accepted = 0;  // patterns that match here
    std::uint64_t possible = 0;  // patterns that may still
    bool final = false;          // nothing to be learnt from what follows
  };

  friend class DfaBuilder;

  // Makes the table that is walked along. In it a state is told by a code: where its row begins, so that a
  // step takes no multiplication; of a final one, which has no row, a number behind all of these. At the end
  // of a row stands the number of the state.
  void pack();
  [[nodiscard]] std::size_t state_of(std::size_t code) const {
    return code < final_from_ ? next_[code + classes_] : rows_ + (code - final_from_);
  }
  [[nodiscard]] std::size_t after(std::size_t state, unsigned byte) const {
    return state < rows_ ? state_of(next_[state * (classes_ + 1) + class_of_.at(byte)]) : state;
  }
  // Whether all codes find room if there are so many states.
  static bool has_room(std::size_t states, std::size_t classes) {
    return states * (classes + 1) <= std::size_t{1} << 16U;
  }

  std::array<std::uint8_t, 256> class_of_{};
  std::size_t classes_ = 1;
  std::size_t start_ = 0;  // a code
  std::size_t final_from_ = 0;
  std::size_t rows_ = 0;  // of states that are not final
  std::vector<std::uint16_t> next_;
  std::vector<State> states_;  // the final ones last
  bool boundary_behind_ = false;
  bool complete_ = true;
};

}  // namespace sallyport::validators::output

// Matches a pattern at one place, with its groups, by trying one way after the other. Inside the module only.
//
// For the short matches of rules this is several times as fast as RE2, which has to find the groups by
// simulating an automaton. It takes a bounded number of steps; where they do not suffice, RE2 decides, whose
// answer would be the same.
#pragma once

#include "validators/output/regex_tree.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

class Backtracker {
 public:
  static constexpr std::size_t most_groups = 3;  // secret, secret2, secret3
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

  struct Result {
    enum class Verdict : std::uint8_t { no, yes, unknown };
    Verdict verdict = Verdict::no;
    std::size_t end = 0;
    // No byte behind this place has been looked at.
    std::size_t furthest = 0;
    // Begin and end of each group; nowhere where it takes no part.
    std::array<std::size_t, 2 * most_groups> groups{};
  };

  // Nothing for patterns that become too large.
  static std::optional<Backtracker> compile(const RegexNode& pattern);

  // A match that begins at `at` and ends at or before `end`. Bytes outside count for `\b`, `^` and `$`.
  [[nodiscard]] Result match(std::string_view text, std::size_t at, std::size_t end) const;

  [[nodiscard]] std::size_t memory() const {
    return program_.capacity() * sizeof(Instruction) + sets_.capacity() * sizeof(ByteTable);
  }

 private:
  using ByteTable = std::array<bool, 256>;
  static constexpr std::uint16_t no_set = 0xFFFF;

  struct Instruction {
    enum class Kind : std::uint8_t {
      byte,
      run,
      split,
      jump,
      save,
      boundary,
      no_boundary,
      line_begin,
      line_end,
      accept
    };
    Kind kind = Kind::accept;
    bool greedy = true;             // of run
    std::uint16_t set = 0;          // of byte and run; of split: what the better way may begin with
    std::uint16_t behind = no_set;  // of run: what may follow it; of split: of the other way; or no_set
    std::uint32_t next = 0;         // of split, the better one; of jump; of save: the slot
    std::uint32_t other = 0;        // of split
    std::uint32_t least = 0;        // of run
    std::uint32_t most = 0;         // of run
  };

  struct Choice;

  bool emit(const RegexNode& node);
  bool emit_repeat(const RegexNode& node);
  bool emit_choice(const RegexNode& node);
  std::uint16_t set_of(const ByteSet& bytes);
  std::uint16_t set_of(const ByteTable& table);
  // The bytes of which one must stand at the place from which the program goes on, unless the text ends
  // there.
  [[nodiscard]] std::optional<ByteTable> begins_of(std::uint32_t pc) const;
  bool push(const Instruction& instruction);

  std::vector<Instruction> program_;
  std::vector<ByteTable> sets_;
};

}  // namespace sallyport::validators::output

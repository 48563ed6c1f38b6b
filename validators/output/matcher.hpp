// Tries one rule at one place. Inside the module only.
#pragma once

#include "validators/output/compiled_rules.hpp"
#include "validators/output/findings.hpp"
#include "validators/output/pem_block.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sallyport::validators::output {

// A match of a rule that stood all checks.
struct Match {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// What came of a try.
struct Tried {
  // If there is no match: the place up to which the text (with the two bytes before) says so and would say so
  // anywhere. 0 if there is one, or if that is not known.
  std::uint64_t looked = 0;
  std::uint64_t until = 0;  // up to where the rule has looked
  bool no_lead = false;     // what has to stand before does not
};

class Matcher {
 public:
  Matcher(const CompiledRules& rules, Findings& findings);

  // A match that begins at `at`, of at most the rule's max_length. What a match of the same rule covers is
  // not tried again. `alone`: only if the match is not followed by what would make a number longer.
  Tried try_at(std::uint32_t rule, std::uint64_t at, const Window& window, bool alone = false);
  // Whether a rule would be tried here as if it had neither matched nor looked in vain before.
  [[nodiscard]] bool is_fresh(std::uint32_t rule, std::uint64_t at) const {
    return at >= covered_[rule] && at >= busy_[rule].until;
  }
  // What try_at does where it is known that the rule looks in vain up to `until`.
  void try_in_vain(std::uint32_t rule, std::uint64_t at, std::uint64_t until) {
    if (is_worth_a_try(rule, at)) {
      looked_in_vain(rule, at, until);
    }
  }
  // All matches that begin in [from, to], from left to right.
  void search(std::uint32_t rule, std::uint64_t from, std::uint64_t to, const Window& window);

  // Whether what stands before a match is what the lead asks for.
  [[nodiscard]] static bool has_lead(Lead lead, std::uint64_t at, const Window& window);

  // How many bytes behind the place of a match have to be there before it is tried.
  [[nodiscard]] std::size_t reach(std::uint32_t rule) const { return rules_.rules[rule].max_length + 2; }

  // Goes on with secrets that have not ended.
  void go_on(const Window& window);
  // Up to where nothing can be said yet because of them.
  [[nodiscard]] std::uint64_t settled(std::uint64_t otherwise) const;

 private:
  // A private key that goes on.
  struct Block {
    std::uint32_t rule = 0;
    std::uint64_t begin = 0;  // of the opening line
    std::uint64_t body = 0;   // behind it
    std::uint64_t told = 0;   // up to where it is a finding; 0: not yet
    PemBlock state;
  };
  // A secret that was cut and goes on.
  struct Tail {
    std::uint32_t rule = 0;
    std::uint64_t begin = 0;
    std::uint64_t at = 0;  // up to where it is a finding
    bool ended = true;
  };

  // What was found out about a piece of text. The same piece comes again and again in logs and tables.
  struct Memory {
    static constexpr std::size_t longest = 120;

    std::uint32_t rule = 0;
    std::uint8_t size = 0;    // of the text; 0: nothing is remembered
    std::uint8_t before = 0;  // of it, before the match
    bool found = false;       // the match stood all checks
    std::uint8_t end = 0;     // of the match, from its beginning
    std::array<std::uint8_t, 2 * Backtracker::most_groups> secrets{};  // likewise
    std::array<char, longest> text{};
  };

  Memory* memory_of(std::uint32_t rule, std::uint64_t at, const Window& window);
  bool recall(const Memory& memory, std::uint32_t rule, std::uint64_t at, const Window& window);
  void remember(Memory& memory, std::uint32_t rule, std::uint64_t at, bool found, const Window& window) const;

  // Sets match_ and secrets_. `to`: how far a match may reach.
  bool match(std::uint32_t rule, std::uint64_t from, std::uint64_t to, bool anywhere, const Window& window);
  std::optional<bool> match_backtracking(std::uint32_t rule, std::uint64_t at, std::uint64_t to,
                                         const Window& window);
  bool match_whole(std::uint32_t rule, std::uint64_t at, std::uint64_t to, const Window& window);
  [[nodiscard]] bool stands_checks(std::uint32_t rule, const Window& window);
  bool passes_known(Check check, std::string_view secret);
  [[nodiscard]] std::uint64_t end_of_secrets() const;
  void report(std::uint32_t rule, bool cut, const Window& window);
  void begin_block(std::uint32_t rule, const Window& window);
  void go_on(Block& block, const Window& window);
  void begin_tail(std::uint32_t rule, std::uint64_t at, const Window& window);
  void go_on(Tail& tail, const Window& window);

  const CompiledRules& rules_;
  Findings& findings_;
  // Where a rule has looked in vain, at length. A keyword that comes again and again must not make it look at
  // the same text as often.
  struct Busy {
    std::uint64_t until = 0;
    std::uint32_t tries = 0;
    std::uint32_t most_tries = 0;
  };
  bool is_worth_a_try(std::uint32_t rule, std::uint64_t at);
  void looked_in_vain(std::uint32_t rule, std::uint64_t at, std::uint64_t until);

  std::vector<Busy> busy_;              // by rule
  std::vector<std::uint64_t> covered_;  // by rule: up to where its last match goes

  std::vector<Memory> memories_;  // by a hash

  // What is known of the value that was checked last.
  struct Value {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint32_t asked = 0;  // a bit for each Check
    std::uint32_t passed = 0;
    std::optional<double> entropy;
  };
  Value value_;

  // Of the last match.
  std::uint64_t furthest_ = 0;  // byte that was looked at; 0: not known
  std::uint64_t looked_ = 0;    // behind the last byte that was looked at; 0: not known
  Match match_;
  std::vector<Finding> secrets_;

  std::vector<Block> blocks_;  // few: one ends where another may begin, but for those within a header
  std::vector<Tail> tails_;
  Tail last_tail_;
};

}  // namespace sallyport::validators::output

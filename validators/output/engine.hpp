// Finds the secrets of a text that comes piece by piece; what it finds does not depend on the pieces. Inside
// the module only.
//
// A keyword, a group of digits or a known secret says where a rule can match. Whether it does depends on the
// text from there up to the rule's max_length only, so each place is tried when so much is there, in the
// order of the text.
//
// What a program has written should go out when it has written it, not when it writes more. So the tail of
// the text is looked at for whether anything can begin in it at all: no match has a barrier (an end of line)
// between its beginning and its keyword, and the gates tell of numbers and keywords that come to nothing.
#pragma once

#include "validators/output/compiled_rules.hpp"
#include "validators/output/findings.hpp"
#include "validators/output/known_secrets.hpp"
#include "validators/output/matcher.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace sallyport::validators::output {

class Engine {
 public:
  // `context` holds the forms of secrets that are known for this text. Both outlive the engine.
  Engine(const CompiledRules& rules, const LiteralScanner& context);

  // Looks at the window, which begins at or before settled() (and some bytes before it, where there are) and
  // goes on where the last one ended.
  void advance(const Window& window);

  Findings& findings() { return findings_; }
  // Up to here the findings will not change; no later one begins before it.
  [[nodiscard]] std::uint64_t settled() const { return settled_; }

  // From here on, and context_bytes before, the text has to be in the next window. At or before settled().
  [[nodiscard]] std::uint64_t needed() const { return needed_; }

  static constexpr std::size_t context_bytes = 4;

 private:
  // A keyword whose rules have not all been tried.
  struct Pending {
    std::uint64_t anchor = 0;
    std::uint64_t begin = 0;  // of the matches
    std::uint32_t gate = 0;
    std::uint32_t ahead = 0;  // of the beginning, where the gate looks on
    std::uint64_t open = 0;   // rules that are left
    bool passed = false;      // the gate
  };
  // The first gate of a keyword that lets rules pass, or of which that cannot be said yet.
  struct Opening {
    std::size_t index = 0;     // in the keyword's gates; behind the last one if all refuse
    std::uint64_t open = 0;    // rules; 0: not said yet
    std::uint64_t looked = 0;  // behind the last byte that decided about it and those before it
  };
  // Where the matches of a rule that is searched for may begin.
  struct Region {
    std::uint32_t rule = 0;
    std::uint64_t from = 0;
    std::uint64_t to = 0;
  };
  // What stands around a keyword, and what came of it; as much comes of it where the same text comes again,
  // as it does in logs and tables. By `gate_size` bytes of it the gates have decided, by `vain_size` bytes it
  // is known that no rule finds anything.
  struct Around {
    static constexpr std::size_t longest = 122;
    static constexpr std::size_t most_tries = 8;
    struct Try {
      std::uint32_t rule = 0;
      std::uint8_t at = 0;     // in the text
      std::uint8_t until = 0;  // likewise; of text that is in vain
    };

    std::uint32_t use = 0;
    std::uint8_t gate_size = 0;  // 0: nothing is remembered
    std::uint8_t vain_size = 0;  // 0: a rule finds something, or that is not known
    std::uint8_t tried = 0;
    std::array<char, longest> text{};
    std::array<Try, most_tries> tries{};  // of the rules that the gates let pass
  };
  // Canaries of one length.
  struct Lane {
    std::size_t length = 0;
    RollingHash start{0};
    RollingHash hash{0};
    std::uint64_t at = 0;     // of the next window
    bool filled = false;      // hash is of that window
    std::vector<bool> known;  // fingerprints
    std::vector<std::pair<const CanaryForm*, std::uint32_t>> forms;
  };

  void scan_keywords(const Window& window);
  void use_keyword(std::uint32_t use, std::uint64_t anchor, std::uint64_t begin, const Window& window);
  [[nodiscard]] Opening first_opening(std::uint32_t use, std::uint64_t begin, std::uint64_t barrier,
                                      const Window& window) const;
  [[nodiscard]] std::uint64_t barrier_of(std::uint32_t use, std::uint64_t begin, const Window& window) const;
  void try_keyword(std::uint32_t use, std::uint64_t anchor, std::uint64_t begin, const Window& window);
  bool try_pending(Pending& pending, const Window& window);
  void try_rule(std::uint32_t rule, std::uint64_t at, const Window& window);
  void look_up_to(std::uint64_t place);
  void gates_look_up_to(std::uint64_t place);
  bool recall(std::uint32_t use, std::uint64_t begin, const Window& window);
  bool recall(Around& around, bool in_vain, std::uint64_t from, const Window& window);
  void remember(std::uint32_t use, const Window& window);
  void remember_vain(Around& around, const Window& window) const;
  void extend_region(const Search& search, std::uint64_t begin, std::uint64_t barrier);
  void close_regions(const Window& window);
  void try_pending_in_order(const Window& window);
  void scan_digits(const Window& window);
  [[nodiscard]] bool has_shape(std::string_view text, std::size_t behind, std::size_t digits) const;
  void try_letters(std::size_t here, const Window& window);
  void try_digits(std::size_t here, const Window& window);
  void try_gate(const Gate& gate, std::uint64_t at, const Window& window);
  void scan_context(const Window& window);
  void scan_canaries(const Window& window);
  [[nodiscard]] std::uint64_t settled_tail(const Window& window) const;
  [[nodiscard]] std::uint64_t settled_keywords() const;
  [[nodiscard]] std::uint64_t settled_digits(const Window& window) const;
  void scan_lane(Lane& lane, const Window& window);

  const CompiledRules& rules_;
  const LiteralScanner& context_;
  Findings findings_;
  Matcher matcher_;
  std::uint64_t settled_ = 0;
  std::uint64_t needed_ = 0;

  std::uint64_t keywords_at_ = 0;       // the next anchor
  std::uint64_t keywords_barrier_ = 0;  // behind the last barrier before it
  std::deque<Pending> pending_;
  std::vector<Around> around_;  // by a hash
  // Of the keyword that is being tried: where it is remembered, if `sure_of_gates_`; what the gates let pass,
  // and by which text. If `sure_`, that it is in vain.
  Around* around_here_ = nullptr;
  bool sure_of_gates_ = false;
  bool sure_ = false;
  std::uint64_t looked_from_ = 0;
  std::uint64_t gates_looked_to_ = 0;
  std::uint64_t looked_to_ = 0;
  std::size_t tried_ = 0;
  std::array<Around::Try, Around::most_tries> tries_{};
  std::vector<Region> growing_;  // may still be extended
  std::deque<Region> closed_;    // in the order in which they were closed
  std::uint64_t digits_at_ = 0;
  std::uint64_t context_at_ = 0;
  std::uint64_t context_barrier_ = 0;
  ByteSet context_barriers_;
  std::vector<std::uint64_t> context_covered_;
  std::vector<Lane> lanes_;
};

}  // namespace sallyport::validators::output

// What rules are compiled to. Inside the module only.
#pragma once

#include "validators/output/backtracker.hpp"
#include "validators/output/checks.hpp"
#include "validators/output/dfa.hpp"
#include "validators/output/digit_groups.hpp"
#include "validators/output/literal_scanner.hpp"
#include "validators/output/rule.hpp"

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

// What has to stand before a match: the beginning of many patterns, which is looked at without RE2.
enum class Lead : std::uint8_t {
  any,
  boundary,         // \b
  boundary_or_end,  // (?:\b|\\[nrt]): or a line end or tab that is written as in a program
};

struct CompiledRule {
  Lead lead = Lead::any;
  RegexNode tree;  // without the lead, as is `pattern`
  std::unique_ptr<re2::RE2> pattern;
  std::unique_ptr<re2::RE2> allow;  // or null
  std::unique_ptr<Dfa> whole;       // of simple patterns: in place of RE2
  std::optional<Backtracker> backtracker;
  std::vector<int> groups;  // the numbers of secret, secret2, secret3
  std::vector<Check> checks;
  bool begins_with_letters = false;  // of trigger digits
  bool putty = false;                // of trigger pem
};

// Rules that are tried at one place: which of them are worth it, by what follows the keyword there.
struct Gate {
  Dfa dfa;
  std::vector<std::uint32_t> rules;  // by the number of the pattern in `dfa`
  bool needs_lead = false;           // each of them
};

struct GateUse {
  std::uint32_t gate = 0;
  std::size_t back = 0;   // how far before the keyword the matches begin
  std::size_t ahead = 0;  // how far behind their beginning the gate looks on
};

// A rule of which a keyword says only that a match begins from `most` to `least` bytes before the keyword, or
// up to `ahead` bytes behind its beginning.
struct Search {
  std::uint32_t rule = 0;
  std::size_t most = 0;
  std::size_t least = 0;
  std::size_t ahead = 0;
};

struct KeywordUse {
  std::size_t size = 0;        // of the keyword
  std::size_t most_back = 0;   // how far before it a match may begin
  ByteSet next;                // the bytes behind the keyword for which a gate does not refuse at once
  std::vector<GateUse> gates;  // those first whose matches begin first
  std::vector<Search> searches;
};

struct CompiledRules {
  // Bytes that stand in no keyword, nor in a match before its keyword: no match begins before one of them and
  // has its keyword behind it. Ends of lines, with the shipped rules.
  ByteSet barriers;

  std::vector<Rule> rules;
  std::vector<CompiledRule> compiled;  // in the order of `rules`
  std::vector<Canary> canaries;

  LiteralScanner keywords;  // the tag is the index in `uses`
  std::vector<KeywordUse> uses;
  std::vector<Gate> gates;
  std::optional<Gate> digits;               // patterns tried at groups of digits
  std::optional<DigitShapes> digit_shapes;  // of `digits`
  std::optional<Gate> letters;              // those that begin with two letters
  std::size_t longest_digits = 0;           // max_length of rules of trigger digits
  std::size_t most_ahead = 0;               // of all GateUses
  std::size_t most_back = 0;                // how far before the anchor of a keyword a match may begin
};

// Compiles one rule; adds what is wrong to `mistakes` under `key`.
std::optional<CompiledRule> compile_rule(const Rule& rule, const std::string& key,
                                         std::vector<RuleMistake>& mistakes);

// Everything beyond the single rules. They must have been compiled without mistakes.
std::unique_ptr<CompiledRules> compile_rules(std::vector<Rule> rules, std::vector<CompiledRule> compiled,
                                             std::vector<Canary> canaries);

}  // namespace sallyport::validators::output

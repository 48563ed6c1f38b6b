// What rules are compiled to. Inside the module only.
#pragma once

#include "validators/output/checks.hpp"
#include "validators/output/dfa.hpp"
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

struct CompiledRule {
  std::unique_ptr<re2::RE2> pattern;
  std::unique_ptr<re2::RE2> allow;  // or null
  std::unique_ptr<Dfa> whole;       // of simple patterns: in place of RE2
  std::vector<int> groups;          // the numbers of secret, secret2, secret3
  std::vector<Check> checks;
  bool begins_with_letters = false;  // of trigger digits
  bool putty = false;                // of trigger pem
};

// Rules of which a keyword says at which byte a match begins: `back` bytes before the keyword.
struct Gate {
  std::size_t back = 0;
  Dfa dfa;
  std::vector<std::uint32_t> rules;  // by the number of the pattern in `dfa`
};

// Rules of which a keyword says only that a match begins from `most` to `least` bytes before the keyword, or
// up to `ahead` bytes behind its beginning.
struct Search {
  std::uint32_t rule = 0;
  std::size_t most = 0;
  std::size_t least = 0;
  std::size_t ahead = 0;
};

struct KeywordUse {
  std::vector<std::uint32_t> gates;  // into CompiledRules::gates
  std::vector<Search> searches;
};

struct CompiledRules {
  std::vector<Rule> rules;
  std::vector<CompiledRule> compiled;  // in the order of `rules`
  std::vector<Canary> canaries;

  LiteralScanner keywords;  // the tag is the index in `uses`
  std::vector<KeywordUse> uses;
  std::vector<Gate> gates;
  std::optional<Gate> digits;      // patterns tried at groups of digits
  std::optional<Gate> letters;     // those that begin with two letters
  std::size_t longest_digits = 0;  // max_length of rules of trigger digits
  std::size_t most_back = 0;       // how far before the anchor of a keyword a match may begin
};

// Compiles one rule; adds what is wrong to `mistakes` under `key`.
std::optional<CompiledRule> compile_rule(const Rule& rule, const std::string& key,
                                         std::vector<RuleMistake>& mistakes);

// Everything beyond the single rules. They must have been compiled without mistakes.
std::unique_ptr<CompiledRules> compile_rules(std::vector<Rule> rules, std::vector<CompiledRule> compiled,
                                             std::vector<Canary> canaries);

}  // namespace sallyport::validators::output

// The usual way to look for secrets, as a measure for the engine: an automaton finds the keywords, and around
// each one RE2 searches for its rules. Finds matches; checks nothing.
#pragma once

#include "validators/output/rule.hpp"

#include <re2/re2.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace sallyport::bench {

class KeywordWindows {
 public:
  explicit KeywordWindows(const std::vector<validators::output::Rule>& rules);

  struct Seen {
    std::uint64_t keywords = 0;
    std::uint64_t matches = 0;
  };
  // What stands in the text; without `search` the keywords alone are counted.
  [[nodiscard]] Seen scan(std::string_view text, bool search = true) const;

 private:
  // Aho and Corasick's automaton, with a row of all bytes for each state.
  struct State {
    std::array<std::uint32_t, 256> next{};
    std::vector<std::uint32_t> keywords;  // that end here
    std::uint32_t fallback = 0;
  };
  struct Keyword {
    std::size_t size = 0;
    std::vector<std::uint32_t> rules;
  };
  struct Search {
    std::unique_ptr<re2::RE2> pattern;
    std::size_t before = 0;  // where a match may begin before its keyword
    std::size_t behind = 0;
  };

  void add_keyword(std::string_view keyword, std::uint32_t rule);
  void link();

  std::vector<State> states_{1};
  std::vector<Keyword> keywords_;
  std::vector<Search> searches_;  // by rule
};

}  // namespace sallyport::bench

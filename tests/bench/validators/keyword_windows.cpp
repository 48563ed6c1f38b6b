#include "keyword_windows.hpp"

#include "rule_search.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <string>

namespace sallyport::bench {

KeywordWindows::KeywordWindows(const std::vector<validators::output::Rule>& rules) {
  for (const auto& rule : rules) {
    const auto number = static_cast<std::uint32_t>(searches_.size());
    // A keyword may stand at the end of a match, or so far from it.
    constexpr std::size_t usual_before = 64;
    searches_.push_back({pattern_of(rule), std::max(usual_before, rule.keyword_distance), rule.max_length});
    for (const auto& keyword : rule.keywords) add_keyword(keyword, number);
  }
  link();
}

void KeywordWindows::add_keyword(std::string_view keyword, std::uint32_t rule) {
  std::uint32_t state = 0;
  for (const char c : keyword) {
    const auto byte = static_cast<unsigned char>(c);
    if (states_[state].next[byte] == 0) {
      states_[state].next[byte] = static_cast<std::uint32_t>(states_.size());
      states_.emplace_back();
    }
    state = states_[state].next[byte];
  }
  auto& found = states_[state].keywords;
  if (found.empty()) {
    found.push_back(static_cast<std::uint32_t>(keywords_.size()));
    keywords_.push_back({keyword.size(), {}});
  }
  keywords_[found.front()].rules.push_back(rule);
}

// Each state, nearest to the root first, gets what its longest proper suffix has.
void KeywordWindows::link() {
  std::deque<std::uint32_t> open;
  for (const auto next : states_.front().next) {
    if (next != 0) open.push_back(next);
  }
  while (!open.empty()) {
    const std::uint32_t at = open.front();
    open.pop_front();
    const State& suffix = states_[states_[at].fallback];
    states_[at].keywords.insert(states_[at].keywords.end(), suffix.keywords.begin(), suffix.keywords.end());
    for (std::size_t byte = 0; byte < suffix.next.size(); ++byte) {
      auto& next = states_[at].next[byte];
      if (next == 0) {
        next = suffix.next[byte];
      } else {
        states_[next].fallback = suffix.next[byte];
        open.push_back(next);
      }
    }
  }
  for (auto& state : states_) {
    for (char c = 'A'; c <= 'Z'; ++c) {
      state.next[static_cast<unsigned char>(c)] = state.next[static_cast<unsigned char>(c - 'A' + 'a')];
    }
  }
}

KeywordWindows::Seen KeywordWindows::scan(std::string_view text, bool search) const {
  Seen seen;
  std::vector<std::size_t> searched(searches_.size());  // by rule: up to where
  std::uint32_t state = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    state = states_[state].next[static_cast<unsigned char>(text[at])];
    for (const auto number : states_[state].keywords) {
      ++seen.keywords;
      const Keyword& keyword = keywords_[number];
      const std::size_t begin = at + 1 - keyword.size;
      for (const auto rule : keyword.rules) {
        const Search& wanted = searches_[rule];
        const std::size_t end = std::min(text.size(), begin + wanted.behind);
        const std::size_t from = std::max(begin - std::min(begin, wanted.before), searched[rule]);
        if (search) seen.matches += count_matches(*wanted.pattern, text, from, end);
        searched[rule] = std::max(searched[rule], end);
      }
    }
  }
  return seen;
}

}  // namespace sallyport::bench

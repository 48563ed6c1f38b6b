#include "validators/output/compiled_rules.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace sallyport::validators::output {
namespace {

// Of one pattern's automata. A budget, not what is used.
constexpr std::int64_t most_pattern_memory = std::int64_t{8} << 20U;

re2::RE2::Options options() {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_max_mem(most_pattern_memory);
  return options;
}

// Lines are what has ends in a stream.
std::unique_ptr<re2::RE2> compile(const std::string& pattern) {
  return std::make_unique<re2::RE2>("(?m)" + pattern, options());
}

// The lead of the pattern, which is taken off.
Lead take_lead(std::string& pattern) {
  std::string flags;
  std::string_view rest = pattern;
  if (rest.starts_with("(?i)")) {
    flags = "(?i)";
    rest.remove_prefix(flags.size());
  }
  const auto take = [&rest](std::string_view lead) {
    if (!rest.starts_with(lead) || rest.size() == lead.size()) {
      return false;
    }
    rest.remove_prefix(lead.size());
    return true;
  };
  Lead lead = Lead::any;
  if (take("(?:\\b|\\\\[nrt])")) {
    lead = Lead::boundary_or_end;
  } else if (take("\\b")) {
    lead = Lead::boundary;
  }
  pattern = flags + std::string(rest);
  return lead;
}

bool is_named(const RegexNode& node) {
  return !node.group.empty();
}

// Whether the whole pattern but for `\b` at its end is the one group.
bool is_all_secret(const RegexNode& root) {
  if (is_named(root)) {
    return true;
  }
  if (root.kind != RegexNode::Kind::sequence) {
    return false;
  }
  std::size_t groups = 0;
  for (const auto& part : root.parts) {
    if (part.kind == RegexNode::Kind::word_boundary &&
        (&part == &root.parts.front() || &part == &root.parts.back())) {
      continue;
    }
    if (!is_named(part)) {
      return false;
    }
    ++groups;
  }
  return groups == 1;
}

bool has_lazy_repeat(const RegexNode& node) {
  if (node.kind == RegexNode::Kind::repeat && !node.greedy) {
    return true;
  }
  return std::any_of(node.parts.begin(), node.parts.end(), has_lazy_repeat);
}

// The bytes that a match may begin with.
ByteSet first_bytes(const RegexNode& node) {
  switch (node.kind) {
    case RegexNode::Kind::bytes:
      return node.bytes;
    case RegexNode::Kind::sequence: {
      ByteSet all;
      for (const auto& part : node.parts) {
        all |= first_bytes(part);
        if (lengths_of(part).least > 0) {
          break;
        }
      }
      return all;
    }
    case RegexNode::Kind::choice:
    case RegexNode::Kind::repeat: {
      ByteSet all;
      for (const auto& part : node.parts) {
        all |= first_bytes(part);
      }
      return all;
    }
    default:
      return {};
  }
}

// The bytes that a match may have among its first `limit`.
ByteSet bytes_before(const RegexNode& node, std::size_t limit) {
  if (limit == 0) {
    return {};
  }
  if (node.kind == RegexNode::Kind::bytes) {
    return node.bytes;
  }
  ByteSet all;
  std::size_t least = 0;
  for (const auto& part : node.parts) {
    if (least >= limit) {
      break;
    }
    all |= bytes_before(part, limit - least);
    if (node.kind == RegexNode::Kind::sequence) {
      least += lengths_of(part).least;
    }
  }
  if (node.kind == RegexNode::Kind::repeat && !node.parts.empty() && node.most > 1) {
    all |= bytes_before(node.parts.front(), unlimited);
  }
  return all;
}

void find_groups(CompiledRule& rule) {
  const auto& named = rule.pattern->NamedCapturingGroups();
  for (const char* const name : {"secret", "secret2", "secret3"}) {
    if (const auto found = named.find(name); found != named.end()) {
      rule.groups.push_back(found->second);
    }
  }
}

// Whether the pattern is alternatives as a whole, of which a lead would be part of the first.
bool has_top_choice(const std::string& pattern) {
  std::string why;
  const auto tree = parse_regex(pattern, why);
  return !tree || tree->kind == RegexNode::Kind::choice;
}

bool compile_allow(const Rule& rule, const std::string& key, CompiledRule& into,
                   std::vector<RuleMistake>& mistakes) {
  std::string all;
  for (std::size_t i = 0; i < rule.allow.size(); ++i) {
    const re2::RE2 one(rule.allow[i], options());
    if (!one.ok()) {
      mistakes.push_back({key + ".allow[" + std::to_string(i) + "]", "RE2 refuses it: " + one.error()});
      return false;
    }
    all += (i == 0 ? "(?:" : "|(?:") + rule.allow[i] + ")";
  }
  if (!all.empty()) {
    into.allow = compile("(?:" + all + ")");
  }
  return true;
}

}  // namespace

std::optional<CompiledRule> compile_rule(const Rule& rule, const std::string& key,
                                         std::vector<RuleMistake>& mistakes) {
  CompiledRule result;
  std::string why;
  const bool top_choice = has_top_choice(rule.pattern);
  std::string pattern = rule.pattern;
  result.lead = top_choice ? Lead::any : take_lead(pattern);
  auto tree = parse_regex(pattern, why);
  result.pattern = compile(pattern);
  const auto mistake = [&](const char* part, std::string message) {
    mistakes.push_back({key + "." + part, std::move(message)});
    return std::nullopt;
  };
  if (!result.pattern->ok()) {
    return mistake("pattern", "RE2 refuses it: " + result.pattern->error());
  }
  if (!tree) {
    return mistake("pattern", "has " + why);
  }
  find_groups(result);
  if (result.groups.empty() || !result.pattern->NamedCapturingGroups().contains("secret")) {
    return mistake("pattern", "has no group (?P<secret>...)");
  }
  const auto lengths = lengths_of(*tree);
  if (lengths.least == 0) {
    return mistake("pattern", "matches an empty text");
  }
  if (lengths.least > rule.max_length) {
    return mistake("pattern",
                   "matches no text of max_length (" + std::to_string(rule.max_length) + ") bytes");
  }
  if (!compile_allow(rule, key, result, mistakes)) {
    return std::nullopt;
  }
  for (const auto& name : rule.validators) {
    if (const auto check = check_from(name)) {
      result.checks.push_back(*check);
    }
  }
  const auto first = first_bytes(*tree);
  result.begins_with_letters = rule.trigger == Trigger::digits && first.test('D');
  result.putty = rule.trigger == Trigger::pem && first.test('P');
  if (rule.trigger != Trigger::pem && lengths.most <= rule.max_length && is_all_secret(*tree) &&
      !has_lazy_repeat(*tree)) {
    if (auto whole = Dfa::whole(*tree)) {
      result.whole = std::make_unique<Dfa>(std::move(*whole));
    }
  }
  if (!result.whole) {
    result.backtracker = Backtracker::compile(*tree);
  }
  result.tree = std::move(*tree);
  return result;
}

namespace {

// A rule with more places for its keyword is searched for.
constexpr std::size_t most_offsets = 10;
constexpr std::size_t most_copies = 64;  // of a repetition, for gates

// Collects what is tried where.
class Assembler {
 public:
  explicit Assembler(CompiledRules& into) : into_(into), nfa_(most_copies) { into_.barriers.set(); }

  void add(std::uint32_t index) {
    const Rule& rule = into_.rules[index];
    const CompiledRule& compiled = into_.compiled[index];
    nfa_.add(compiled.tree);
    if (rule.trigger == Trigger::digits) {
      (compiled.begins_with_letters ? letters_ : digits_).push_back(index);
      into_.longest_digits = std::max(into_.longest_digits, rule.max_length);
      return;
    }
    const auto offsets =
        rule.keyword_distance == 0 ? offsets_of_keywords(compiled.tree, rule.keywords) : std::nullopt;
    // One way for all keywords of a rule.
    const bool fixed = offsets && std::all_of(offsets->begin(), offsets->end(), [](const Offsets& each) {
                         return each.count() <= most_offsets;
                       });
    std::size_t before = 0;
    for (std::size_t i = 0; i < rule.keywords.size(); ++i) {
      if (fixed) {
        before = std::max(before, add_fixed(index, rule.keywords[i], (*offsets)[i]));
      } else {
        before = std::max(before, add_search(index, rule.keywords[i],
                                             offsets ? std::optional((*offsets)[i]) : std::nullopt));
      }
    }
    into_.barriers &= ~bytes_before(compiled.tree, before);
  }

  void finish() {
    std::vector<Literal> literals;
    for (const auto& keyword : keywords_) {
      for (const char c : keyword) {
        into_.barriers.reset(static_cast<unsigned char>(c));
        if (c >= 'a' && c <= 'z') {
          into_.barriers.reset(static_cast<unsigned char>(c - 'a' + 'A'));
        }
      }
      KeywordUse use;
      use.size = keyword.size();
      const auto& groups = fixed_[keyword];
      for (const auto& [back, rules] : groups) {
        for (std::size_t i = 0; i < rules.size(); i += Dfa::most_patterns) {
          const auto end = std::min(rules.size(), i + Dfa::most_patterns);
          add_gates({rules.begin() + static_cast<std::ptrdiff_t>(i),
                     rules.begin() + static_cast<std::ptrdiff_t>(end)},
                    back, keyword, use);
          into_.most_ahead = std::max(into_.most_ahead, back + keyword.size());
        }
      }
      use.searches = std::move(searches_[keyword]);
      use.most_back = groups.empty() ? 0 : groups.begin()->first;
      for (const auto& search : use.searches) {
        use.most_back = std::max(use.most_back, search.most);
      }
      literals.push_back({keyword, false, static_cast<std::uint32_t>(into_.uses.size())});
      into_.uses.push_back(std::move(use));
    }
    into_.keywords = LiteralScanner(std::move(literals));
    into_.most_back = most_back_ + into_.keywords.most_before();
    if (!digits_.empty()) {
      into_.digits = into_.gates[gate(digits_, 0, "")];
      into_.digit_shapes.emplace(into_.digits->dfa);
    }
    if (!letters_.empty()) {
      into_.letters = into_.gates[gate(letters_, 0, "")];
    }
  }

 private:
  // One gate for all of the rules if it holds them to the end; else several, which refuse more.
  void add_gates(const std::vector<std::uint32_t>& rules, std::size_t back, const std::string& keyword,
                 KeywordUse& use) {
    const auto number = gate(rules, back, keyword);
    const Dfa& dfa = into_.gates[number].dfa;
    if (!dfa.is_complete() && rules.size() > 1) {
      const auto half = rules.begin() + static_cast<std::ptrdiff_t>(rules.size() / 2);
      add_gates({rules.begin(), half}, back, keyword, use);
      add_gates({half, rules.end()}, back, keyword, use);
      return;
    }
    use.gates.push_back({number, back, back + keyword.size()});
    use.next |= dfa.first_bytes();
  }

  // Keywords of the same rules often lead to the same place in their patterns.
  std::uint32_t gate(const std::vector<std::uint32_t>& rules, std::size_t back, std::string_view keyword) {
    std::vector<Nfa::Threads> threads;
    std::vector<std::uint32_t> key;
    for (const auto rule : rules) {
      threads.push_back(nfa_.behind(rule, back, keyword));
      key.push_back(rule);
      key.push_back(static_cast<std::uint32_t>(threads.back().accepted));
      key.insert(key.end(), threads.back().nodes.begin(), threads.back().nodes.end());
      key.push_back(0xFFFFFFFFU);
    }
    const auto [known, added] =
        known_gates_.emplace(std::move(key), static_cast<std::uint32_t>(into_.gates.size()));
    if (added) {
      const bool lead = std::all_of(rules.begin(), rules.end(),
                                    [this](auto rule) { return into_.compiled[rule].lead != Lead::any; });
      into_.gates.push_back({Dfa::gate(nfa_, threads), rules, lead});
    }
    return known->second;
  }

  // How far before the keyword a match may begin.
  std::size_t add_fixed(std::uint32_t index, const std::string& keyword, const Offsets& offsets) {
    std::size_t most = 0;
    for (std::size_t back = 0; back <= longest_offset; ++back) {
      if (offsets.test(back)) {
        keywords_.insert(keyword);
        fixed_[keyword][back].push_back(index);
        most = back;
      }
    }
    most_back_ = std::max(most_back_, most);
    return most;
  }

  // Likewise.
  std::size_t add_search(std::uint32_t index, const std::string& keyword,
                         const std::optional<Offsets>& offsets) {
    const Rule& rule = into_.rules[index];
    Search search{index, 0, 0, 0};
    if (rule.keyword_distance > 0) {
      search.ahead = keyword.size() + rule.keyword_distance;
    } else if (!offsets) {
      search.most = rule.max_length;
    } else if (offsets->none()) {
      return 0;  // Its other keywords are in all matches.
    } else {
      for (std::size_t i = 0; i <= longest_offset; ++i) {
        search.most = offsets->test(i) ? i : search.most;
        search.least = offsets->test(longest_offset - i) ? longest_offset - i : search.least;
      }
    }
    keywords_.insert(keyword);
    searches_[keyword].push_back(search);
    most_back_ = std::max(most_back_, search.most);
    return search.most;
  }

  CompiledRules& into_;
  Nfa nfa_;
  std::set<std::string> keywords_;
  // The matches that begin furthest before their keyword come first.
  std::map<std::string, std::map<std::size_t, std::vector<std::uint32_t>, std::greater<>>> fixed_;
  std::map<std::string, std::vector<Search>> searches_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> known_gates_;
  std::vector<std::uint32_t> digits_;
  std::vector<std::uint32_t> letters_;
  std::size_t most_back_ = 0;
};

}  // namespace

std::unique_ptr<CompiledRules> compile_rules(std::vector<Rule> rules, std::vector<CompiledRule> compiled,
                                             std::vector<Canary> canaries) {
  auto result = std::make_unique<CompiledRules>();
  result->rules = std::move(rules);
  result->compiled = std::move(compiled);
  result->canaries = std::move(canaries);
  Assembler assembler(*result);
  for (std::uint32_t i = 0; i < result->rules.size(); ++i) {
    assembler.add(i);
  }
  assembler.finish();
  return result;
}

}  // namespace sallyport::validators::output

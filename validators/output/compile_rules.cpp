#include "validators/output/compiled_rules.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace sallyport::validators::output {
namespace {

// Of one pattern's automata. A budget, not what is used.
constexpr std::int64_t most_pattern_memory = std::int64_t{1} << 20U;

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

bool is_named(const RegexNode& node) {
  return !node.group.empty();
}

// Whether the whole pattern but for `\b` at its ends is the one group.
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

void find_groups(CompiledRule& rule) {
  const auto& named = rule.pattern->NamedCapturingGroups();
  for (const char* const name : {"secret", "secret2", "secret3"}) {
    if (const auto found = named.find(name); found != named.end()) {
      rule.groups.push_back(found->second);
    }
  }
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
  const auto tree = parse_regex(rule.pattern, why);
  result.pattern = compile(rule.pattern);
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
  return result;
}

namespace {

// Collects what is tried where.
class Assembler {
 public:
  explicit Assembler(CompiledRules& into) : into_(into) {}

  void add(std::uint32_t index) {
    const Rule& rule = into_.rules[index];
    std::string why;
    trees_.push_back(*parse_regex(rule.pattern, why));
    if (rule.trigger == Trigger::digits) {
      (into_.compiled[index].begins_with_letters ? letters_ : digits_).push_back(index);
      into_.longest_digits = std::max(into_.longest_digits, rule.max_length);
      return;
    }
    // One way for all keywords of a rule.
    bool fixed = rule.keyword_distance == 0;
    std::vector<std::optional<KeywordPlace>> places;
    for (const auto& keyword : rule.keywords) {
      places.push_back(place_of_keyword(trees_.back(), rule.keywords, keyword));
      fixed = fixed && places.back() && places.back()->least >= places.back()->most;
    }
    for (std::size_t i = 0; i < rule.keywords.size(); ++i) {
      add_keyword(index, rule.keywords[i], places[i], fixed);
    }
  }

  void finish() {
    std::vector<Literal> literals;
    for (auto& [keyword, groups] : fixed_) {
      KeywordUse use;
      for (auto& [back, rules] : groups) {
        for (std::size_t i = 0; i < rules.size(); i += Dfa::most_patterns) {
          const auto end = std::min(rules.size(), i + Dfa::most_patterns);
          use.gates.push_back(static_cast<std::uint32_t>(into_.gates.size()));
          into_.gates.push_back(gate(back, {rules.begin() + static_cast<std::ptrdiff_t>(i),
                                            rules.begin() + static_cast<std::ptrdiff_t>(end)}));
        }
      }
      use.searches = std::move(searches_[keyword]);
      literals.push_back({keyword, false, static_cast<std::uint32_t>(into_.uses.size())});
      into_.uses.push_back(std::move(use));
    }
    into_.keywords = LiteralScanner(std::move(literals));
    into_.most_back = most_back_ + into_.keywords.most_before();
    if (!digits_.empty()) {
      into_.digits = gate(0, digits_);
    }
    if (!letters_.empty()) {
      into_.letters = gate(2, letters_);
    }
  }

 private:
  Gate gate(std::size_t back, const std::vector<std::uint32_t>& rules) const {
    std::vector<const RegexNode*> patterns;
    patterns.reserve(rules.size());
    for (const auto rule : rules) {
      patterns.push_back(&trees_[rule]);
    }
    return {back, Dfa::gate(patterns), rules};
  }

  void add_keyword(std::uint32_t index, const std::string& keyword, const std::optional<KeywordPlace>& place,
                   bool fixed) {
    const Rule& rule = into_.rules[index];
    auto& groups = fixed_[keyword];
    if (place && place->least > place->most) {
      return;  // Its other keywords are in all matches.
    }
    if (fixed) {
      groups[place->least].push_back(index);
      most_back_ = std::max(most_back_, place->least);
    } else if (rule.keyword_distance > 0) {
      searches_[keyword].push_back({index, 0, 0, keyword.size() + rule.keyword_distance});
    } else {
      const KeywordPlace anywhere{0, rule.max_length};
      const auto [least, most] = place.value_or(anywhere);
      searches_[keyword].push_back(
          {index, std::min(most, rule.max_length), std::min(least, rule.max_length), 0});
      most_back_ = std::max(most_back_, std::min(most, rule.max_length));
    }
  }

  CompiledRules& into_;
  std::vector<RegexNode> trees_;
  std::map<std::string, std::map<std::size_t, std::vector<std::uint32_t>>> fixed_;
  std::map<std::string, std::vector<Search>> searches_;
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

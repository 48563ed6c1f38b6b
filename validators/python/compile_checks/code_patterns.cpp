#include "validators/python/compile_checks/code_pass.hpp"
#include "validators/python/compile_checks/pattern_keys.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace sallyport::validators::python::checks {
namespace {

// The names that a pattern has captured so far, in order.
class Captures {
 public:
  bool contains(ast::Identifier name) const {
    if (!index_.empty()) {
      return index_.contains(name);
    }
    return std::find(names_.begin(), names_.end(), name) != names_.end();
  }

  void add(ast::Identifier name) {
    // Up to here searching the list is faster.
    constexpr std::size_t short_list = 16;
    names_.push_back(name);
    if (names_.size() == short_list) {
      index_.insert(names_.begin(), names_.end());
    }
    if (names_.size() > short_list) {
      index_.insert(name);
    }
  }

  const std::vector<ast::Identifier>& names() const { return names_; }

 private:
  std::vector<ast::Identifier> names_;
  std::unordered_set<ast::Identifier> index_;
};

bool is_wildcard(const ast::Pattern& node) {
  const auto* capture = ast::as<ast::MatchAs>(&node);
  return capture != nullptr && capture->pattern == nullptr && capture->name.empty();
}

}  // namespace

struct CodePass::PatternContext {
  Captures captures;
  // Whether a pattern that matches everything may stand here: it is the last, or guarded, or part of another.
  bool allows_irrefutable = false;
};

bool CodePass::match_statement(const ast::Match& node) {
  if (!expression(*node.subject)) {
    return false;
  }
  for (std::size_t i = 0; i < node.cases.size(); ++i) {
    const ast::MatchCase& part = *node.cases[i];
    const bool is_last = i + 1 == node.cases.size();
    if (!is_last || node.cases.size() == 1 || !is_wildcard(*part.pattern)) {
      PatternContext context;
      context.allows_irrefutable = part.guard != nullptr || is_last;
      begun_pattern_ = part.pattern;
      if (!pattern(*part.pattern, context)) {
        return false;
      }
    }
    begun_ = &part.pattern->location;
    if (!optional_expression(part.guard) || !statements(part.body)) {
      return false;
    }
  }
  return true;
}

// Before 3.12 errors stand at the pattern begun last, which may be a part of the one that is wrong.
const ast::Location& CodePass::pattern_location(const ast::Pattern& node) const {
  return version_ >= Version::v3_12 ? node.location : begun_pattern_->location;
}

bool CodePass::pattern(const ast::Pattern& node, PatternContext& context) {
  using Kind = ast::NodeKind;
  begun_pattern_ = &node;
  switch (node.kind) {
    case Kind::MatchValue: {
      const ast::Expr& value = *static_cast<const ast::MatchValue&>(node).value;
      if (value.kind != Kind::Attribute && !pattern_key(value)) {
        return report_.refuse(node.location, "patterns may only match literals and attribute lookups");
      }
      return expression(value);
    }
    case Kind::MatchSequence:
      return sequence_pattern(static_cast<const ast::MatchSequence&>(node), context);
    case Kind::MatchMapping:
      return mapping_pattern(static_cast<const ast::MatchMapping&>(node), context);
    case Kind::MatchClass:
      return class_pattern(static_cast<const ast::MatchClass&>(node), context);
    case Kind::MatchStar:
      return capture(static_cast<const ast::MatchStar&>(node).name, node, context);
    case Kind::MatchAs:
      return as_pattern(static_cast<const ast::MatchAs&>(node), context);
    case Kind::MatchOr:
      return or_pattern(static_cast<const ast::MatchOr&>(node), context);
    default:
      return true;
  }
}

bool CodePass::subpattern(const ast::Pattern& node, PatternContext& context) {
  const bool outer = context.allows_irrefutable;
  context.allows_irrefutable = true;
  if (!pattern(node, context)) {
    return false;
  }
  context.allows_irrefutable = outer;
  return true;
}

bool CodePass::capture(ast::Identifier name, const ast::Pattern& node, PatternContext& context) {
  if (name.empty()) {
    return true;
  }
  if (!allows_store(name, pattern_location(node))) {
    return false;
  }
  if (context.captures.contains(name)) {
    return report_.refuse(pattern_location(node),
                          "multiple assignments to name " + quoted(name) + " in pattern");
  }
  context.captures.add(name);
  return true;
}

bool CodePass::as_pattern(const ast::MatchAs& node, PatternContext& context) {
  if (node.pattern != nullptr) {
    return pattern(*node.pattern, context) && capture(node.name, node, context);
  }
  if (!context.allows_irrefutable) {
    return report_.refuse(node.location, node.name.empty() ? "wildcard makes remaining patterns unreachable"
                                                           : "name capture " + quoted(node.name) +
                                                                 " makes remaining patterns unreachable");
  }
  return capture(node.name, node, context);
}

bool CodePass::sequence_pattern(const ast::MatchSequence& node, PatternContext& context) {
  const auto is_star = [](const ast::Pattern* part) { return part->kind == ast::NodeKind::MatchStar; };
  const auto star = std::find_if(node.patterns.begin(), node.patterns.end(), is_star);
  if (star != node.patterns.end() && std::any_of(star + 1, node.patterns.end(), is_star)) {
    return report_.refuse(node.location, "multiple starred names in sequence pattern");
  }
  const bool is_plain_star =
      star != node.patterns.end() && static_cast<const ast::MatchStar&>(**star).name.empty();
  constexpr std::ptrdiff_t most_before_star = 255;
  if (star != node.patterns.end() && !is_plain_star && star - node.patterns.begin() > most_before_star) {
    return report_.refuse(node.location, "too many expressions in star-unpacking sequence pattern");
  }
  return std::all_of(node.patterns.begin(), node.patterns.end(),
                     [&](const ast::Pattern* part) { return subpattern(*part, context); });
}

bool CodePass::mapping_pattern(const ast::MatchMapping& node, PatternContext& context) {
  std::unordered_set<std::string> seen;
  for (const ast::Expr* node_key : node.keys) {
    if (const auto key = pattern_key(*node_key)) {
      if (!seen.insert(key->identity).second) {
        return report_.refuse(node.location, "mapping pattern checks duplicate key (" + key->shown + ")");
      }
    } else if (node_key->kind != ast::NodeKind::Attribute) {
      return report_.refuse(node.location,
                            "mapping pattern keys may only match literals and attribute lookups");
    }
    if (!expression(*node_key)) {
      return false;
    }
  }
  for (const ast::Pattern* part : node.patterns) {
    if (!subpattern(*part, context)) {
      return false;
    }
  }
  return capture(node.rest, node, context);
}

bool CodePass::class_pattern(const ast::MatchClass& node, PatternContext& context) {
  if (!keyword_patterns(node) || !expression(*node.cls)) {
    return false;
  }
  const auto match = [&](const ast::Pattern* part) {
    return is_wildcard(*part) || subpattern(*part, context);
  };
  return std::all_of(node.patterns.begin(), node.patterns.end(), match) &&
         std::all_of(node.kwd_patterns.begin(), node.kwd_patterns.end(), match);
}

bool CodePass::keyword_patterns(const ast::MatchClass& node) {
  const auto& names = node.kwd_attrs;
  // The first name that comes again, where it comes again.
  std::vector<std::uint32_t> order(names.size());
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t left, std::uint32_t right) { return names[left] < names[right]; });
  std::size_t first = names.size();
  std::size_t second = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (names[order[i - 1]] == names[order[i]] && order[i - 1] < first) {
      first = order[i - 1];
      second = order[i];
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!allows_store(names[i], node.kwd_patterns[i]->location)) {
      return false;
    }
    if (i == first) {
      return report_.refuse(node.kwd_patterns[second]->location,
                            "attribute name repeated in class pattern: " + std::string(names[i]));
    }
  }
  return true;
}

bool CodePass::or_pattern(const ast::MatchOr& node, PatternContext& context) {
  Captures expected;
  for (std::size_t i = 0; i < node.patterns.size(); ++i) {
    PatternContext alternative;
    alternative.allows_irrefutable = i + 1 == node.patterns.size() && context.allows_irrefutable;
    if (!pattern(*node.patterns[i], alternative)) {
      return false;
    }
    if (i == 0) {
      expected = std::move(alternative.captures);
      continue;
    }
    const auto& names = alternative.captures.names();
    const bool same = names.size() == expected.names().size() &&
                      std::all_of(names.begin(), names.end(),
                                  [&](ast::Identifier name) { return expected.contains(name); });
    if (!same) {
      return report_.refuse(pattern_location(node), "alternative patterns bind different names");
    }
  }
  for (const ast::Identifier name : expected.names()) {
    if (context.captures.contains(name)) {
      return report_.refuse(pattern_location(node),
                            "multiple assignments to name " + quoted(name) + " in pattern");
    }
    context.captures.add(name);
  }
  return true;
}

}  // namespace sallyport::validators::python::checks

// The rules of the second door, compiled: what OutputValidator and Redactor work with.
#pragma once

#include "validators/output/rule.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

struct CompiledRules;

// Immutable once it is made; shared between threads.
class RuleSet {
 public:
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;
  RuleSet(RuleSet&&) = delete;
  RuleSet& operator=(RuleSet&&) = delete;

  // Those that are enabled.
  [[nodiscard]] const std::vector<Rule>& rules() const;
  [[nodiscard]] const std::vector<Canary>& canaries() const;
  // Of the tables of the engine, without RE2's own caches.
  [[nodiscard]] std::size_t memory() const;
  // Rules whose keyword may stand anywhere in a match, which makes them slow.
  [[nodiscard]] std::vector<std::string> slow_rules() const;

  // For the engine.
  [[nodiscard]] const CompiledRules& compiled() const { return *compiled_; }

 private:
  friend struct RuleLoader;
  explicit RuleSet(std::unique_ptr<CompiledRules> compiled);
  std::unique_ptr<CompiledRules> compiled_;
};

struct LoadedRules {
  std::shared_ptr<const RuleSet> rules;  // null if there is any mistake
  std::vector<RuleMistake> mistakes;     // of `own`
};

// The shipped rules, with an operator's file laid over them (empty: none). Never throws for anything in the
// text; the examples of all rules of `own` are tried. FORMAT.md describes the file.
LoadedRules load_rules(std::string_view own = {});

// Only the rules of this text, with nothing below them.
LoadedRules load_rules_alone(std::string_view text);

}  // namespace sallyport::validators::output

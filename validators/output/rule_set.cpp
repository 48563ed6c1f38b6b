#include "validators/output/rule_set.hpp"

#include "validators/output/compiled_rules.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace sallyport::validators::output {

RuleSet::RuleSet(std::unique_ptr<CompiledRules> compiled) : compiled_(std::move(compiled)) {}
RuleSet::~RuleSet() = default;

const std::vector<Rule>& RuleSet::rules() const {
  return compiled_->rules;
}
const std::vector<Canary>& RuleSet::canaries() const {
  return compiled_->canaries;
}

std::size_t RuleSet::memory() const {
  std::size_t bytes = compiled_->keywords.memory();
  for (const auto& gate : compiled_->gates) {
    bytes += gate.dfa.memory() + gate.rules.capacity() * sizeof(std::uint32_t);
  }
  for (const auto& rule : compiled_->compiled) {
    bytes += rule.whole ? rule.whole->memory() : 0;
  }
  return bytes;
}

std::vector<std::string> RuleSet::slow_rules() const {
  std::set<std::string> found;
  for (const auto& use : compiled_->uses) {
    for (const auto& search : use.searches) {
      found.insert(compiled_->rules[search.rule].id);
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace sallyport::validators::output

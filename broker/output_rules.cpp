#include "broker/output_rules.hpp"

#include "broker/text_file.hpp"

#include <cstdint>
#include <stdexcept>
#include <utility>

namespace sallyport::broker {
namespace {

constexpr std::uintmax_t kMaxRuleBytes = 8U * 1024 * 1024;

}  // namespace

OutputRules::OutputRules(std::string file) : file_(std::move(file)) {
  validators::output::LoadedRules shipped = validators::output::load_rules();
  if (!shipped.rules) throw std::logic_error("the shipped output rules: " + shipped.mistakes.front().text());
  rules_ = std::move(shipped.rules);
}

std::vector<std::string> OutputRules::load() {
  if (file_.empty()) return {};
  const TextFile file = read_text_file(file_, kMaxRuleBytes);
  if (!file.mistake.empty()) return {file_ + ": " + file.mistake};
  validators::output::LoadedRules loaded = validators::output::load_rules(file.text);
  std::vector<std::string> mistakes;
  for (const validators::output::RuleMistake& found : loaded.mistakes) {
    mistakes.push_back(file_ + ": " + found.text());
  }
  if (!loaded.rules) return mistakes;
  const std::lock_guard lock(mutex_);
  rules_ = std::move(loaded.rules);
  ++generation_;
  return mistakes;
}

OutputRules::Pointer OutputRules::current() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

}  // namespace sallyport::broker

// Texts that a program has or puts together, wherever they go.
#include "validators/policy/checker/checker.hpp"

#include <algorithm>
#include <string>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::size_t short_text = 200;  // checked wherever it stands; longer ones once

bool has(const TextRule& rule, std::string_view text) {
  return rule.exact.contains(text) ||
         std::any_of(rule.contains.begin(), rule.contains.end(),
                     [text](const std::string& part) { return text.find(part) != std::string_view::npos; });
}

}  // namespace

void Checker::check_text(const Expr& node) {
  if (const auto* constant = as<Constant>(&node); constant != nullptr &&
                                                  constant->value_kind != ConstantKind::Str &&
                                                  constant->value_kind != ConstantKind::Bytes) {
    return;
  }
  for (const auto& value : evaluator_.values(&node)) {
    if (node.kind != NodeKind::Constant && !value.assembled) {
      continue;
    }
    const auto text = value.text.substr(0, longest_checked_text);
    if (text.size() > short_text && !checked_.insert(text.data()).second) {
      continue;
    }
    // A template that reads what is forbidden is one wherever it goes: Styler.format, matplotlib's
    // formatters.
    if (value.kind == ValueKind::text && text.find('{') != std::string_view::npos) {
      check_template(text, node, nullptr, 0);
    }
    check_text_value(value, node);
  }
}

void Checker::check_text_value(const Value& value, const Node& node) {
  if (value.kind != ValueKind::text && value.kind != ValueKind::bytes) {
    return;
  }
  const auto text = value.text.substr(0, longest_checked_text);
  if (tempting_.empty() && forbidden_name(text)) {
    tempting_ = value.text;
  }
  for (const auto& rule : policy_.texts) {
    if (has(rule, text)) {
      tell(rule.rule, node.location, text, text);
    }
  }
}

// x += "..."
void Checker::check_augmented(const AugAssign& node) {
  for (const auto& value : evaluator_.values(evaluator_.augmented(node))) {
    if (value.assembled) {
      check_text_value(value, node);
    }
  }
}

}  // namespace sallyport::validators::policy

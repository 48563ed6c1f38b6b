#include "validators/policy/report.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace sallyport::validators::policy {
namespace {

constexpr std::size_t most_violations = 200;
constexpr std::size_t longest_word = 200;

std::string shortened(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, longest_word)) {
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  if (text.size() > longest_word) {
    while (!result.empty() && (static_cast<unsigned char>(result.back()) & 0xc0U) == 0x80U) {
      result.pop_back();
    }
    result += "...";
  }
  return result;
}

std::string filled(std::string_view pattern, const Words& words) {
  const std::array<std::pair<std::string_view, const std::string*>, 6> known{{{"{name}", &words.name},
                                                                              {"{module}", &words.module},
                                                                              {"{detail}", &words.detail},
                                                                              {"{chain}", &words.chain},
                                                                              {"{value}", &words.value},
                                                                              {"{limit}", &words.limit}}};
  std::string result;
  while (!pattern.empty()) {
    const auto* const found = pattern[0] != '{'
                                  ? known.end()
                                  : std::find_if(known.begin(), known.end(), [pattern](const auto& entry) {
                                      return pattern.starts_with(entry.first);
                                    });
    if (found == known.end()) {
      result += pattern[0];
      pattern.remove_prefix(1);
    } else {
      result += found->first == "{detail}" ? *found->second : shortened(*found->second);
      pattern.remove_prefix(found->first.size());
    }
  }
  while (!result.empty() && result.back() == ' ') {
    result.pop_back();
  }
  return result;
}

}  // namespace

void Report::add(std::string_view rule_id, const python::ast::Location& where, const Words& words) {
  const auto found = policy_.rules.find(rule_id);
  if (found == policy_.rules.end() || violations_.size() >= most_violations) {
    return;
  }
  const auto& rule = found->second;
  Violation violation;
  violation.type = rule.type;
  violation.rule = rule.id;
  violation.severity = rule.severity;
  violation.action = rule.action;
  violation.line = where.line;
  violation.end_line = where.end_line;
  violation.column = column(where.line, where.column);
  violation.end_column = column(where.end_line, where.end_column);
  violation.message = filled(rule.message, words);
  if (!words.chain.empty() && rule.message.find("{chain}") == std::string::npos) {
    violation.message += " (" + shortened(words.chain) + ")";
  }
  violation.hint = filled(rule.hint, words);
  const bool known =
      std::any_of(violations_.begin(), violations_.end(), [&violation](const Violation& other) {
        return other.rule == violation.rule && other.line == violation.line &&
               other.column == violation.column &&
               (other.message == violation.message || other.end_column == violation.end_column);
      });
  if (!known) {
    violations_.push_back(std::move(violation));
  }
}

bool Report::blocks() const {
  return std::any_of(violations_.begin(), violations_.end(),
                     [](const Violation& violation) { return violation.action == Action::block; });
}

std::vector<Violation> Report::take() {
  std::stable_sort(violations_.begin(), violations_.end(), [](const Violation& a, const Violation& b) {
    return std::tie(a.line, a.column, a.rule) < std::tie(b.line, b.column, b.rule);
  });
  return std::move(violations_);
}

std::string_view Report::line(std::uint32_t number) {
  if (line_starts_.empty()) {
    line_starts_.push_back(0);
    for (auto at = source_.find('\n'); at != std::string_view::npos; at = source_.find('\n', at + 1)) {
      line_starts_.push_back(at + 1);
    }
  }
  if (number == 0 || number > line_starts_.size()) {
    return {};
  }
  const auto start = line_starts_[number - 1];
  const auto end = number < line_starts_.size() ? line_starts_[number] - 1 : source_.size();
  return source_.substr(start, end - start);
}

std::uint32_t Report::column(std::uint32_t line_number, std::uint32_t bytes) {
  const auto text = line(line_number).substr(0, bytes);
  const auto continued = std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; });
  return bytes + 1 - static_cast<std::uint32_t>(continued);
}

std::string_view Report::text_at(const python::ast::Location& where) {
  if (where.line != where.end_line || where.end_column < where.column) {
    return {};
  }
  const auto text = line(where.line);
  return where.column > text.size() ? std::string_view()
                                    : text.substr(where.column, where.end_column - where.column);
}

}  // namespace sallyport::validators::policy

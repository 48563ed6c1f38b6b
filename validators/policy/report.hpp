// Collects violations: one a cause, in the order of the source, worded by the policy.
#pragma once

#include "validators/policy/violation.hpp"
#include "validators/python/ast.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::policy {

// What the templates of a rule may name.
struct Words {
  std::string name;
  std::string module;
  std::string detail;
  std::string chain;
  std::string value;
  std::string limit;
};

class Report {
 public:
  Report(const Policy& policy, std::string_view source) : policy_(policy), source_(source) {}

  // Nothing happens where the policy does not have the rule, or the place was reported under it already.
  void add(std::string_view rule, const python::ast::Location& where, const Words& words);
  [[nodiscard]] bool blocks() const;
  std::vector<Violation> take();

  // The text of a node, where it stands on one line.
  std::string_view text_at(const python::ast::Location& where);

 private:
  std::string_view line(std::uint32_t number);
  std::uint32_t column(std::uint32_t line_number, std::uint32_t bytes);

  const Policy& policy_;
  std::string_view source_;
  std::vector<std::size_t> line_starts_;
  std::vector<Violation> violations_;
};

}  // namespace sallyport::validators::policy

// Judges a program by a policy.
#pragma once

#include "validators/policy/evaluator.hpp"
#include "validators/policy/fold.hpp"
#include "validators/policy/program.hpp"
#include "validators/policy/report.hpp"
#include "validators/policy/rights.hpp"
#include "validators/python/parser.hpp"
#include "validators/python/version.hpp"

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace sallyport::validators::policy {

class Checker {
 public:
  // `nesting`: how many programs as text stand around this one.
  Checker(const python::Tree& tree, const Rights& rights, python::Version version, int nesting);

  std::vector<Violation> run();

 private:
  using Node = python::ast::Node;
  using Expr = python::ast::Expr;

  void measure();
  void find_escapes();
  void check(std::uint32_t index);
  void check_import(const python::ast::Import& node);
  void check_import_from(const python::ast::ImportFrom& node);
  void check_name(const python::ast::Name& node, std::uint32_t index);
  void check_attribute(const python::ast::Attribute& node, std::uint32_t index);
  // True if something was reported.
  bool check_attribute_of(const Values& bases, std::string_view name, const python::ast::Location& where,
                          const Expr* base, bool harmless_dunder, bool as_text);
  bool dunder_is_harmless(const python::ast::Attribute& node, std::uint32_t index);
  void check_match_class(const python::ast::MatchClass& node, std::uint32_t index);
  void check_definitions(const Node& node, std::uint32_t index);
  void check_match_names(const Expr* value, const python::ast::Location& where);
  void check_fields(const Expr& fields);
  // What binds a name that the interpreter itself reads.
  void check_bound_name(std::string_view name, const python::ast::Location& where);
  bool check_tampering(const Values& bases, std::string_view name, const python::ast::Location& where,
                       const Expr* base);
  void check_annotation(const Expr* annotation);
  void check_text(const Expr& node);
  void check_text_value(const Value& value, const Node& node);
  void check_call(const python::ast::Call& node);
  void check_builtin_call(std::string_view name, const python::ast::Call& node);
  void check_arguments(const CallRule& rule, std::string_view name, const python::ast::Call& node);
  void check_names(const CallRule& rule, const Expr& argument, std::string_view name);
  void check_demand(const CallRule& rule, Demand demand, const Expr& argument, std::string_view name,
                    const python::ast::Call& call);
  void check_hidden(const CallRule& rule, Demand demand, const Values& values, const Expr& where,
                    std::string_view name);
  void check_call_only(const Expr& node, std::uint32_t index);
  void check_attribute_text(const Expr& argument, const Values& bases, bool path, std::string_view function);
  void check_template(std::string_view text, const Expr& where, const python::ast::Call* call,
                      std::size_t skip);
  void check_code(std::string_view text, const Expr& where, std::string_view name);
  void check_code_after_setup(const CallRule& rule, std::string_view text, const Expr& where,
                              std::string_view name, const python::ast::Call& call);
  void check_path(const Value& value, const Expr& where, std::string_view name);
  void undecided(const Expr& where, std::string_view name, std::string_view what);
  // What was undecided is decided where the program holds what it may reach for.
  void decide();
  bool forbidden_name(std::string_view name) const;
  bool look_alike(const python::ast::Location& where, std::string_view name);
  std::string chain_of(const Value& value, const Expr* base) const;
  std::string module_hint(std::string_view module) const;
  std::string attribute_hint(std::string_view name) const;
  const CallRule* call_rule(std::string_view name) const;

  const python::Tree& tree_;
  const Rights& rights_;
  const Policy& policy_;
  python::Version version_;
  int nesting_;
  Program program_;
  Evaluator evaluator_;
  Report report_;
  bool ascii_ = true;
  bool escaped_ = false;  // a module went where it can't be followed
  bool exits_ = false;
  std::vector<const python::ast::ExceptHandler*> swallowing_;
  struct Doubt {
    const Expr* where;
    std::string_view what;
  };
  std::vector<Doubt> doubts_;
  std::unordered_set<const char*> checked_;  // long texts
  std::size_t code_checked_ = 0;
  std::string_view tempting_;  // a text of the program that is the name of a forbidden attribute
};

// All of it: complexity, hidden text and the rules.
std::vector<Violation> analyse(const python::Tree& tree, const Policy& policy, const Adjustments& adjustments,
                               python::Version version);

}  // namespace sallyport::validators::policy

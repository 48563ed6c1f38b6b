// The rules, held against each node of a program. Internal to checker.cpp; each group of functions below has
// a file of its name in this folder.
#pragma once

#include "validators/policy/evaluator.hpp"
#include "validators/policy/fold.hpp"
#include "validators/policy/program.hpp"
#include "validators/policy/report.hpp"
#include "validators/policy/rights.hpp"
#include "validators/python/parser.hpp"
#include "validators/python/version.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace sallyport::validators::policy {

// What is looked at in any case; a policy's own limit may be lower.
inline constexpr std::size_t most_nodes = 600'000;
inline constexpr std::size_t longest_checked_text = 100'000;
inline constexpr std::size_t most_names = 64;  // in one list of names

inline bool is_module(const Value& value) {
  return value.kind == ValueKind::module || value.kind == ValueKind::member;
}

inline bool all_refused(const Values& values) {
  return !values.empty() &&
         std::all_of(values.begin(), values.end(), [](const Value& value) { return value.refused; });
}

// self, cls: an object of a class of the program.
inline bool is_own(const python::ast::Expr* base) {
  const auto* name = python::ast::as<python::ast::Name>(base);
  return name != nullptr && (name->id == "self" || name->id == "cls");
}

class Checker {
 public:
  // `nesting`: how many programs as text stand around this one.
  Checker(const python::Tree& tree, const Rights& rights, python::Version version, int nesting);

  std::vector<Violation> run();

 private:
  using Node = python::ast::Node;
  using Expr = python::ast::Expr;
  using Location = python::ast::Location;

  void check(std::uint32_t index);
  void check_bombs();
  void tell(std::string_view rule, const Location& where, std::string_view name, std::string_view value = {});
  void undecided(const Expr& where, std::string_view name, std::string_view what);
  // What was undecided is decided where the program holds what it may reach for.
  void decide();

  // complexity
  void measure();
  void measure_node(const NodeInfo& info);
  void measure_chain(const NodeInfo& info);
  void check_limit(std::string_view name, std::uint64_t value, std::uint64_t limit, const Node* where);

  // imports
  void check_import(const python::ast::Import& node);
  void check_import_from(const python::ast::ImportFrom& node);
  bool is_open_module(const python::ast::ImportFrom& node, std::string_view name) const;
  std::string module_hint(std::string_view module) const;

  // names
  void check_name(const python::ast::Name& node, std::uint32_t index);
  void check_star_imports(const python::ast::Name& node);
  void check_builtin_name(const python::ast::Name& node, std::uint32_t index);
  void tell_of_builtin(std::string_view rule, const python::ast::Name& node);
  // What binds a name that the interpreter itself reads.
  void check_bound_name(std::string_view name, const Location& where);
  void check_call_only(const Expr& node, std::uint32_t index);
  void check_passed_method(const python::ast::Attribute& node, const python::ast::Call& call);
  void check_handler(const python::ast::ExceptHandler& handler);
  // A name that was written with other letters than it has in the end.
  void look_alike(const Location& where, std::string_view name);

  // attributes
  void check_attribute(const python::ast::Attribute& node, std::uint32_t index);
  void check_spelling(const python::ast::Attribute& node);
  bool is_of_exception(const python::ast::Attribute& node, std::uint32_t index) const;
  bool check_tampering(const Values& bases, std::string_view name, const Location& where, const Expr* base);
  // These two: true if something was reported.
  bool check_attribute_of(const Values& bases, std::string_view name, const Location& where, const Expr* base,
                          bool harmless_dunder, bool as_text);
  bool check_member(const Value& value, std::string_view name, const Location& where, const Expr* base);
  bool is_suspect(std::string_view name) const;
  bool may_be_module(const Values& bases, std::string_view name, const Expr* base) const;
  void find_escapes();
  bool goes_elsewhere(const NodeInfo& info) const;
  // How a module came to that name.
  std::string chain_of(const Value& value, const Expr* base) const;
  std::string attribute_hint(std::string_view name) const;

  // dunders
  bool dunder_is_harmless(const python::ast::Attribute& node, std::uint32_t index);
  bool is_of_self(const python::ast::Attribute& node, std::uint32_t index);
  bool is_vars_of_parameter(const python::ast::Attribute& node, std::uint32_t index);
  bool is_parameter(const python::ast::Name& name, std::uint32_t index) const;
  // A name that no honest text or field has: of a frame, or a dunder that nothing may read.
  bool forbidden_name(std::string_view name) const;

  // definitions
  void check_function(const python::ast::FunctionDef& node, std::uint32_t index);
  void check_annotated(const python::ast::AnnAssign& node, std::uint32_t index);
  bool is_in_class(std::uint32_t index) const;
  void check_definition(const Node& node, std::string_view name, std::uint32_t index);
  void check_match_names(const Expr* value, const Location& where);
  void check_match_name(std::string_view name, const Location& where);
  void check_match_class(const python::ast::MatchClass& node, std::uint32_t index);
  const Expr* subject_of(std::uint32_t index) const;
  void check_class_body(const Expr& body);
  void check_made_fields(const Expr& fields);
  void check_made_name(const Value& name, const Expr& fields);
  void check_made_types(SetId types, const Expr& fields);

  // annotations
  void check_annotation(const Expr* annotation);
  void check_generic(const python::ast::Subscript& node);

  // texts
  void check_text(const Expr& node);
  void check_text_value(const Value& value, const Node& node);
  void check_augmented(const python::ast::AugAssign& node);

  // calls
  void check_call(const python::ast::Call& node);
  void check_member_call(std::string_view name, const python::ast::Call& node);
  void check_method_call(const python::ast::Attribute& callee, const python::ast::Call& node);
  void check_attribute_dunder(const python::ast::Attribute& callee, const python::ast::Call& node);
  void check_builtin_call(std::string_view name, const python::ast::Call& node);
  void check_attribute_function(std::string_view name, const python::ast::Call& node);
  void check_vars(const python::ast::Call& node);
  const CallRule* call_rule(std::string_view name) const;

  // arguments
  void check_arguments(const CallRule& rule, std::string_view name, const python::ast::Call& node);
  void check_starred(const CallRule& rule, Demand demand, const python::ast::Starred& starred,
                     std::string_view name);
  void check_keywords(const CallRule& rule, const ArgumentRule& argument, std::string_view name,
                      const python::ast::Call& node);
  void check_double_starred(const CallRule& rule, const ArgumentRule& argument, const Expr& mapping,
                            std::string_view name);
  void check_hidden(const CallRule& rule, Demand demand, const Values& values, const Expr& where,
                    std::string_view name);
  void check_demand(const CallRule& rule, Demand demand, const Expr& argument, std::string_view name,
                    const python::ast::Call& call);
  bool is_false(const Expr& argument);
  void check_value(const CallRule& rule, Demand demand, const Value& value, const Expr& argument,
                   std::string_view name, const python::ast::Call& call);
  void check_expression(const CallRule& rule, const Value& value, const Expr& argument,
                        std::string_view name);
  bool reads_forbidden(std::string_view expression) const;
  void check_names(const CallRule& rule, const Expr& argument, std::string_view name);

  // attribute_texts
  enum class NameVerdict : std::uint8_t { fine, doubtful, assembled };
  void check_attribute_text(const Expr& argument, const Values& bases, bool path, std::string_view function);
  static NameVerdict verdict_on_unknown(const Value& name, bool refused);
  NameVerdict verdict_on_beginning(const Value& name, bool of_module) const;
  bool check_attribute_path(std::string_view text, bool dotted, const Values& bases, const Location& where);

  // templates
  void check_format(const python::ast::Attribute& node, const Values& bases, std::uint32_t index);
  void check_format_of_text(const Value& text, const python::ast::Attribute& node,
                            const python::ast::Call* call);
  void check_format_of_type(const python::ast::Attribute& node, const python::ast::Call* call);
  void check_format_value(const Value& method, const python::ast::Call& node);
  void check_template(std::string_view text, const Expr& where, const python::ast::Call* call,
                      std::size_t skip);
  bool check_template_field(const FormatField& field, const Expr* argument, const Expr& where);
  bool is_harmless_step(const FormatField& field, std::size_t step) const;

  // code_texts
  void check_code(std::string_view text, const Expr& where, std::string_view name);
  void check_code_after_setup(const CallRule& rule, std::string_view text, const Expr& where,
                              std::string_view name, const python::ast::Call& call);

  // paths
  void check_path(const Value& value, const Expr& where, std::string_view name);
  bool is_open_path(std::string_view path, bool is_beginning) const;
  void check_division(const python::ast::BinOp& node);

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

}  // namespace sallyport::validators::policy

// CPython's first pass after parsing: collects what each scope does with its names, in CPython's order of
// visiting, and refuses what can be told on the way: duplicate arguments, late `global`, named expressions
// and `yield` where they cannot be.
#pragma once

#include "validators/python/ast.hpp"
#include "validators/python/compile_checks/future.hpp"
#include "validators/python/compile_checks/report.hpp"
#include "validators/python/compile_checks/symbol_table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::python::checks {

// What the code pass needs to know of scopes, by the node that opens them.
class ScopeFacts {
 public:
  void clear();
  void note(const ast::Node& node, const Scope& scope);
  void seal();  // before the first question

  // Whether the scope awaits, or holds an asynchronous comprehension.
  [[nodiscard]] bool is_coroutine(const ast::Node& node) const;
  [[nodiscard]] bool is_generator(const ast::Node& node) const;

 private:
  std::vector<const ast::Node*> coroutines_;
  std::vector<const ast::Node*> generators_;
};

class SymbolPass {
 public:
  SymbolPass(SymbolTable& table, ScopeFacts& facts, Report& report, const Future& future);

  bool run(const ast::Module& module);

 private:
  enum class Access : std::uint8_t { store, del };

  bool statements(ast::Sequence<ast::Stmt*> body);
  bool statement(const ast::Stmt& node);
  bool visit_statement(const ast::Stmt& node);
  bool expressions(ast::Sequence<ast::Expr*> list);  // nulls are passed over
  bool optional_expression(const ast::Expr* node) { return node == nullptr || expression(*node); }
  bool expression(const ast::Expr& node);
  bool visit_expression(const ast::Expr& node);
  bool patterns(ast::Sequence<ast::Pattern*> list);
  bool pattern(const ast::Pattern& node);
  bool visit_pattern(const ast::Pattern& node);

  bool function(const ast::FunctionDef& node);
  bool class_definition(const ast::ClassDef& node);
  bool type_alias(const ast::TypeAlias& node);
  bool annotated_assignment(const ast::AnnAssign& node);
  bool annotation(const ast::Expr& node);
  bool function_annotations(const ast::FunctionDef& node);
  bool argument_annotations(const ast::Arguments& arguments);
  bool declaration(ast::Sequence<ast::Identifier> names, const ast::Stmt& node, SymbolFlag flag);
  bool try_statement(const ast::Try& node);
  bool handlers(const ast::Try& node);
  bool with_statement(const ast::With& node);
  bool match_statement(const ast::Match& node);
  bool import_names(ast::Sequence<ast::Alias*> names, const ast::Stmt& node);
  bool type_parameters(ast::Sequence<ast::TypeParameter*> list);
  bool type_parameter(const ast::TypeParameter& node);
  bool type_variable_part(const ast::Expr* part, ast::Identifier name, const ast::TypeParameter& node,
                          std::string_view description);

  bool name(const ast::Name& node);
  bool lambda(const ast::Lambda& node);
  bool parameters(const ast::Arguments& arguments);
  bool call(const ast::Call& node);
  bool keywords(ast::Sequence<ast::Keyword*> list);
  bool named_expression(const ast::NamedExpr& node);
  bool extend_named_expression_scope(const ast::Name& target);
  bool yield_expression(const ast::Expr& node, const ast::Expr* value);
  bool comprehension(const ast::Expr& node, ast::Sequence<ast::Comprehension*> generators,
                     const ast::Expr& element, const ast::Expr* value, ComprehensionKind kind);
  bool comprehension_clause(const ast::Comprehension& clause);
  bool class_pattern(const ast::MatchClass& node);

  bool in_async_function() { return current().kind == ScopeKind::function && current().coroutine; }
  bool allows_async(const ast::Stmt& node, const char* message);
  bool allows_await(const ast::Await& node);
  bool allows_nested_scope(const ast::Expr& node, const char* what);
  bool refuse_in_annotation_scope(std::string_view what, const ast::Expr& node);
  bool forbids(ast::Identifier name, Access access, const ast::Location& where);
  bool define(ast::Identifier name, std::uint32_t flags, const ast::Location& where,
              Access access = Access::store);
  bool define_in(Index scope_index, ast::Identifier text, std::uint32_t flags, const ast::Location& where);

  Index enter(ScopeKind kind, const ast::Location& where);
  void leave(const ast::Node* opener);
  Scope& current() { return table_.scope(current_); }
  Index mangled(ast::Identifier name);

  SymbolTable& table_;
  ScopeFacts& facts_;
  Report& report_;
  const Version version_;
  const Future& future_;
  const std::uint32_t deepest_;
  std::uint32_t depth_ = 0;
  Index current_ = none;
  Index module_scope_ = none;
  ast::Identifier private_;  // the class whose private names are mangled
};

}  // namespace sallyport::validators::python::checks

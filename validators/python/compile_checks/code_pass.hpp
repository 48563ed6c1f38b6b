// CPython's code generation, without the code: what it refuses and warns of, in its order.
#pragma once

#include "validators/python/ast.hpp"
#include "validators/python/compile_checks/future.hpp"
#include "validators/python/compile_checks/report.hpp"
#include "validators/python/compile_checks/symbol_pass.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::python::checks {

class CodePass {
 public:
  CodePass(const ScopeFacts& facts, Report& report, const Future& future);

  bool run(const ast::Module& module);

 private:
  // What code is generated for as one piece.
  enum class UnitKind : std::uint8_t {
    module,
    class_body,
    function,
    async_function,
    lambda,
    comprehension,
    annotations,  // and type parameters, their bounds and defaults, type aliases
  };
  struct Unit {
    UnitKind kind = UnitKind::module;
    bool sees_class = false;  // an annotation scope directly in a class
    const ast::Node* node = nullptr;
    std::size_t first_block = 0;  // of its blocks in blocks_
  };
  enum class Block : std::uint8_t { loop, except_star, finally, other };

  struct PatternContext;

  [[nodiscard]] bool in_unit(UnitKind kind) const { return unit_.kind == kind; }
  [[nodiscard]] bool in_function() const {
    return unit_.kind != UnitKind::module && unit_.kind != UnitKind::class_body;
  }
  [[nodiscard]] bool refuses_debug_names() const { return version_ < Version::v3_14; }
  Unit enter(UnitKind kind, const ast::Node& node);
  void leave(const Unit& outer);
  bool push(Block block, const ast::Location& where);
  void pop() { blocks_.pop_back(); }

  bool statements(ast::Sequence<ast::Stmt*> body);
  bool statement(const ast::Stmt& node);
  bool function(const ast::FunctionDef& node);
  bool function_annotations(const ast::FunctionDef& node);
  bool class_definition(const ast::ClassDef& node);
  bool body_with_annotations(ast::Sequence<ast::Stmt*> body);
  bool type_alias(const ast::TypeAlias& node);
  bool type_parameters(ast::Sequence<ast::TypeParameter*> list);
  bool type_variable_part(const ast::Expr& part, bool may_be_starred);
  bool return_statement(const ast::Return& node);
  bool jump(const ast::Stmt& node, std::string_view word, const char* message);
  bool augmented_assignment(const ast::AugAssign& node);
  bool annotated_assignment(const ast::AnnAssign& node);
  bool annotation_subscript(const ast::Expr& node);
  bool for_loop(const ast::For& node);
  bool while_loop(const ast::While& node);
  bool with_items(const ast::With& node);
  bool try_statement(const ast::Try& node);
  bool try_handlers(const ast::Try& node);
  bool handler(const ast::ExceptHandler& node, const ast::Try& parent, bool is_last);
  bool import_statement(const ast::Import& node);
  bool import_from(const ast::ImportFrom& node);
  bool assertion(const ast::Assert& node);

  bool expressions(ast::Sequence<ast::Expr*> list);  // nulls are passed over
  bool elements(ast::Sequence<ast::Expr*> list);     // of a display or a call: starred ones are welcome
  bool optional_expression(const ast::Expr* node) { return node == nullptr || expression(*node); }
  bool expression(const ast::Expr& node);
  bool sequence(ast::Sequence<ast::Expr*> list, ast::Context context, const ast::Location& where);
  bool lambda(const ast::Lambda& node);
  bool call(const ast::Call& node);
  bool arguments(ast::Sequence<ast::Expr*> positional, ast::Sequence<ast::Keyword*> keywords,
                 const ast::Location& where);
  bool valid_keywords(ast::Sequence<ast::Keyword*> keywords, const ast::Location& where);
  bool repeated_keyword(ast::Sequence<ast::Keyword*> keywords, const ast::Location& where);
  bool await_expression(const ast::Await& node);
  bool comprehension(const ast::Expr& node, ast::Sequence<ast::Comprehension*> generators,
                     const ast::Expr& element, const ast::Expr* value);
  bool comprehension_clauses(ast::Sequence<ast::Comprehension*> generators, const ast::Expr& element,
                             const ast::Expr* value);
  bool attribute(const ast::Attribute& node);
  [[nodiscard]] ast::Location attribute_location(const ast::Attribute& node) const;
  bool subscript(const ast::Subscript& node);

  void warn_of_leaving_finally(const ast::Stmt& node, std::string_view word);
  void warn_of_comparison(const ast::Compare& node);
  void warn_of_call(const ast::Expr& callee, const ast::Location& where);
  void warn_of_subscript(const ast::Subscript& node);

  bool match_statement(const ast::Match& node);
  bool pattern(const ast::Pattern& node, PatternContext& context);
  bool subpattern(const ast::Pattern& node, PatternContext& context);
  bool capture(ast::Identifier name, const ast::Pattern& node, PatternContext& context);
  bool sequence_pattern(const ast::MatchSequence& node, PatternContext& context);
  bool mapping_pattern(const ast::MatchMapping& node, PatternContext& context);
  bool class_pattern(const ast::MatchClass& node, PatternContext& context);
  bool keyword_patterns(const ast::MatchClass& node);
  bool as_pattern(const ast::MatchAs& node, PatternContext& context);
  bool or_pattern(const ast::MatchOr& node, PatternContext& context);
  [[nodiscard]] const ast::Location& pattern_location(const ast::Pattern& node) const;

  bool allows_store(ast::Identifier name, const ast::Location& where);
  bool allows_delete(ast::Identifier name, const ast::Location& where);
  bool debug_parameters(const ast::Arguments& arguments, const ast::Location& where);

  const ScopeFacts& facts_;
  Report& report_;
  const Version version_;
  const Future& future_;
  Unit unit_;
  std::vector<Block> blocks_;
  std::vector<const ast::Expr*> deferred_annotations_;
  // The statement that was begun last: where the older versions place some errors.
  const ast::Location* begun_ = nullptr;
  // The pattern that was begun last, likewise.
  const ast::Pattern* begun_pattern_ = nullptr;
};

}  // namespace sallyport::validators::python::checks

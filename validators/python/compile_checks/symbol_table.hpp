// The names of a program and what each scope does with them.
//
// One table serves many programs, so that a small program costs no allocation: everything is flat vectors and
// open addressing, cleared in place.
#pragma once

#include "validators/python/arena.hpp"
#include "validators/python/ast.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sallyport::validators::python::checks {

using Index = std::uint32_t;
inline constexpr Index none = 0xffffffffU;

// What a scope does with a name. A name has several of these.
enum SymbolFlag : std::uint32_t {
  declared_global = 1U << 0U,
  assigned = 1U << 1U,
  parameter = 1U << 2U,
  declared_nonlocal = 1U << 3U,
  used = 1U << 4U,
  imported = 1U << 5U,
  annotated = 1U << 6U,
  iteration_variable = 1U << 7U,  // of a comprehension
  declared_type_parameter = 1U << 8U,
  bound_here = assigned | parameter | imported | declared_type_parameter,
};

enum class ScopeKind : std::uint8_t {
  module,
  function,  // lambdas and comprehensions too
  class_body,
  annotation,
  type_variable,  // bound or default of one type parameter
  type_alias,
  type_parameters,
};

enum class ComprehensionKind : std::uint8_t { not_one, list, set, dict, generator };

struct Symbol {
  Index name = none;
  Index scope = none;
  Index next = none;  // the next symbol of the scope, in the order of first mention
  std::uint32_t flags = 0;
};

// A `global` or `nonlocal` statement's mention of a name, or a named expression's in a comprehension.
struct Directive {
  Index name = none;
  Index next = none;
  ast::Location where;
};

struct Scope {
  ScopeKind kind = ScopeKind::module;
  ComprehensionKind comprehension = ComprehensionKind::not_one;
  bool coroutine = false;
  bool generator = false;
  bool in_iteration_target = false;
  bool analysed = true;              // false for what the compiler turns into strings
  bool sees_class = false;           // type parameters, or an alias, directly in a class
  bool unevaluated = false;          // an annotation inside a function: its names count for nothing
  std::uint32_t iterable_depth = 0;  // inside how many comprehensions' iterables
  Index parent = none;
  Index first_symbol = none;
  Index last_symbol = none;
  Index first_directive = none;
  Index last_directive = none;
  Index annotation_scope = none;  // 3.14: one for all annotations of the scope
  std::string_view description;   // of a type variable scope: "a TypeVar bound"
  ast::Location where;
};

class SymbolTable {
 public:
  void clear();

  // The text must outlive its use here.
  Index intern(std::string_view text);
  // For a text that does not: new ones are copied.
  Index intern_copy(std::string_view text);
  [[nodiscard]] std::string_view name(Index index) const { return names_[index].text; }

  Index add_scope(ScopeKind kind, Index parent, const ast::Location& where);
  Scope& scope(Index index) { return scopes_[index]; }
  [[nodiscard]] const Scope& scope(Index index) const { return scopes_[index]; }
  [[nodiscard]] std::size_t scope_count() const { return scopes_.size(); }

  // The symbol of the name in the scope, or `none`.
  [[nodiscard]] Index find(Index scope, Index name) const;
  // The same, made where it is missing.
  Index find_or_add(Index scope, Index name);
  Symbol& symbol(Index index) { return symbols_[index]; }
  [[nodiscard]] const Symbol& symbol(Index index) const { return symbols_[index]; }
  [[nodiscard]] std::uint32_t flags(Index scope, Index name) const;
  // Whether any comprehension so far has the name as its variable: most named expressions need not look
  // further.
  void note_iteration_variable(Index name) { names_[name].is_iteration_variable = true; }
  [[nodiscard]] bool is_iteration_variable(Index name) const { return names_[name].is_iteration_variable; }

  void add_directive(Index scope, Index name, const ast::Location& where);
  [[nodiscard]] const Directive& directive(Index index) const { return directives_[index]; }

 private:
  struct Name {
    std::string_view text;
    std::uint32_t hash = 0;
    bool is_iteration_variable = false;
    // The last answer about this name: most mentions are in the scope of the mention before.
    Index last_scope = none;
    Index last_symbol = none;
  };

  static std::uint32_t hash_of(std::string_view text);
  static std::uint32_t hash_of(Index scope, Index name);
  [[nodiscard]] Index find_name(std::string_view text, std::uint32_t hash) const;
  Index add_name(std::string_view text, std::uint32_t hash);
  void grow_names();
  void grow_symbols();

  std::vector<Name> names_;
  std::vector<Index> name_slots_;
  std::vector<Scope> scopes_;
  std::vector<Symbol> symbols_;
  std::vector<Index> symbol_slots_;
  std::vector<Directive> directives_;
  Arena copies_;
};

}  // namespace sallyport::validators::python::checks

// A program's nodes in order, its scopes and what binds each name: made in one pass, before anything is
// judged.
#pragma once

#include "validators/policy/policy.hpp"
#include "validators/python/ast.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::validators::policy {

inline constexpr std::uint32_t none = 0xffffffff;

struct NodeInfo {
  const python::ast::Node* node;
  std::uint32_t parent;  // index
  std::uint32_t scope;
  std::uint32_t top;  // number of the statement in the scope's body that it belongs to
};

enum class ScopeKind : std::uint8_t { module, function, comprehension, klass, type_parameters };

struct Scope {
  ScopeKind kind = ScopeKind::module;
  std::uint32_t parent = none;
  std::uint32_t node_index = 0;  // of the node that opens it
  const python::ast::Node* node = nullptr;
};

// One step from a value to a part of it: how `a` comes out of `(_, [a])`.
struct Step {
  enum class Kind : std::uint8_t { item, rest, each, key, attribute, enter, opaque } kind = Kind::opaque;
  std::uint32_t index = 0;  // item, rest: items before it
  std::uint32_t after = 0;  // rest: items after it
  const python::ast::Expr* key = nullptr;
  std::string_view name;
  const Step* previous = nullptr;
};

struct Source {
  enum class Kind : std::uint8_t { expression, module, member, function, klass, deleted, augmented, opaque };
  Kind kind = Kind::opaque;
  bool certain = false;  // stands in the scope's own body, so that it holds for all that follows
  bool foreign = false;  // bound from another scope (global, nonlocal)
  std::uint32_t top = 0;
  std::uint32_t node_index = 0;
  const python::ast::Node* node = nullptr;  // expression, import alias, definition
  std::string_view module;                  // module: what the name is; member: its module
  std::string_view member;
  const Step* path = nullptr;
};

struct Binding {
  std::string_view name;
  std::uint32_t scope = 0;
  std::pmr::vector<Source> sources;
  bool deleted = false;
  bool parameter = false;
};

struct Measures {
  std::uint64_t nodes = 0, depth = 0, statements = 0, loops = 0, loop_depth = 0, comprehension_depth = 0;
  const python::ast::Node* deepest = nullptr;
  const python::ast::Node* deepest_loop = nullptr;
  const python::ast::Node* deepest_comprehension = nullptr;
  const python::ast::Node* last_loop = nullptr;
};

// Where a name stands for: a binding, or nothing (a builtin, or no such name).
struct Lookup {
  std::uint32_t binding = none;
  bool same_scope = false;  // as the use
};

class Program {
 public:
  // Nodes beyond `most_nodes` are not looked at: `complete` is false then.
  Program(const python::ast::Module& module, std::size_t most_nodes);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() = default;

  Lookup lookup(std::uint32_t scope, std::string_view name) const;
  std::uint32_t index_of(const python::ast::Node* node) const;  // or none
  // The definitions that `klass().name` may mean: its own, or, where it has bases, any of the program.
  std::vector<const python::ast::Node*> methods(const python::ast::Node* klass, std::string_view name) const;

  template <class Key, class Value, class Hash = std::hash<Key>>
  using Map = std::pmr::unordered_map<Key, Value, Hash>;
  // By function.
  using Results = Map<const python::ast::Node*, std::pmr::vector<const python::ast::Expr*>>;

 private:
  // Of all that is small and stays: freed at once with the program.
  std::pmr::monotonic_buffer_resource memory_{8192};

 public:
  std::vector<NodeInfo> nodes;
  std::vector<std::uint32_t> postorder;
  std::vector<Scope> scopes;
  std::pmr::deque<Binding> bindings{&memory_};
  std::vector<std::string_view> star_modules;
  // Values of `anything.name = value`, by name: all objects of a program share their attributes here.
  Map<std::string_view, std::pmr::vector<const python::ast::Expr*>> attribute_stores{&memory_};
  // Bindings in class scopes.
  Map<std::string_view, std::pmr::vector<std::uint32_t>> class_names{&memory_};
  Results returns{&memory_};
  Results yields{&memory_};                                             // Yield, YieldFrom
  Map<std::string_view, const python::ast::Alias*> imported{&memory_};  // module to its first import
  Measures measures;
  bool complete = true;
  bool untracked = false;  // more is stored under one attribute than is looked at

 private:
  struct Frame {
    const python::ast::Node* node;
    std::uint32_t scope;
    std::uint32_t parent;
    std::uint32_t top;
    std::uint32_t depth;
    std::uint16_t loop_depth;
    std::uint16_t comprehension_depth;
    bool certain;
    bool leaves;
  };
  struct Key {
    std::uint32_t scope;
    std::string_view name;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>{}(key.name) ^ (key.scope * 0x9e3779b97f4a7c15ULL);
    }
  };

  // How much is kept of what is bound or called under one name.
  static constexpr std::size_t most_sources = 64;
  static constexpr std::size_t most_candidates = 4;
  static constexpr std::size_t most_class_names = 16;

  static bool is_statement(python::ast::NodeKind kind) {
    return kind >= python::ast::NodeKind::FunctionDef && kind <= python::ast::NodeKind::Continue;
  }

  // program.cpp: the walk, the scopes and the table of nodes.
  void push(const python::ast::Node* node, const Frame& from, std::uint32_t index, std::uint32_t scope);
  void push_body(python::ast::Sequence<python::ast::Stmt*> body, const Frame& from, std::uint32_t index,
                 std::uint32_t scope, bool own_body, bool loop = false);
  std::uint32_t new_scope(ScopeKind kind, std::uint32_t parent, std::uint32_t index);
  void remember(const python::ast::Node* node, std::uint32_t index);
  void make_table(std::size_t size);
  std::size_t place_of(const python::ast::Node* node) const;

  // program/nodes.cpp
  void enter(const Frame& frame, std::uint32_t index);
  void enter_function(const python::ast::FunctionDef& node, const Frame& frame, std::uint32_t index);
  void enter_lambda(const python::ast::Lambda& node, const Frame& frame, std::uint32_t index);
  void enter_class(const python::ast::ClassDef& node, const Frame& frame, std::uint32_t index);
  void enter_type_alias(const python::ast::TypeAlias& node, const Frame& frame, std::uint32_t index);
  std::uint32_t type_scope(python::ast::Sequence<python::ast::TypeParameter*> parameters, const Frame& frame,
                           std::uint32_t index);
  void enter_for(const python::ast::For& node, const Frame& frame, std::uint32_t index);
  void enter_while(const python::ast::While& node, const Frame& frame, std::uint32_t index);
  void measure_loop(const Frame& frame);
  void enter_with(const python::ast::With& node, const Frame& frame, std::uint32_t index);
  void enter_match(const python::ast::Match& node, const Frame& frame, std::uint32_t index);
  void enter_named_expression(const python::ast::NamedExpr& node, const Frame& frame, std::uint32_t index);
  void enter_comprehension(python::ast::Sequence<python::ast::Comprehension*> generators,
                           const python::ast::Expr* first, const python::ast::Expr* second,
                           const Frame& frame, std::uint32_t index);
  void keep_result(Results& results, const python::ast::Expr* value, std::uint32_t scope);

  // program/bindings.cpp
  Binding& binding(std::uint32_t scope, std::string_view name);
  void bind(std::uint32_t scope, std::string_view name, Source source, const Frame& frame,
            std::uint32_t index);
  void define(std::string_view name, Source::Kind kind, const Frame& frame, std::uint32_t index);
  void bind_deleted(const python::ast::Delete& node, const Frame& frame, std::uint32_t index);
  void bind_annotated(const python::ast::AnnAssign& node, const Frame& frame, std::uint32_t index);
  void bind_target(const python::ast::Expr* target, const python::ast::Expr* value, const Step* path,
                   const Frame& frame, std::uint32_t index, std::uint32_t scope);
  void keep_stored(const python::ast::Attribute& target, const python::ast::Expr* value, const Step* path);
  void bind_pattern(const python::ast::Pattern* pattern, const python::ast::Expr* subject, const Step* path,
                    const Frame& frame, std::uint32_t index, int depth);
  void parameters(const python::ast::Arguments& arguments, const Frame& frame, std::uint32_t index,
                  std::uint32_t outer, std::uint32_t annotations, std::uint32_t inner);
  void redirect_global(const python::ast::Global& node, std::uint32_t scope);
  void redirect_nonlocal(const python::ast::Nonlocal& node, std::uint32_t scope);
  void imports(const python::ast::Node& node, const Frame& frame, std::uint32_t index);

  // program/arguments.cpp: what calls pass to functions of the program.
  void bind_arguments();
  void pass_to_name(const python::ast::Name& name, const python::ast::Call& call, std::uint32_t index);
  bool pass_to_init(const python::ast::Node* klass, const python::ast::Call& call);
  void pass_to_methods(std::string_view name, const python::ast::Call& call);
  void pass(const python::ast::Node* function, const python::ast::Arguments& parameters,
            const python::ast::Call& call, std::size_t skip);
  void add_argument(std::uint32_t scope, std::string_view parameter, const python::ast::Expr* value);
  void pass_on(const python::ast::Lambda& lambda, const python::ast::Call& call);

  // program/lookup.cpp
  const std::uint32_t* redirect_of(std::uint32_t scope, std::string_view name) const;

  const Step* step(Step step) { return &steps_.emplace_back(step); }

  std::vector<Frame> stack_;
  std::size_t first_child_ = 0;
  Map<Key, std::uint32_t, KeyHash> names_{&memory_};
  Map<Key, std::uint32_t, KeyHash> redirects_{&memory_};  // global, nonlocal: to the scope; none: search
  Map<std::string_view, std::pmr::vector<const python::ast::FunctionDef*>> methods_{&memory_};
  Map<const python::ast::Node*, std::uint32_t> function_scopes_{&memory_};
  std::vector<std::uint32_t> calls_;
  // Open addressing, of nodes by their addresses: index + 1; 0 is free.
  std::unique_ptr<std::uint32_t[]> table_;
  std::size_t table_size_ = 0;
  std::pmr::deque<Step> steps_{&memory_};
};

}  // namespace sallyport::validators::policy

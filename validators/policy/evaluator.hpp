// What each expression of a program may evaluate to.
#pragma once

#include "validators/policy/program.hpp"
#include "validators/policy/rights.hpp"
#include "validators/policy/value_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::validators::policy {

inline bool is_dunder(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

// evaluator.cpp has the rounds and what is remembered of them; each group of functions below has a file of
// its name in evaluator/.
class Evaluator {
 public:
  Evaluator(const Program& program, const Rights& rights);

  // Evaluates everything, children first. Linear: each expression once, and once more where names depend on
  // themselves.
  void run();

  SetId eval(const python::ast::Expr* expression);
  const Values& values(const python::ast::Expr* expression) { return pool_[eval(expression)]; }
  // Of the expression that is the program's node of this index.
  SetId eval_at(std::uint32_t index);
  const Values& values_at(std::uint32_t index) { return pool_[eval_at(index)]; }
  const Values& values(SetId set) const { return pool_[set]; }

  // How an attribute of a module resolves.
  struct Attribute {
    enum class Verdict : std::uint8_t { allowed, denied, outside } verdict = Verdict::outside;
    Value value;
    const Surface* surface = nullptr;  // where it is denied
    std::string_view denied_name;
  };
  Attribute module_attribute(const Value& base, std::string_view name);

  SetId attribute(SetId base, std::string_view name);
  // What `x += y` stores in x.
  SetId augmented(const python::ast::AugAssign& node);
  bool too_deep() const { return too_deep_; }
  // Constants that fold to something huge.
  struct Bomb {
    const python::ast::Expr* node;
    std::uint64_t size;
    bool bits;
  };
  const std::vector<Bomb>& bombs() const { return bombs_; }
  ValuePool& pool() { return pool_; }
  const Rights& rights() const { return rights_; }

  // What calls are made of (evaluator/*_call.cpp).

  // What iterating over it gives.
  SetId each(SetId set);
  SetId binary(python::ast::Operator op, SetId left, SetId right, const python::ast::Expr* node);
  // What a function gives for one argument that is no expression: an item of map(function, items).
  SetId applied(const Value& function, SetId argument);
  // A constant of that size, if it is more than the policy allows.
  void bomb(const python::ast::Expr* node, std::uint64_t size, bool bits);
  // A value of which every item is made: list(range(10**10)).
  void consume(SetId set, const python::ast::Expr* node);

  // Of a comprehension and of map: up to so many items are evaluated one by one.
  static constexpr std::size_t most_single_items = 1024;

 private:
  using Comprehensions = python::ast::Sequence<python::ast::Comprehension*>;

  // The rounds.
  void evaluate_all();
  bool has_grown() const;
  void forget();
  SetId compute(const python::ast::Expr* expression, std::uint32_t index);
  SetId either(const python::ast::BoolOp& node);
  // The union of all sources of a binding.
  SetId all_values(std::uint32_t binding);

  // names
  SetId name_value(const python::ast::Name& name, std::uint32_t index);
  SetId builtin_value(std::string_view name);
  std::optional<SetId> star_value(std::string_view name);
  void join_outer(ValuePool::Union& into, std::string_view name, std::uint32_t binding);

  // sources
  SetId source_value(const Source& source);
  SetId imported_module(const Source& source);
  SetId imported_member(const Source& source);
  // What calling a function of the program gives; of a method, what it gives for `self.name(...)`.
  void add_results(const python::ast::Node* function, Values& into);
  void add_method_results(const Value& instance, std::string_view name, Values& into);

  // parts
  void add_each(const Value& value, Values& into);
  SetId follow(SetId set, const Step* path, int depth = 0);
  SetId part(SetId set, const Step& step);
  void add_entered(const Value& value, Values& into);
  void add_of_key(const Value& value, const python::ast::Expr* key, Values& into);
  void add_unpacked(const Value& value, const Step& step, Values& into);

  // attributes
  void resolve_in_module(Attribute& into, std::string_view name);
  bool is_told_of(std::string_view name) const;
  // True if what the program stored under that name anywhere is it too.
  bool add_attribute(const Value& value, std::string_view name, Values& into);
  Value method(std::string_view name, SetId of);
  SetId shared_attribute(std::string_view name);
  void add_of_class(std::uint32_t binding, Values& into);

  // operators
  SetId unary(const python::ast::UnaryOp& node);
  void binary_values(python::ast::Operator op, const Value& a, const Value& b, bool single,
                     const python::ast::Expr* node, Values& into);
  bool add_sum(const Value& a, const Value& b, bool single, Values& into);
  bool add_repeated(const Value& a, const Value& b, bool single, const python::ast::Expr* node, Values& into);
  std::optional<std::int64_t> calculated(python::ast::Operator op, std::int64_t a, std::int64_t b,
                                         const python::ast::Expr* node);
  std::optional<std::int64_t> shifted_left(std::int64_t a, std::int64_t b, const python::ast::Expr* node);
  std::optional<std::int64_t> power(std::int64_t a, std::int64_t b, const python::ast::Expr* node);

  // formatting
  SetId percent(const Value& left, SetId right);
  SetId percent_beginning(std::string_view text);
  SetId value_of_key(const Value& mapping, std::string_view key) const;
  bool append_converted(std::string& into, char conversion, SetId argument) const;
  void percent_bomb(std::string_view text, SetId right, const python::ast::Expr* node);
  struct Joined {
    std::string text;
    bool prefix_only = false;
    bool pieces = false;  // it has values that are known
    bool assembled = false;
  };
  SetId joined(const python::ast::JoinedStr& node);
  void join_field(Joined& into, const python::ast::FormattedValue& field);

  // subscripts
  struct Bounds {
    std::optional<std::int64_t> lower;
    std::optional<std::int64_t> upper;
    std::int64_t step = 1;
    bool known = true;
  };
  SetId subscript(const python::ast::Subscript& node);
  std::optional<std::int64_t> bound(const python::ast::Expr* expression, bool& known);
  void add_slice(const Value& value, const python::ast::Slice& slice, Values& into);
  Value sliced_sequence(const Value& value, const Bounds& bounds);
  void add_item(const Value& value, const python::ast::Expr* key, Values& into);
  void add_character(const Value& text, std::int64_t index, Values& into);
  void add_of_sequence(const Value& value, const std::optional<Value>& index, Values& into);
  void add_of_mapping(const Value& value, const Values& key, Values& into);
  void add_of_other(const Value& value, Values& into);

  // displays
  SetId constant(const python::ast::Constant& node);
  SetId display(python::ast::Sequence<python::ast::Expr*> elements, const python::ast::Expr* node);
  SetId dict(const python::ast::Dict& node);
  // `node`: the comprehension if it makes its items at once.
  SetId comprehension(Comprehensions generators, const python::ast::Expr* elt, const python::ast::Expr* node);
  std::optional<SetId> item_by_item(Comprehensions generators, const python::ast::Expr* elt);
  SetId dict_comprehension(const python::ast::DictComp& node);
  std::int64_t comprehension_size(Comprehensions generators);

  // calls
  SetId call(const python::ast::Call& node);
  void call_value(const Value& callee, const python::ast::Call& node, Values& into);
  SetId applied_builtin(std::string_view name, SetId argument);
  std::optional<SetId> applied_lambda(const python::ast::Lambda& lambda, SetId argument);

  const Program& program_;
  const Rights& rights_;
  ValuePool pool_;
  // By node, and by binding: what was found in this round, and in the one before.
  std::vector<SetId> memo_;
  std::vector<SetId> previous_;
  std::vector<std::uint32_t> cyclic_;
  std::vector<SetId> all_;
  std::vector<SetId> previous_all_;
  std::vector<std::uint32_t> cyclic_bindings_;
  // What is stored under an attribute's name.
  std::unordered_map<std::string_view, SetId> shared_;
  // While an item of a comprehension is evaluated: what its variable is.
  std::uint32_t override_binding_ = none;
  SetId override_value_ = nothing;
  std::size_t override_steps_ = 0;
  std::vector<Bomb> bombs_;
  int depth_ = 0;
  bool too_deep_ = false;
  int shared_depth_ = 0;
};

}  // namespace sallyport::validators::policy

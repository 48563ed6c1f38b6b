// What each expression of a program may evaluate to.
#pragma once

#include "validators/policy/program.hpp"
#include "validators/policy/rights.hpp"
#include "validators/policy/value.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::validators::policy {

inline bool is_dunder(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

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
  // Whether the name may be the builtin where it is used, and what it is bound to.
  SetId name_value(const python::ast::Name& name, std::uint32_t index);

 private:
  SetId compute(const python::ast::Expr* expression, std::uint32_t index);
  SetId source_value(const Source& source);
  SetId follow(SetId set, const Step* path, int depth = 0);
  SetId part(SetId set, const Step& step);
  // What calling a function of the program gives; of a method, what it gives for `self.name(...)`.
  void add_results(const python::ast::Node* function, Values& into);
  void add_method_results(const Value& instance, std::string_view name, Values& into);
  SetId each(SetId set);
  SetId binary(python::ast::Operator op, SetId left, SetId right, const python::ast::Expr* node);
  void binary_values(python::ast::Operator op, const Value& a, const Value& b, bool single,
                     const python::ast::Expr* node, Values& into);
  SetId subscript(const python::ast::Subscript& node);
  SetId joined(const python::ast::JoinedStr& node);
  SetId call(const python::ast::Call& node);
  void call_value(const Value& callee, const python::ast::Call& node, Values& into);
  void call_builtin(std::string_view name, const python::ast::Call& node, Values& into);
  void call_method(const Value& method, const python::ast::Call& node, Values& into);
  void call_member(const Value& member, const python::ast::Call& node, Values& into);
  void size_bombs(const Value& member, const python::ast::Call& node);
  // A value of which every item is made: list(range(10**10)).
  void consume(SetId set, const python::ast::Expr* node);
  // How many items it has, where that is known, or 0.
  std::int64_t count_of(SetId set);
  Value sized(SetId item, std::int64_t count);
  std::int64_t shortest(const python::ast::Call& node, std::size_t first);
  std::int64_t iterator_size(std::string_view name, const python::ast::Call& node);
  SetId comprehension(python::ast::Sequence<python::ast::Comprehension*> generators,
                      const python::ast::Expr* elt, const python::ast::Expr* node);
  std::int64_t comprehension_size(python::ast::Sequence<python::ast::Comprehension*> generators);
  SetId percent(const Value& left, SetId right);
  void percent_bomb(std::string_view text, SetId right, const python::ast::Expr* node);
  SetId text(std::string text, bool assembled, ValueKind kind = ValueKind::text);
  SetId assembled_unknown();
  SetId sequence(std::vector<SetId> items, bool bag = false);
  SetId unite(SetId left, SetId right);
  // Several sets put together. One alone stays itself, and most names have one source.
  struct Union {
    SetId only = nothing;
    Values values;  // once there are two
  };
  void join(Union& into, SetId set);
  SetId keep(Union joined);
  static void add(Values& into, const Value& value);
  void add(Values& into, SetId set);
  std::optional<Value> only(SetId set, ValueKind kind) const;
  std::optional<std::int64_t> figure(SetId set) const;  // a number from 0
  std::optional<std::vector<SetId>> items_of(SetId set, bool ordered);
  SetId applied(const Value& function, SetId argument);
  SetId shared_attribute(std::string_view name);
  SetId all_values(std::uint32_t binding);
  void bomb(const python::ast::Expr* node, std::uint64_t size, bool bits);

  const Program& program_;
  const Rights& rights_;
  ValuePool pool_;
  std::vector<SetId> memo_;
  std::vector<SetId> previous_;
  std::vector<std::uint32_t> cyclic_;
  // Of a binding: the union of all its sources. Of an attribute name: what is stored under it.
  std::vector<SetId> all_;
  std::vector<SetId> previous_all_;
  std::vector<std::uint32_t> cyclic_bindings_;
  std::unordered_map<std::string_view, SetId> shared_;
  std::vector<std::string> paths_;
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

// Going through a tree, without recursion: what rules are written on.
#pragma once

#include "validators/python/ast.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace sallyport::validators::python {

namespace detail {

template <class Callback>
void each(const Callback& callback, const ast::Node* node) {
  if (node != nullptr) {
    callback(*node);
  }
}

template <class Callback, class T>
void each(const Callback& callback, ast::Sequence<T*> list) {
  for (const auto* const node : list) {
    each(callback, node);
  }
}

template <class Callback, class... Fields>
void each_of(const Callback& callback, const Fields&... fields) {
  (each(callback, fields), ...);
}

// The children of each node type, in the order of its fields in Python's ast. Keys and values of a Dict come
// as Python has them too: all keys, then all values.
struct Children {
  // clang-format off
  template <class C> static void of(const ast::Module& n, const C& c) { each_of(c, n.body); }
  template <class C> static void of(const ast::Comprehension& n, const C& c) { each_of(c, n.target, n.iter, n.ifs); }
  template <class C> static void of(const ast::ExceptHandler& n, const C& c) { each_of(c, n.type, n.body); }
  template <class C> static void of(const ast::Arguments& n, const C& c) {
    each_of(c, n.posonlyargs, n.args, n.vararg, n.kwonlyargs, n.kw_defaults, n.kwarg, n.defaults);
  }
  template <class C> static void of(const ast::Arg& n, const C& c) { each_of(c, n.annotation); }
  template <class C> static void of(const ast::Keyword& n, const C& c) { each_of(c, n.value); }
  template <class C> static void of(const ast::Alias&, const C&) {}
  template <class C> static void of(const ast::WithItem& n, const C& c) { each_of(c, n.context_expr, n.optional_vars); }
  template <class C> static void of(const ast::MatchCase& n, const C& c) { each_of(c, n.pattern, n.guard, n.body); }

  template <class C> static void of(const ast::FunctionDef& n, const C& c) {
    each_of(c, n.args, n.body, n.decorator_list, n.returns, n.type_params);
  }
  template <class C> static void of(const ast::ClassDef& n, const C& c) {
    each_of(c, n.bases, n.keywords, n.body, n.decorator_list, n.type_params);
  }
  template <class C> static void of(const ast::Return& n, const C& c) { each_of(c, n.value); }
  template <class C> static void of(const ast::Delete& n, const C& c) { each_of(c, n.targets); }
  template <class C> static void of(const ast::Assign& n, const C& c) { each_of(c, n.targets, n.value); }
  template <class C> static void of(const ast::TypeAlias& n, const C& c) { each_of(c, n.name, n.type_params, n.value); }
  template <class C> static void of(const ast::AugAssign& n, const C& c) { each_of(c, n.target, n.value); }
  template <class C> static void of(const ast::AnnAssign& n, const C& c) { each_of(c, n.target, n.annotation, n.value); }
  template <class C> static void of(const ast::For& n, const C& c) { each_of(c, n.target, n.iter, n.body, n.orelse); }
  template <class C> static void of(const ast::While& n, const C& c) { each_of(c, n.test, n.body, n.orelse); }
  template <class C> static void of(const ast::If& n, const C& c) { each_of(c, n.test, n.body, n.orelse); }
  template <class C> static void of(const ast::With& n, const C& c) { each_of(c, n.items, n.body); }
  template <class C> static void of(const ast::Match& n, const C& c) { each_of(c, n.subject, n.cases); }
  template <class C> static void of(const ast::Raise& n, const C& c) { each_of(c, n.exc, n.cause); }
  template <class C> static void of(const ast::Try& n, const C& c) { each_of(c, n.body, n.handlers, n.orelse, n.finalbody); }
  template <class C> static void of(const ast::Assert& n, const C& c) { each_of(c, n.test, n.msg); }
  template <class C> static void of(const ast::Import& n, const C& c) { each_of(c, n.names); }
  template <class C> static void of(const ast::ImportFrom& n, const C& c) { each_of(c, n.names); }
  template <class C> static void of(const ast::Global&, const C&) {}
  template <class C> static void of(const ast::Nonlocal&, const C&) {}
  template <class C> static void of(const ast::ExprStmt& n, const C& c) { each_of(c, n.value); }
  template <class C> static void of(const ast::Pass&, const C&) {}
  template <class C> static void of(const ast::Break&, const C&) {}
  template <class C> static void of(const ast::Continue&, const C&) {}

  template <class C> static void of(const ast::BoolOp& n, const C& c) { each_of(c, n.values); }
  template <class C> static void of(const ast::NamedExpr& n, const C& c) { each_of(c, n.target, n.value); }
  template <class C> static void of(const ast::BinOp& n, const C& c) { each_of(c, n.left, n.right); }
  template <class C> static void of(const ast::UnaryOp& n, const C& c) { each_of(c, n.operand); }
  template <class C> static void of(const ast::Lambda& n, const C& c) { each_of(c, n.args, n.body); }
  template <class C> static void of(const ast::IfExp& n, const C& c) { each_of(c, n.test, n.body, n.orelse); }
  template <class C> static void of(const ast::Dict& n, const C& c) { each_of(c, n.keys, n.values); }
  template <class C> static void of(const ast::Set& n, const C& c) { each_of(c, n.elts); }
  template <class C> static void of(const ast::ListComp& n, const C& c) { each_of(c, n.elt, n.generators); }
  template <class C> static void of(const ast::SetComp& n, const C& c) { each_of(c, n.elt, n.generators); }
  template <class C> static void of(const ast::DictComp& n, const C& c) { each_of(c, n.key, n.value, n.generators); }
  template <class C> static void of(const ast::GeneratorExp& n, const C& c) { each_of(c, n.elt, n.generators); }
  template <class C> static void of(const ast::Await& n, const C& c) { each_of(c, n.value); }
  template <class C> static void of(const ast::Yield& n, const C& c) { each_of(c, n.value); }
  template <class C> static void of(const ast::YieldFrom& n, const C& c) { each_of(c, n.value); }
  template <class C> static void of(const ast::Compare& n, const C& c) { each_of(c, n.left, n.comparators); }
  template <class C> static void of(const ast::Call& n, const C& c) { each_of(c, n.func, n.args, n.keywords); }
  template <class C> static void of(const ast::FormattedValue& n, const C& c) { each_of(c, n.value, n.format_spec); }
  template <class C> static void of(const ast::Interpolation& n, const C& c) { each_of(c, n.value, n.format_spec); }
  template <class C> static void of(const ast::JoinedStr& n, const C& c) { each_of(c, n.values); }
  template <class C> static void of(const ast::TemplateStr& n, const C& c) { each_of(c, n.values); }
  template <class C> static void of(const ast::Constant&, const C&) {}
  template <class C> static void of(const ast::Attribute& n, const C& c) { each_of(c, n.value); }
  template <class C> static void of(const ast::Subscript& n, const C& c) { each_of(c, n.value, n.slice); }
  template <class C> static void of(const ast::Starred& n, const C& c) { each_of(c, n.value); }
  template <class C> static void of(const ast::Name&, const C&) {}
  template <class C> static void of(const ast::List& n, const C& c) { each_of(c, n.elts); }
  template <class C> static void of(const ast::Tuple& n, const C& c) { each_of(c, n.elts); }
  template <class C> static void of(const ast::Slice& n, const C& c) { each_of(c, n.lower, n.upper, n.step); }

  template <class C> static void of(const ast::MatchValue& n, const C& c) { each_of(c, n.value); }
  template <class C> static void of(const ast::MatchSingleton&, const C&) {}
  template <class C> static void of(const ast::MatchSequence& n, const C& c) { each_of(c, n.patterns); }
  template <class C> static void of(const ast::MatchMapping& n, const C& c) { each_of(c, n.keys, n.patterns); }
  template <class C> static void of(const ast::MatchClass& n, const C& c) { each_of(c, n.cls, n.patterns, n.kwd_patterns); }
  template <class C> static void of(const ast::MatchStar&, const C&) {}
  template <class C> static void of(const ast::MatchAs& n, const C& c) { each_of(c, n.pattern); }
  template <class C> static void of(const ast::MatchOr& n, const C& c) { each_of(c, n.patterns); }

  template <class C> static void of(const ast::TypeVar& n, const C& c) { each_of(c, n.bound, n.default_value); }
  template <class C> static void of(const ast::ParamSpec& n, const C& c) { each_of(c, n.default_value); }
  template <class C> static void of(const ast::TypeVarTuple& n, const C& c) { each_of(c, n.default_value); }
  // clang-format on
};

}  // namespace detail

// Calls `callback` with each child of a node that is there, as `ast.iter_child_nodes` has them.
template <class Callback>
requires std::invocable<const Callback&, const ast::Node&>
void for_each_child(const ast::Node& node, const Callback& callback) {
  ast::visit(node, [&callback](const auto& typed) { detail::Children::of(typed, callback); });
}

// What a walk tells: `enter` before the children of a node, `leave` after them, for every node that was
// entered. `enter` can answer false to have the children left out; `leave` need not be there. The root has
// depth 0.
template <class Visitor>
concept TreeVisitor = requires(Visitor& visitor, const ast::Node& node, std::size_t depth) {
  visitor.enter(node, depth);
};

// Goes through the tree below and with `root` in the order of the source's fields. Trees may be very deep (a
// sum of 100,000 terms is a tree of 100,000 levels): the stack is on the heap and holds no more than the
// nodes that are still to come.
template <TreeVisitor Visitor>
void walk(const ast::Node& root, Visitor& visitor) {
  struct Step {
    const ast::Node* node;
    bool leaves;
  };
  std::vector<Step> stack{{&root, false}};
  std::size_t depth = 0;
  while (!stack.empty()) {
    const ast::Node* const node = stack.back().node;
    if (stack.back().leaves) {
      stack.pop_back();
      --depth;
      if constexpr (requires { visitor.leave(*node, depth); }) {
        visitor.leave(*node, depth);
      }
      continue;
    }
    stack.back().leaves = true;
    bool descends = true;
    if constexpr (std::is_same_v<decltype(visitor.enter(*node, depth)), bool>) {
      descends = visitor.enter(*node, depth);
    } else {
      visitor.enter(*node, depth);
    }
    ++depth;
    if (!descends) {
      continue;
    }
    const auto first = static_cast<std::ptrdiff_t>(stack.size());
    for_each_child(*node, [&stack](const ast::Node& child) { stack.push_back({&child, false}); });
    std::reverse(stack.begin() + first, stack.end());
  }
}

}  // namespace sallyport::validators::python

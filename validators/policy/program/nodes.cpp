// What each kind of node opens, binds and measures, and in which scopes its children stand.
#include "validators/policy/program.hpp"
#include "validators/python/walk.hpp"

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

std::string_view name_of(const TypeParameter& parameter) {
  switch (parameter.kind) {
    case NodeKind::TypeVar:
      return static_cast<const TypeVar&>(parameter).name;
    case NodeKind::ParamSpec:
      return static_cast<const ParamSpec&>(parameter).name;
    default:
      return static_cast<const TypeVarTuple&>(parameter).name;
  }
}

}  // namespace

void Program::enter(const Frame& frame, std::uint32_t index) {
  const auto& node = *frame.node;
  if (is_statement(node.kind)) {
    ++measures.statements;
  }
  switch (node.kind) {
    // Those that push their children themselves:
    case NodeKind::Module:
      return push_body(static_cast<const Module&>(node).body, frame, index, frame.scope, true);
    case NodeKind::FunctionDef:
    case NodeKind::AsyncFunctionDef:
      return enter_function(static_cast<const FunctionDef&>(node), frame, index);
    case NodeKind::Lambda:
      return enter_lambda(static_cast<const Lambda&>(node), frame, index);
    case NodeKind::ClassDef:
      return enter_class(static_cast<const ClassDef&>(node), frame, index);
    case NodeKind::TypeAlias:
      return enter_type_alias(static_cast<const TypeAlias&>(node), frame, index);
    case NodeKind::For:
    case NodeKind::AsyncFor:
      return enter_for(static_cast<const For&>(node), frame, index);
    case NodeKind::While:
      return enter_while(static_cast<const While&>(node), frame, index);
    case NodeKind::With:
    case NodeKind::AsyncWith:
      return enter_with(static_cast<const With&>(node), frame, index);
    case NodeKind::Match:
      return enter_match(static_cast<const Match&>(node), frame, index);
    case NodeKind::Import:
    case NodeKind::ImportFrom:
      return imports(node, frame, index);
    case NodeKind::Global:
      return redirect_global(static_cast<const Global&>(node), frame.scope);
    case NodeKind::Nonlocal:
      return redirect_nonlocal(static_cast<const Nonlocal&>(node), frame.scope);
    case NodeKind::NamedExpr:
      return enter_named_expression(static_cast<const NamedExpr&>(node), frame, index);
    case NodeKind::ListComp: {
      const auto& made = static_cast<const ListComp&>(node);
      return enter_comprehension(made.generators, made.elt, nullptr, frame, index);
    }
    case NodeKind::SetComp: {
      const auto& made = static_cast<const SetComp&>(node);
      return enter_comprehension(made.generators, made.elt, nullptr, frame, index);
    }
    case NodeKind::GeneratorExp: {
      const auto& made = static_cast<const GeneratorExp&>(node);
      return enter_comprehension(made.generators, made.elt, nullptr, frame, index);
    }
    case NodeKind::DictComp: {
      const auto& made = static_cast<const DictComp&>(node);
      return enter_comprehension(made.generators, made.key, made.value, frame, index);
    }
    // Those whose children all stand in the same scope:
    case NodeKind::Return:
      if (const auto* value = static_cast<const Return&>(node).value) {
        keep_result(returns, value, frame.scope);
      }
      break;
    case NodeKind::Yield:
    case NodeKind::YieldFrom:
      keep_result(yields, static_cast<const Expr*>(&node), frame.scope);
      break;
    case NodeKind::Delete:
      bind_deleted(static_cast<const Delete&>(node), frame, index);
      break;
    case NodeKind::Assign: {
      const auto& assign = static_cast<const Assign&>(node);
      for (const auto* target : assign.targets) {
        bind_target(target, assign.value, nullptr, frame, index, frame.scope);
      }
      break;
    }
    case NodeKind::AugAssign:
      if (const auto* name = as<Name>(static_cast<const AugAssign&>(node).target)) {
        define(name->id, Source::Kind::augmented, frame, index);
      }
      break;
    case NodeKind::AnnAssign:
      bind_annotated(static_cast<const AnnAssign&>(node), frame, index);
      break;
    case NodeKind::ExceptHandler:
      if (const auto name = static_cast<const ExceptHandler&>(node).name; !name.empty()) {
        bind(frame.scope, name, {}, frame, index);
      }
      break;
    case NodeKind::Call:
      calls_.push_back(index);
      break;
    default:
      break;
  }
  python::for_each_child(node, [&](const Node& child) { push(&child, frame, index, frame.scope); });
}

void Program::enter_function(const FunctionDef& node, const Frame& frame, std::uint32_t index) {
  define(node.name, Source::Kind::function, frame, index);
  if (scopes[frame.scope].kind == ScopeKind::klass) {
    methods_[node.name].push_back(&node);
  }
  for (const auto* decorator : node.decorator_list) {
    push(decorator, frame, index, frame.scope);
  }
  const auto types = type_scope(node.type_params, frame, index);
  const auto inner = new_scope(ScopeKind::function, types, index);
  parameters(*node.args, frame, index, frame.scope, types, inner);
  push(node.returns, frame, index, types);
  push_body(node.body, frame, index, inner, true);
}

void Program::enter_lambda(const Lambda& node, const Frame& frame, std::uint32_t index) {
  const auto inner = new_scope(ScopeKind::function, frame.scope, index);
  parameters(*node.args, frame, index, frame.scope, frame.scope, inner);
  returns[&node].push_back(node.body);
  push(node.body, frame, index, inner);
}

void Program::enter_class(const ClassDef& node, const Frame& frame, std::uint32_t index) {
  define(node.name, Source::Kind::klass, frame, index);
  for (const auto* decorator : node.decorator_list) {
    push(decorator, frame, index, frame.scope);
  }
  const auto types = type_scope(node.type_params, frame, index);
  for (const auto* base : node.bases) {
    push(base, frame, index, types);
  }
  for (const auto* keyword : node.keywords) {
    push(keyword, frame, index, types);
  }
  const auto inner = new_scope(ScopeKind::klass, types, index);
  push_body(node.body, frame, index, inner, true);
}

void Program::enter_type_alias(const TypeAlias& node, const Frame& frame, std::uint32_t index) {
  bind_target(node.name, nullptr, nullptr, frame, index, frame.scope);
  push(node.value, frame, index, type_scope(node.type_params, frame, index));
}

// The scope of the type parameters, or the node's own where it has none.
std::uint32_t Program::type_scope(Sequence<TypeParameter*> parameters, const Frame& frame,
                                  std::uint32_t index) {
  if (parameters.empty()) {
    return frame.scope;
  }
  const auto made = new_scope(ScopeKind::type_parameters, frame.scope, index);
  for (const auto* parameter : parameters) {
    bind(made, name_of(*parameter), {}, frame, index);
    push(parameter, frame, index, made);
  }
  return made;
}

void Program::enter_for(const For& node, const Frame& frame, std::uint32_t index) {
  measure_loop(frame);
  bind_target(node.target, node.iter, step({Step::Kind::each, 0, 0, nullptr, {}, nullptr}), frame, index,
              frame.scope);
  push(node.target, frame, index, frame.scope);
  push(node.iter, frame, index, frame.scope);
  push_body(node.body, frame, index, frame.scope, false, true);
  push_body(node.orelse, frame, index, frame.scope, false);
}

void Program::enter_while(const While& node, const Frame& frame, std::uint32_t index) {
  measure_loop(frame);
  push(node.test, frame, index, frame.scope);
  push_body(node.body, frame, index, frame.scope, false, true);
  push_body(node.orelse, frame, index, frame.scope, false);
}

void Program::measure_loop(const Frame& frame) {
  ++measures.loops;
  measures.last_loop = frame.node;
  if (frame.loop_depth + 1U > measures.loop_depth) {
    measures.loop_depth = frame.loop_depth + 1U;
    measures.deepest_loop = frame.node;
  }
}

void Program::enter_with(const With& node, const Frame& frame, std::uint32_t index) {
  for (const auto* item : node.items) {
    if (item->optional_vars != nullptr) {
      bind_target(item->optional_vars, item->context_expr,
                  step({Step::Kind::enter, 0, 0, nullptr, {}, nullptr}), frame, index, frame.scope);
    }
    push(item->context_expr, frame, index, frame.scope);
    push(item->optional_vars, frame, index, frame.scope);
  }
  push_body(node.body, frame, index, frame.scope, false);
  for (auto i = first_child_; i < stack_.size(); ++i) {
    stack_[i].certain = frame.certain && is_statement(stack_[i].node->kind);
  }
}

void Program::enter_match(const Match& node, const Frame& frame, std::uint32_t index) {
  push(node.subject, frame, index, frame.scope);
  for (const auto* item : node.cases) {
    bind_pattern(item->pattern, node.subject, nullptr, frame, index, 0);
    push(item->pattern, frame, index, frame.scope);
    push(item->guard, frame, index, frame.scope);
    push_body(item->body, frame, index, frame.scope, false);
  }
}

void Program::enter_named_expression(const NamedExpr& node, const Frame& frame, std::uint32_t index) {
  // It binds in the function around the comprehension.
  auto target = frame.scope;
  while (scopes[target].kind == ScopeKind::comprehension) {
    target = scopes[target].parent;
  }
  bind_target(node.target, node.value, nullptr, frame, index, target);
  push(node.target, frame, index, target);
  push(node.value, frame, index, frame.scope);
}

// `second`: of a dict, whose `first` are the keys.
void Program::enter_comprehension(Sequence<Comprehension*> generators, const Expr* first, const Expr* second,
                                  const Frame& frame, std::uint32_t index) {
  const auto inner = new_scope(ScopeKind::comprehension, frame.scope, index);
  if (frame.comprehension_depth + 1U > measures.comprehension_depth) {
    measures.comprehension_depth = frame.comprehension_depth + 1U;
    measures.deepest_comprehension = frame.node;
  }
  measure_loop(frame);
  for (std::size_t i = 0; i < generators.size(); ++i) {
    const auto* generator = generators[i];
    bind_target(generator->target, generator->iter, step({Step::Kind::each, 0, 0, nullptr, {}, nullptr}),
                frame, index, inner);
    push(generator->iter, frame, index, i == 0 ? frame.scope : inner);
    push(generator->target, frame, index, inner);
    for (const auto* condition : generator->ifs) {
      push(condition, frame, index, inner);
    }
  }
  push(first, frame, index, inner);
  push(second, frame, index, inner);
  for (auto i = first_child_; i < stack_.size(); ++i) {
    ++stack_[i].comprehension_depth;
  }
}

// What a function returns or yields.
void Program::keep_result(Results& results, const Expr* value, std::uint32_t scope) {
  if (scopes[scope].kind != ScopeKind::function) {
    return;
  }
  auto& known = results[scopes[scope].node];
  if (known.size() < most_sources) {
    known.push_back(value);
  }
}

}  // namespace sallyport::validators::policy

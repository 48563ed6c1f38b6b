#include "validators/policy/program.hpp"

#include "validators/python/walk.hpp"

#include <algorithm>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr int deepest_pattern = 100;
constexpr std::size_t most_candidates = 4;
constexpr std::size_t most_sources = 64;
constexpr std::size_t most_class_names = 16;

bool is_statement(NodeKind kind) {
  return kind >= NodeKind::FunctionDef && kind <= NodeKind::Continue;
}

std::size_t hash_of(const Node* node) {
  return (reinterpret_cast<std::uintptr_t>(node) >> 3U) * 0x9e3779b97f4a7c15ULL >> 20U;
}

}  // namespace

Program::Program(const Module& module, std::size_t most_nodes) {
  make_table(1024);
  nodes.reserve(512);
  postorder.reserve(512);
  stack_.reserve(256);
  new_scope(ScopeKind::module, none, 0);
  stack_.push_back({&module, 0, none, 0, 0, 0, 0, false, false});
  while (!stack_.empty()) {
    auto& top = stack_.back();
    if (top.leaves) {
      postorder.push_back(top.parent);
      stack_.pop_back();
      continue;
    }
    const Frame frame = top;
    if (nodes.size() >= most_nodes) {
      complete = false;
      break;
    }
    const auto index = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back({frame.node, frame.parent, frame.scope, frame.top});
    remember(frame.node, index);
    top.leaves = true;
    top.parent = index;  // for the way back
    first_child_ = stack_.size();
    measures.depth = std::max<std::uint64_t>(measures.depth, frame.depth);
    if (measures.depth == frame.depth) {
      measures.deepest = frame.node;
    }
    enter(frame, index);
    std::reverse(stack_.begin() + static_cast<std::ptrdiff_t>(first_child_), stack_.end());
  }
  measures.nodes = nodes.size();
  if (complete) {
    bind_arguments();
  }
}

void Program::remember(const Node* node, std::uint32_t index) {
  if (nodes.size() * 2 >= table_size_) {
    make_table(table_size_ * 4);
  }
  auto& place = table_[place_of(node)];
  if (place == 0) {
    place = index + 1;
  }
}

void Program::make_table(std::size_t size) {
  table_ = std::make_unique<std::uint32_t[]>(size);
  table_size_ = size;
  for (auto index = static_cast<std::uint32_t>(nodes.size()); index > 0; --index) {
    table_[place_of(nodes[index - 1].node)] = index;
  }
}

// Where the node is in the table, or would be.
std::size_t Program::place_of(const Node* node) const {
  auto at = hash_of(node) & (table_size_ - 1);
  while (table_[at] != 0 && nodes[table_[at] - 1].node != node) {
    at = (at + 1) & (table_size_ - 1);
  }
  return at;
}

std::uint32_t Program::index_of(const Node* node) const {
  return table_[place_of(node)] - 1;  // 0 becomes `none`
}

std::uint32_t Program::new_scope(ScopeKind kind, std::uint32_t parent, std::uint32_t index) {
  scopes.push_back({kind, parent, index, nodes.empty() ? nullptr : nodes[index].node});
  return static_cast<std::uint32_t>(scopes.size() - 1);
}

void Program::push(const Node* node, const Frame& from, std::uint32_t index, std::uint32_t scope) {
  if (node != nullptr) {
    const auto top = scope == from.scope ? from.top : 0;
    stack_.push_back(
        {node, scope, index, top, from.depth + 1, from.loop_depth, from.comprehension_depth, false, false});
  }
}

void Program::push_body(Sequence<Stmt*> body, const Frame& from, std::uint32_t index, std::uint32_t scope,
                        bool own_body, bool loop) {
  std::uint32_t top = 1;
  for (const auto* statement : body) {
    push(statement, from, index, scope);
    auto& frame = stack_.back();
    if (own_body) {
      frame.top = top++;
      frame.certain = true;
    }
    if (loop) {
      ++frame.loop_depth;
    }
  }
}

Binding& Program::binding(std::uint32_t scope, std::string_view name) {
  const auto [found, is_new] = names_.try_emplace({scope, name}, static_cast<std::uint32_t>(bindings.size()));
  if (is_new) {
    bindings.push_back({name, scope, std::pmr::vector<Source>(&memory_), false, false});
    if (scopes[scope].kind == ScopeKind::klass) {
      auto& known = class_names[name];
      if (known.size() < most_class_names) {
        known.push_back(found->second);
      } else {
        untracked = true;
      }
    }
  }
  return bindings[found->second];
}

void Program::bind(std::uint32_t scope, std::string_view name, Source source, const Frame& frame,
                   std::uint32_t index) {
  source.top = scope == frame.scope ? frame.top : 0;
  source.node_index = index;
  if (const auto* redirect = redirect_of(scope, name)) {
    scope = *redirect;
    source.foreign = true;
    source.certain = false;
  }
  auto& bound = binding(scope, name);
  bound.deleted |= source.kind == Source::Kind::deleted;
  bound.sources.push_back(source);
}

void Program::bind_target(const Expr* target, const Expr* value, const Step* path, const Frame& frame,
                          std::uint32_t index, std::uint32_t scope) {
  struct Todo {
    const Expr* target;
    const Expr* value;
    const Step* path;
  };
  std::vector<Todo> todo{{target, value, path}};
  while (!todo.empty()) {
    const auto now = todo.back();
    todo.pop_back();
    if (const auto* name = as<Name>(now.target)) {
      Source source;
      source.kind = now.value != nullptr ? Source::Kind::expression : Source::Kind::opaque;
      source.node = now.value;
      source.path = now.path;
      source.certain = frame.certain && is_statement(frame.node->kind) && frame.node->kind != NodeKind::For &&
                       frame.node->kind != NodeKind::AsyncFor;
      bind(scope, name->id, source, frame, index);
    } else if (const auto* attribute = as<Attribute>(now.target)) {
      const bool whole =
          now.path == nullptr || (now.path->kind == Step::Kind::enter && now.path->previous == nullptr);
      if (whole && now.value != nullptr) {
        auto& stores = attribute_stores[attribute->attr];
        if (stores.size() < most_sources) {
          stores.push_back(now.value);
        } else {
          untracked = true;
        }
      }
    } else if (const auto* starred = as<Starred>(now.target)) {
      todo.push_back({starred->value, now.value, now.path});
    } else {
      Sequence<Expr*> elements;
      if (const auto* tuple = as<Tuple>(now.target)) {
        elements = tuple->elts;
      } else if (const auto* list = as<List>(now.target)) {
        elements = list->elts;
      }
      // Straight to the item where both sides are written out: no step needed.
      const Tuple* written = now.path == nullptr ? as<Tuple>(now.value) : nullptr;
      const bool has_star = std::any_of(elements.begin(), elements.end(), [](const Expr* element) {
        return element->kind == NodeKind::Starred;
      });
      const bool pairs = written != nullptr && !has_star && written->elts.size() == elements.size() &&
                         std::none_of(written->elts.begin(), written->elts.end(),
                                      [](const Expr* item) { return item->kind == NodeKind::Starred; });
      for (std::uint32_t i = 0; i < elements.size(); ++i) {
        if (pairs) {
          todo.push_back({elements[i], written->elts[i], nullptr});
          continue;
        }
        Step part;
        part.kind = elements[i]->kind == NodeKind::Starred ? Step::Kind::rest : Step::Kind::item;
        part.index = i;
        part.after = static_cast<std::uint32_t>(elements.size()) - i - 1;
        part.previous = now.path;
        todo.push_back({elements[i], now.value, now.value != nullptr ? step(part) : nullptr});
      }
    }
  }
}

void Program::bind_pattern(const Pattern* pattern, const Expr* subject, const Step* path, const Frame& frame,
                           std::uint32_t index, int depth) {
  if (pattern == nullptr || depth > deepest_pattern) {
    return;
  }
  const auto bind_name = [&](std::string_view name, const Step* how) {
    if (!name.empty()) {
      Source source;
      source.kind = Source::Kind::expression;
      source.node = subject;
      source.path = how;
      bind(frame.scope, name, source, frame, index);
    }
  };
  const auto part = [&](Step::Kind kind, std::uint32_t i, std::uint32_t after, std::string_view name,
                        const Expr* key) {
    return step({kind, i, after, key, name, path});
  };
  if (const auto* capture = as<MatchAs>(pattern)) {
    bind_name(capture->name, path);
    bind_pattern(capture->pattern, subject, path, frame, index, depth + 1);
  } else if (const auto* either = as<MatchOr>(pattern)) {
    for (const auto* choice : either->patterns) {
      bind_pattern(choice, subject, path, frame, index, depth + 1);
    }
  } else if (const auto* sequence = as<MatchSequence>(pattern)) {
    const auto size = static_cast<std::uint32_t>(sequence->patterns.size());
    bool after_star = false;
    for (std::uint32_t i = 0; i < size; ++i) {
      if (const auto* star = as<MatchStar>(sequence->patterns[i])) {
        bind_name(star->name, part(Step::Kind::rest, i, size - i - 1, {}, nullptr));
        after_star = true;
      } else {
        // Behind a star the place is counted from the end; any item then.
        const auto* how = after_star ? part(Step::Kind::each, 0, 0, {}, nullptr)
                                     : part(Step::Kind::item, i, size - i - 1, {}, nullptr);
        bind_pattern(sequence->patterns[i], subject, how, frame, index, depth + 1);
      }
    }
  } else if (const auto* mapping = as<MatchMapping>(pattern)) {
    for (std::size_t i = 0; i < mapping->patterns.size(); ++i) {
      bind_pattern(mapping->patterns[i], subject, part(Step::Kind::key, 0, 0, {}, mapping->keys[i]), frame,
                   index, depth + 1);
    }
    bind_name(mapping->rest, path);
  } else if (const auto* cls = as<MatchClass>(pattern)) {
    for (const auto* inner : cls->patterns) {
      // object(x) and the builtin types bind the subject itself.
      bind_pattern(inner, subject, path, frame, index, depth + 1);
    }
    for (std::size_t i = 0; i < cls->kwd_patterns.size(); ++i) {
      bind_pattern(cls->kwd_patterns[i], subject,
                   part(Step::Kind::attribute, 0, 0, cls->kwd_attrs[i], nullptr), frame, index, depth + 1);
    }
  }
}

void Program::parameters(const Arguments& arguments, const Frame& frame, std::uint32_t index,
                         std::uint32_t outer, std::uint32_t annotations, std::uint32_t inner) {
  function_scopes_[frame.node] = inner;
  const auto declare = [&](const Arg* argument, const Expr* standard) {
    if (argument == nullptr) {
      return;
    }
    Source source;
    source.kind = standard != nullptr ? Source::Kind::expression : Source::Kind::opaque;
    source.node = standard;
    auto& bound = binding(inner, argument->arg);
    bound.parameter = true;
    if (standard != nullptr) {
      bound.sources.push_back(source);
    }
    bound.sources.emplace_back();  // what callers pass
    push(argument->annotation, frame, index, annotations);
  };
  const auto plain = arguments.posonlyargs.size() + arguments.args.size();
  for (std::size_t i = 0; i < plain; ++i) {
    const auto* argument = i < arguments.posonlyargs.size()
                               ? arguments.posonlyargs[i]
                               : arguments.args[i - arguments.posonlyargs.size()];
    const auto from_end = plain - i;
    const auto size = arguments.defaults.size();
    declare(argument, from_end <= size ? arguments.defaults[size - from_end] : nullptr);
  }
  declare(arguments.vararg, nullptr);
  for (std::size_t i = 0; i < arguments.kwonlyargs.size(); ++i) {
    declare(arguments.kwonlyargs[i], arguments.kw_defaults[i]);
  }
  declare(arguments.kwarg, nullptr);
  for (const auto* standard : arguments.defaults) {
    push(standard, frame, index, outer);
  }
  for (const auto* standard : arguments.kw_defaults) {
    push(standard, frame, index, outer);
  }
}

void Program::imports(const Node& node, const Frame& frame, std::uint32_t index) {
  if (const auto* import = as<Import>(&node)) {
    for (const auto* alias : import->names) {
      Source source;
      source.kind = Source::Kind::module;
      source.certain = frame.certain;
      source.node = alias;
      const auto first = alias->name.substr(0, alias->name.find('.'));
      source.module = alias->asname.empty() ? first : alias->name;
      bind(frame.scope, alias->asname.empty() ? first : alias->asname, source, frame, index);
      imported.try_emplace(alias->name, alias);
      imported.try_emplace(first, alias);
    }
    return;
  }
  const auto& from = static_cast<const ImportFrom&>(node);
  for (const auto* alias : from.names) {
    imported.try_emplace(from.module, alias);
    imported.try_emplace(from.module.substr(0, from.module.find('.')), alias);
    if (alias->name == "*") {
      star_modules.push_back(from.module);
      continue;
    }
    Source source;
    source.kind = Source::Kind::member;
    source.certain = frame.certain;
    source.node = alias;
    source.module = from.module;
    source.member = alias->name;
    bind(frame.scope, alias->asname.empty() ? alias->name : alias->asname, source, frame, index);
  }
}

void Program::enter(const Frame& frame, std::uint32_t index) {
  const auto& node = *frame.node;
  const auto scope = frame.scope;
  if (is_statement(node.kind)) {
    ++measures.statements;
  }
  const auto define = [&](std::string_view name, Source::Kind kind) {
    Source source;
    source.kind = kind;
    source.certain = frame.certain;
    source.node = &node;
    bind(scope, name, source, frame, index);
  };
  const auto loop = [&] {
    ++measures.loops;
    measures.last_loop = &node;
    if (frame.loop_depth + 1U > measures.loop_depth) {
      measures.loop_depth = frame.loop_depth + 1U;
      measures.deepest_loop = &node;
    }
  };
  const auto type_scope = [&](Sequence<TypeParameter*> parameters) {
    if (parameters.empty()) {
      return scope;
    }
    const auto made = new_scope(ScopeKind::type_parameters, scope, index);
    for (const auto* parameter : parameters) {
      const auto name = parameter->kind == NodeKind::TypeVar ? static_cast<const TypeVar*>(parameter)->name
                        : parameter->kind == NodeKind::ParamSpec
                            ? static_cast<const ParamSpec*>(parameter)->name
                            : static_cast<const TypeVarTuple*>(parameter)->name;
      bind(made, name, {}, frame, index);
      push(parameter, frame, index, made);
    }
    return made;
  };
  const auto comprehension = [&](Sequence<Comprehension*> generators, const Expr* first, const Expr* second) {
    const auto inner = new_scope(ScopeKind::comprehension, scope, index);
    if (frame.comprehension_depth + 1U > measures.comprehension_depth) {
      measures.comprehension_depth = frame.comprehension_depth + 1U;
      measures.deepest_comprehension = &node;
    }
    loop();
    for (std::size_t i = 0; i < generators.size(); ++i) {
      const auto* generator = generators[i];
      bind_target(generator->target, generator->iter, step({Step::Kind::each, 0, 0, nullptr, {}, nullptr}),
                  frame, index, inner);
      push(generator->iter, frame, index, i == 0 ? scope : inner);
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
  };

  switch (node.kind) {
    case NodeKind::Module:
      push_body(static_cast<const Module&>(node).body, frame, index, scope, true);
      return;
    case NodeKind::FunctionDef:
    case NodeKind::AsyncFunctionDef: {
      const auto& function = static_cast<const FunctionDef&>(node);
      define(function.name, Source::Kind::function);
      if (scopes[scope].kind == ScopeKind::klass) {
        methods_[function.name].push_back(&function);
      }
      for (const auto* decorator : function.decorator_list) {
        push(decorator, frame, index, scope);
      }
      const auto types = type_scope(function.type_params);
      const auto inner = new_scope(ScopeKind::function, types, index);
      parameters(*function.args, frame, index, scope, types, inner);
      push(function.returns, frame, index, types);
      push_body(function.body, frame, index, inner, true);
      return;
    }
    case NodeKind::Lambda: {
      const auto& lambda = static_cast<const Lambda&>(node);
      const auto inner = new_scope(ScopeKind::function, scope, index);
      parameters(*lambda.args, frame, index, scope, scope, inner);
      returns[&node].push_back(lambda.body);
      push(lambda.body, frame, index, inner);
      return;
    }
    case NodeKind::ClassDef: {
      const auto& cls = static_cast<const ClassDef&>(node);
      define(cls.name, Source::Kind::klass);
      for (const auto* decorator : cls.decorator_list) {
        push(decorator, frame, index, scope);
      }
      const auto types = type_scope(cls.type_params);
      for (const auto* base : cls.bases) {
        push(base, frame, index, types);
      }
      for (const auto* keyword : cls.keywords) {
        push(keyword, frame, index, types);
      }
      const auto inner = new_scope(ScopeKind::klass, types, index);
      push_body(cls.body, frame, index, inner, true);
      return;
    }
    case NodeKind::Return: {
      const auto& result = static_cast<const Return&>(node);
      if (result.value != nullptr && scopes[scope].kind == ScopeKind::function) {
        auto& known = returns[scopes[scope].node];
        if (known.size() < most_sources) {
          known.push_back(result.value);
        }
      }
      break;
    }
    case NodeKind::Yield:
    case NodeKind::YieldFrom: {
      if (scopes[scope].kind == ScopeKind::function) {
        auto& known = yields[scopes[scope].node];
        if (known.size() < most_sources) {
          known.push_back(static_cast<const Expr*>(&node));
        }
      }
      break;
    }
    case NodeKind::Delete:
      for (const auto* target : static_cast<const Delete&>(node).targets) {
        if (const auto* name = as<Name>(target)) {
          define(name->id, Source::Kind::deleted);
          binding(scope, name->id).sources.empty()
              ? void()
              : void(binding(scope, name->id).sources.back().certain = false);
        }
      }
      break;
    case NodeKind::Assign: {
      const auto& assign = static_cast<const Assign&>(node);
      for (const auto* target : assign.targets) {
        bind_target(target, assign.value, nullptr, frame, index, scope);
      }
      break;
    }
    case NodeKind::AugAssign: {
      const auto& assign = static_cast<const AugAssign&>(node);
      if (const auto* name = as<Name>(assign.target)) {
        define(name->id, Source::Kind::augmented);
      }
      break;
    }
    case NodeKind::AnnAssign: {
      const auto& assign = static_cast<const AnnAssign&>(node);
      if (assign.value != nullptr) {
        bind_target(assign.target, assign.value, nullptr, frame, index, scope);
      } else if (const auto* name = as<Name>(assign.target);
                 name != nullptr && scopes[scope].kind == ScopeKind::function) {
        binding(scope, name->id);
      }
      break;
    }
    case NodeKind::TypeAlias: {
      const auto& alias = static_cast<const TypeAlias&>(node);
      bind_target(alias.name, nullptr, nullptr, frame, index, scope);
      push(alias.value, frame, index, type_scope(alias.type_params));
      return;
    }
    case NodeKind::For:
    case NodeKind::AsyncFor: {
      const auto& statement = static_cast<const For&>(node);
      loop();
      bind_target(statement.target, statement.iter, step({Step::Kind::each, 0, 0, nullptr, {}, nullptr}),
                  frame, index, scope);
      push(statement.target, frame, index, scope);
      push(statement.iter, frame, index, scope);
      push_body(statement.body, frame, index, scope, false, true);
      push_body(statement.orelse, frame, index, scope, false);
      return;
    }
    case NodeKind::While: {
      const auto& statement = static_cast<const While&>(node);
      loop();
      push(statement.test, frame, index, scope);
      push_body(statement.body, frame, index, scope, false, true);
      push_body(statement.orelse, frame, index, scope, false);
      return;
    }
    case NodeKind::With:
    case NodeKind::AsyncWith: {
      const auto& with = static_cast<const With&>(node);
      for (const auto* item : with.items) {
        if (item->optional_vars != nullptr) {
          bind_target(item->optional_vars, item->context_expr,
                      step({Step::Kind::enter, 0, 0, nullptr, {}, nullptr}), frame, index, scope);
        }
        push(item->context_expr, frame, index, scope);
        push(item->optional_vars, frame, index, scope);
      }
      push_body(with.body, frame, index, scope, false);
      for (auto i = first_child_; i < stack_.size(); ++i) {
        stack_[i].certain = frame.certain && is_statement(stack_[i].node->kind);
      }
      return;
    }
    case NodeKind::Match: {
      const auto& match = static_cast<const Match&>(node);
      push(match.subject, frame, index, scope);
      for (const auto* item : match.cases) {
        bind_pattern(item->pattern, match.subject, nullptr, frame, index, 0);
        push(item->pattern, frame, index, scope);
        push(item->guard, frame, index, scope);
        push_body(item->body, frame, index, scope, false);
      }
      return;
    }
    case NodeKind::Import:
    case NodeKind::ImportFrom:
      imports(node, frame, index);
      return;
    case NodeKind::Global:
      for (const auto name : static_cast<const Global&>(node).names) {
        redirects_.insert_or_assign(Key{scope, name}, 0U);
      }
      return;
    case NodeKind::Nonlocal:
      for (const auto name : static_cast<const Nonlocal&>(node).names) {
        const auto found = scope == 0 ? Lookup{} : lookup(scopes[scope].parent, name);
        if (found.binding != none) {
          redirects_.insert_or_assign(Key{scope, name}, bindings[found.binding].scope);
        }
      }
      return;
    case NodeKind::NamedExpr: {
      const auto& named = static_cast<const NamedExpr&>(node);
      auto target = scope;
      while (scopes[target].kind == ScopeKind::comprehension) {
        target = scopes[target].parent;
      }
      bind_target(named.target, named.value, nullptr, frame, index, target);
      push(named.target, frame, index, target);
      push(named.value, frame, index, scope);
      return;
    }
    case NodeKind::ListComp: {
      const auto& made = static_cast<const ListComp&>(node);
      return comprehension(made.generators, made.elt, nullptr);
    }
    case NodeKind::SetComp: {
      const auto& made = static_cast<const SetComp&>(node);
      return comprehension(made.generators, made.elt, nullptr);
    }
    case NodeKind::GeneratorExp: {
      const auto& made = static_cast<const GeneratorExp&>(node);
      return comprehension(made.generators, made.elt, nullptr);
    }
    case NodeKind::DictComp: {
      const auto& made = static_cast<const DictComp&>(node);
      return comprehension(made.generators, made.key, made.value);
    }
    case NodeKind::ExceptHandler: {
      const auto& handler = static_cast<const ExceptHandler&>(node);
      if (!handler.name.empty()) {
        bind(scope, handler.name, {}, frame, index);
      }
      break;
    }
    case NodeKind::Call:
      calls_.push_back(index);
      break;
    default:
      break;
  }
  python::for_each_child(node, [&](const Node& child) { push(&child, frame, index, scope); });
}

// Where `global` or `nonlocal` says that the name is; most programs have neither.
const std::uint32_t* Program::redirect_of(std::uint32_t scope, std::string_view name) const {
  if (redirects_.empty()) {
    return nullptr;
  }
  const auto found = redirects_.find({scope, name});
  return found == redirects_.end() ? nullptr : &found->second;
}

Lookup Program::lookup(std::uint32_t scope, std::string_view name) const {
  const auto start = scope;
  while (scope != none) {
    if (const auto* redirect = redirect_of(scope, name)) {
      const auto found = names_.find({*redirect, name});
      return found == names_.end() ? Lookup{} : Lookup{found->second, false};
    }
    if (scopes[scope].kind != ScopeKind::klass || scope == start) {
      const auto found = names_.find({scope, name});
      if (found != names_.end()) {
        return {found->second, scope == start};
      }
    }
    scope = scopes[scope].parent;
  }
  return {};
}

std::vector<const Node*> Program::methods(const Node* klass, std::string_view name) const {
  std::vector<const Node*> result;
  const auto found = methods_.find(name);
  if (found == methods_.end()) {
    return result;
  }
  std::size_t looked_at = 0;
  for (const auto* method : found->second) {
    if (++looked_at > most_class_names) {
      break;
    }
    const auto index = index_of(method);
    if (index != none && nodes[nodes[index].parent].node == klass) {
      result.push_back(method);
    }
  }
  const auto* definition = as<ClassDef>(klass);
  if (result.empty() && definition != nullptr && !definition->bases.empty()) {
    const auto count = std::min(found->second.size(), most_candidates);
    result.assign(found->second.begin(), found->second.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return result;
}

// What calls within the program pass becomes a source of the parameter.
void Program::bind_arguments() {
  const auto give = [this](const Node* function, const Arguments& arguments, const Call& call,
                           std::size_t skip) {
    const auto scope = function_scopes_.find(function);
    if (scope == function_scopes_.end()) {
      return;
    }
    const auto add = [&](std::string_view name, const Expr* value, const Step* path) {
      auto& bound = binding(scope->second, name);
      if (bound.sources.size() < most_sources) {
        Source source;
        source.kind = Source::Kind::expression;
        source.node = value;
        source.path = path;
        bound.sources.push_back(source);
      }
    };
    const auto plain = arguments.posonlyargs.size() + arguments.args.size();
    for (std::size_t i = 0; i < call.args.size() && i < 64; ++i) {
      const auto place = i + skip;
      if (call.args[i]->kind == NodeKind::Starred) {
        break;
      }
      if (place < plain) {
        const auto* argument = place < arguments.posonlyargs.size()
                                   ? arguments.posonlyargs[place]
                                   : arguments.args[place - arguments.posonlyargs.size()];
        add(argument->arg, call.args[i], nullptr);
      }
    }
    for (const auto* keyword : call.keywords) {
      if (!keyword->arg.empty() && names_.contains({scope->second, keyword->arg})) {
        add(keyword->arg, keyword->value, nullptr);
      }
    }
  };
  // reduce(lambda o, n: ..., names, start): a function that is passed on gets what is passed with it, or its
  // items.
  const auto give_all = [this](const Lambda& lambda, const Call& call) {
    const auto scope = function_scopes_.find(&lambda);
    if (scope == function_scopes_.end()) {
      return;
    }
    const auto* items = step({Step::Kind::each, 0, 0, nullptr, {}, nullptr});
    for (std::size_t i = 0; i < lambda.args->args.size() && i < 4; ++i) {
      auto& bound = binding(scope->second, lambda.args->args[i]->arg);
      for (std::size_t j = 0; j < call.args.size() && j < 6; ++j) {
        if (call.args[j] == &lambda || bound.sources.size() >= most_sources) {
          continue;
        }
        Source source;
        source.kind = Source::Kind::expression;
        source.node = call.args[j];
        bound.sources.push_back(source);
        source.path = items;
        bound.sources.push_back(source);
      }
    }
  };
  for (const auto index : calls_) {
    const auto& call = static_cast<const Call&>(*nodes[index].node);
    for (const auto* argument : call.args) {
      if (const auto* lambda = as<Lambda>(argument); lambda != nullptr && call.args.size() > 1) {
        give_all(*lambda, call);
      }
    }
    if (call.args.empty() && call.keywords.empty()) {
      continue;
    }
    std::size_t tried = 0;
    if (const auto* lambda = as<Lambda>(call.func)) {
      give(lambda, *lambda->args, call, 0);
    } else if (const auto* name = as<Name>(call.func)) {
      const auto found = lookup(nodes[index].scope, name->id);
      if (found.binding == none) {
        continue;
      }
      const auto& known = bindings[found.binding].sources;
      for (std::size_t i = 0; i < known.size() && tried < most_candidates; ++i) {
        const Source source = known[i];
        if (source.kind == Source::Kind::function) {
          const auto* function = static_cast<const FunctionDef*>(source.node);
          give(function, *function->args, call, 0);
          ++tried;
        } else if (source.kind == Source::Kind::klass) {
          const auto init = methods_.find("__init__");
          if (init == methods_.end()) {
            continue;
          }
          for (const auto* method : init->second) {
            const auto parent = index_of(method);
            if (parent != none && nodes[nodes[parent].parent].node == source.node) {
              give(method, *method->args, call, 1);
              ++tried;
              break;
            }
          }
        } else if (const auto* value = as<Lambda>(source.node); value != nullptr && source.path == nullptr) {
          give(value, *value->args, call, 0);
          ++tried;
        }
      }
    } else if (const auto* attribute = as<Attribute>(call.func)) {
      const auto found = methods_.find(attribute->attr);
      if (found == methods_.end()) {
        continue;
      }
      for (const auto* method : found->second) {
        if (++tried > most_candidates) {
          break;
        }
        const bool is_static = std::any_of(method->decorator_list.begin(), method->decorator_list.end(),
                                           [](const Expr* decorator) {
                                             const auto* id = as<Name>(decorator);
                                             return id != nullptr && id->id == "staticmethod";
                                           });
        give(method, *method->args, call, is_static ? 0 : 1);
      }
    }
  }
}

}  // namespace sallyport::validators::policy

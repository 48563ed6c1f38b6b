// What binds a name: targets of assignments, patterns, parameters, imports.
#include "validators/policy/program.hpp"

#include <algorithm>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr int deepest_pattern = 100;

}  // namespace

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

// The node of the frame gives its scope that name.
void Program::define(std::string_view name, Source::Kind kind, const Frame& frame, std::uint32_t index) {
  Source source;
  source.kind = kind;
  source.certain = frame.certain;
  source.node = frame.node;
  bind(frame.scope, name, source, frame, index);
}

void Program::bind_deleted(const Delete& node, const Frame& frame, std::uint32_t index) {
  for (const auto* target : node.targets) {
    if (const auto* name = as<Name>(target)) {
      define(name->id, Source::Kind::deleted, frame, index);
      auto& sources = binding(frame.scope, name->id).sources;
      if (!sources.empty()) {
        sources.back().certain = false;
      }
    }
  }
}

void Program::bind_annotated(const AnnAssign& node, const Frame& frame, std::uint32_t index) {
  if (node.value != nullptr) {
    bind_target(node.target, node.value, nullptr, frame, index, frame.scope);
  } else if (const auto* name = as<Name>(node.target);
             name != nullptr && scopes[frame.scope].kind == ScopeKind::function) {
    binding(frame.scope, name->id);
  }
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
      keep_stored(*attribute, now.value, now.path);
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

// `target.name = value`: what all objects of the program may have under that name.
void Program::keep_stored(const Attribute& target, const Expr* value, const Step* path) {
  const bool whole = path == nullptr || (path->kind == Step::Kind::enter && path->previous == nullptr);
  if (!whole || value == nullptr) {
    return;
  }
  auto& stores = attribute_stores[target.attr];
  if (stores.size() < most_sources) {
    stores.push_back(value);
  } else {
    untracked = true;
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

void Program::redirect_global(const Global& node, std::uint32_t scope) {
  for (const auto name : node.names) {
    redirects_.insert_or_assign(Key{scope, name}, 0U);
  }
}

void Program::redirect_nonlocal(const Nonlocal& node, std::uint32_t scope) {
  for (const auto name : node.names) {
    const auto found = scope == 0 ? Lookup{} : lookup(scopes[scope].parent, name);
    if (found.binding != none) {
      redirects_.insert_or_assign(Key{scope, name}, bindings[found.binding].scope);
    }
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

}  // namespace sallyport::validators::policy

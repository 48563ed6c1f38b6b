#include "validators/python/compile_checks/code_pass.hpp"
#include "validators/python/compile_checks/limits.hpp"
#include "validators/python/compile_checks/literal_types.hpp"

#include <algorithm>

namespace sallyport::validators::python::checks {

CodePass::CodePass(const ScopeFacts& facts, Report& report, const Future& future)
    : facts_(facts), report_(report), version_(report.version()), future_(future) {}

bool CodePass::run(const ast::Module& module) {
  unit_.node = &module;
  begun_ = &module.location;
  return body_with_annotations(module.body);
}

CodePass::Unit CodePass::enter(UnitKind kind, const ast::Node& node) {
  const Unit outer = unit_;
  unit_.sees_class =
      kind == UnitKind::annotations && (outer.sees_class || outer.kind == UnitKind::class_body);
  unit_.kind = kind;
  unit_.node = &node;
  unit_.first_block = blocks_.size();
  return outer;
}

void CodePass::leave(const Unit& outer) {
  blocks_.resize(unit_.first_block);
  unit_ = outer;
}

bool CodePass::push(Block block, const ast::Location& where) {
  if (blocks_.size() - unit_.first_block >= most_nested_blocks(version_)) {
    return report_.refuse(where, "too many statically nested blocks");
  }
  blocks_.push_back(block);
  return true;
}

bool CodePass::allows_store(ast::Identifier name, const ast::Location& where) {
  if (name != "__debug__" || !refuses_debug_names()) {
    return true;
  }
  return report_.refuse(where, "cannot assign to __debug__");
}

bool CodePass::allows_delete(ast::Identifier name, const ast::Location& where) {
  if (name != "__debug__" || !refuses_debug_names() || version_ < Version::v3_10) {
    return true;
  }
  return report_.refuse(where, "cannot delete __debug__");
}

bool CodePass::statements(ast::Sequence<ast::Stmt*> body) {
  for (const ast::Stmt* node : body) {
    if (!statement(*node)) {
      return false;
    }
  }
  return true;
}

bool CodePass::statement(const ast::Stmt& node) {
  using Kind = ast::NodeKind;
  begun_ = &node.location;
  switch (node.kind) {
    case Kind::FunctionDef:
    case Kind::AsyncFunctionDef:
      return function(static_cast<const ast::FunctionDef&>(node));
    case Kind::ClassDef:
      return class_definition(static_cast<const ast::ClassDef&>(node));
    case Kind::Return:
      return return_statement(static_cast<const ast::Return&>(node));
    case Kind::Delete:
      return expressions(static_cast<const ast::Delete&>(node).targets);
    case Kind::Assign: {
      const auto& assign = static_cast<const ast::Assign&>(node);
      return expression(*assign.value) && expressions(assign.targets);
    }
    case Kind::TypeAlias:
      return type_alias(static_cast<const ast::TypeAlias&>(node));
    case Kind::AugAssign:
      return augmented_assignment(static_cast<const ast::AugAssign&>(node));
    case Kind::AnnAssign:
      return annotated_assignment(static_cast<const ast::AnnAssign&>(node));
    case Kind::For:
    case Kind::AsyncFor:
      return for_loop(static_cast<const ast::For&>(node));
    case Kind::While:
      return while_loop(static_cast<const ast::While&>(node));
    case Kind::If: {
      const auto& branch = static_cast<const ast::If&>(node);
      return expression(*branch.test) && statements(branch.body) && statements(branch.orelse);
    }
    case Kind::With:
    case Kind::AsyncWith:
      return with_items(static_cast<const ast::With&>(node));
    case Kind::Match:
      return match_statement(static_cast<const ast::Match&>(node));
    case Kind::Raise: {
      const auto& raise = static_cast<const ast::Raise&>(node);
      return optional_expression(raise.exc) && optional_expression(raise.cause);
    }
    case Kind::Try:
    case Kind::TryStar:
      return try_statement(static_cast<const ast::Try&>(node));
    case Kind::Assert:
      return assertion(static_cast<const ast::Assert&>(node));
    case Kind::Import:
      return import_statement(static_cast<const ast::Import&>(node));
    case Kind::ImportFrom:
      return import_from(static_cast<const ast::ImportFrom&>(node));
    case Kind::ExprStmt: {
      const ast::Expr& value = *static_cast<const ast::ExprStmt&>(node).value;
      return value.kind == Kind::Constant || expression(value);
    }
    case Kind::Break:
      return jump(node, "break", "'break' outside loop");
    case Kind::Continue:
      return jump(node, "continue", "'continue' not properly in loop");
    default:
      return true;
  }
}

bool CodePass::debug_parameters(const ast::Arguments& arguments, const ast::Location& where) {
  if (!refuses_debug_names()) {
    return true;
  }
  const auto allowed = [&](const ast::Arg* argument) {
    return argument == nullptr ||
           allows_store(argument->arg, version_ >= Version::v3_12 ? argument->location : where);
  };
  const auto all_allowed = [&](ast::Sequence<ast::Arg*> list) {
    return std::all_of(list.begin(), list.end(), allowed);
  };
  return all_allowed(arguments.posonlyargs) && all_allowed(arguments.args) && allowed(arguments.vararg) &&
         all_allowed(arguments.kwonlyargs) && allowed(arguments.kwarg);
}

bool CodePass::function(const ast::FunctionDef& node) {
  const bool is_async = node.kind == ast::NodeKind::AsyncFunctionDef;
  if (!debug_parameters(*node.args, node.location) || !expressions(node.decorator_list) ||
      !expressions(node.args->defaults) || !expressions(node.args->kw_defaults)) {
    return false;
  }
  const bool is_generic = !node.type_params.empty();
  const Unit outer = unit_;
  if (is_generic) {
    enter(UnitKind::annotations, node);
    if (!type_parameters(node.type_params)) {
      return false;
    }
  }
  if (!future_.annotations && !function_annotations(node)) {
    return false;
  }
  const Unit around = enter(is_async ? UnitKind::async_function : UnitKind::function, node);
  // From 3.12 on, generators and coroutines are wrapped in a handler of StopIteration.
  const bool is_wrapped =
      version_ >= Version::v3_12 && (is_async || facts_.is_coroutine(node) || facts_.is_generator(node));
  if (is_wrapped && !push(Block::other, node.location)) {
    return false;
  }
  if (!statements(node.body)) {
    return false;
  }
  leave(around);
  if (is_generic) {
    leave(outer);
  }
  return allows_store(node.name, node.location);
}

bool CodePass::function_annotations(const ast::FunctionDef& node) {
  const bool has_unit = version_ >= Version::v3_14;
  const Unit outer = unit_;
  if (has_unit) {
    enter(UnitKind::annotations, node);
  }
  const auto of_one = [this](const ast::Arg* argument) {
    if (argument == nullptr || argument->annotation == nullptr) {
      return true;
    }
    // `*args: *Ts`
    const auto* starred = ast::as<ast::Starred>(argument->annotation);
    return expression(starred != nullptr ? *starred->value : *argument->annotation);
  };
  const auto of_all = [&of_one](ast::Sequence<ast::Arg*> list) {
    return std::all_of(list.begin(), list.end(), of_one);
  };
  const ast::Arguments& arguments = *node.args;
  const bool go_on = of_all(arguments.args) && of_all(arguments.posonlyargs) && of_one(arguments.vararg) &&
                     of_all(arguments.kwonlyargs) && of_one(arguments.kwarg) &&
                     optional_expression(node.returns);
  if (has_unit && go_on) {
    leave(outer);
  }
  return go_on;
}

bool CodePass::class_definition(const ast::ClassDef& node) {
  if (!expressions(node.decorator_list)) {
    return false;
  }
  const bool is_generic = !node.type_params.empty();
  const Unit outer = unit_;
  if (is_generic) {
    enter(UnitKind::annotations, node);
    if (!type_parameters(node.type_params)) {
      return false;
    }
  }
  const Unit around = enter(UnitKind::class_body, node);
  if (!body_with_annotations(node.body)) {
    return false;
  }
  leave(around);
  if (!arguments(node.bases, node.keywords, node.location)) {
    return false;
  }
  if (is_generic) {
    leave(outer);
  }
  return allows_store(node.name, node.location);
}

// A module or a class. 3.14 leaves the annotations to the end, in a function of their own.
bool CodePass::body_with_annotations(ast::Sequence<ast::Stmt*> body) {
  const std::size_t first = deferred_annotations_.size();
  if (!statements(body)) {
    return false;
  }
  if (deferred_annotations_.size() == first) {
    return true;
  }
  const Unit outer = enter(UnitKind::annotations, *deferred_annotations_[first]);
  for (std::size_t i = first; i < deferred_annotations_.size(); ++i) {
    if (!expression(*deferred_annotations_[i])) {
      return false;
    }
  }
  leave(outer);
  deferred_annotations_.resize(first);
  return true;
}

bool CodePass::type_parameters(ast::Sequence<ast::TypeParameter*> list) {
  bool seen_default = false;
  for (const ast::TypeParameter* node : list) {
    ast::Identifier name;
    const ast::Expr* default_value = nullptr;
    bool may_be_starred = false;
    if (const auto* variable = ast::as<ast::TypeVar>(node)) {
      name = variable->name;
      default_value = variable->default_value;
      if (variable->bound != nullptr && !type_variable_part(*variable->bound, false)) {
        return false;
      }
    } else if (const auto* tuple = ast::as<ast::TypeVarTuple>(node)) {
      name = tuple->name;
      default_value = tuple->default_value;
      may_be_starred = true;
    } else {
      const auto& specification = static_cast<const ast::ParamSpec&>(*node);
      name = specification.name;
      default_value = specification.default_value;
    }
    if (default_value != nullptr) {
      seen_default = true;
      if (!type_variable_part(*default_value, may_be_starred)) {
        return false;
      }
    } else if (seen_default) {
      return report_.refuse(node->location, "non-default type parameter '" + std::string(name) +
                                                "' follows default type parameter");
    }
    if (!allows_store(name, node->location)) {
      return false;
    }
  }
  return true;
}

bool CodePass::type_variable_part(const ast::Expr& part, bool may_be_starred) {
  const Unit outer = enter(UnitKind::annotations, part);
  const auto* starred = may_be_starred ? ast::as<ast::Starred>(&part) : nullptr;
  if (!expression(starred != nullptr ? *starred->value : part)) {
    return false;
  }
  leave(outer);
  return true;
}

bool CodePass::type_alias(const ast::TypeAlias& node) {
  const Unit outer = unit_;
  if (!node.type_params.empty()) {
    enter(UnitKind::annotations, node);
    if (!type_parameters(node.type_params)) {
      return false;
    }
  }
  enter(UnitKind::annotations, node);
  if (!expression(*node.value)) {
    return false;
  }
  leave(outer);
  return allows_store(static_cast<const ast::Name&>(*node.name).id, node.location);
}

bool CodePass::return_statement(const ast::Return& node) {
  if (!in_function()) {
    return report_.refuse(node.location, "'return' outside function");
  }
  const bool is_async_generator =
      facts_.is_generator(*unit_.node) &&
      (version_ >= Version::v3_14 ? in_unit(UnitKind::async_function) : facts_.is_coroutine(*unit_.node));
  if (node.value != nullptr && is_async_generator) {
    return report_.refuse(node.location, "'return' with value in async generator");
  }
  if (!optional_expression(node.value)) {
    return false;
  }
  const auto first = blocks_.begin() + static_cast<std::ptrdiff_t>(unit_.first_block);
  if (std::find(first, blocks_.end(), Block::finally) != blocks_.end()) {
    warn_of_leaving_finally(node, "return");
  }
  if (std::find(first, blocks_.end(), Block::except_star) != blocks_.end()) {
    return report_.refuse(node.location,
                          "'break', 'continue' and 'return' cannot appear in an except* block");
  }
  return true;
}

// `break` and `continue`
bool CodePass::jump(const ast::Stmt& node, std::string_view word, const char* message) {
  for (std::size_t at = blocks_.size(); at > unit_.first_block; --at) {
    if (blocks_[at - 1] == Block::finally) {
      warn_of_leaving_finally(node, word);
    }
    if (blocks_[at - 1] == Block::except_star) {
      return report_.refuse(node.location,
                            "'break', 'continue' and 'return' cannot appear in an except* block");
    }
    if (blocks_[at - 1] == Block::loop) {
      return true;
    }
  }
  return report_.refuse(node.location, message);
}

void CodePass::warn_of_leaving_finally(const ast::Stmt& node, std::string_view word) {
  if (version_ >= Version::v3_14) {
    report_.warn(node.location, "'" + std::string(word) + "' in a 'finally' block");
  }
}

bool CodePass::augmented_assignment(const ast::AugAssign& node) {
  const ast::Expr& target = *node.target;
  if (const auto* attribute = ast::as<ast::Attribute>(&target)) {
    return expression(*attribute->value) && expression(*node.value);
  }
  if (const auto* subscript = ast::as<ast::Subscript>(&target)) {
    return expression(*subscript->value) && expression(*subscript->slice) && expression(*node.value);
  }
  return expression(*node.value) && allows_store(static_cast<const ast::Name&>(target).id, target.location);
}

bool CodePass::annotated_assignment(const ast::AnnAssign& node) {
  if (node.value != nullptr && !(expression(*node.value) && expression(*node.target))) {
    return false;
  }
  const bool is_kept = in_unit(UnitKind::module) || in_unit(UnitKind::class_body);
  // 3.14 evaluates annotations of simple names later and the others never.
  const bool is_evaluated = is_kept && !future_.annotations && version_ < Version::v3_14;
  if (const auto* target = ast::as<ast::Name>(node.target)) {
    if (!allows_store(target->id, node.location)) {
      return false;
    }
    if (is_kept && node.simple && !future_.annotations && version_ >= Version::v3_14) {
      deferred_annotations_.push_back(node.annotation);
    }
  } else if (const auto* attribute = ast::as<ast::Attribute>(node.target)) {
    if (!allows_store(attribute->attr, node.location)) {
      return false;
    }
    if (node.value == nullptr && !expression(*attribute->value)) {
      return false;
    }
  } else if (const auto* subscript = ast::as<ast::Subscript>(node.target)) {
    if (node.value == nullptr &&
        !(expression(*subscript->value) && annotation_subscript(*subscript->slice))) {
      return false;
    }
  }
  // Before 3.10, `from __future__ import annotations` does not spare the annotations of other than simple
  // names.
  const bool is_evaluated_anyhow = is_kept && !node.simple && version_ < Version::v3_10;
  return (!is_evaluated && !is_evaluated_anyhow) || expression(*node.annotation);
}

bool CodePass::annotation_subscript(const ast::Expr& node) {
  if (const auto* slice = ast::as<ast::Slice>(&node)) {
    return optional_expression(slice->lower) && optional_expression(slice->upper) &&
           optional_expression(slice->step);
  }
  if (const auto* tuple = ast::as<ast::Tuple>(&node)) {
    return std::all_of(tuple->elts.begin(), tuple->elts.end(),
                       [this](const ast::Expr* element) { return annotation_subscript(*element); });
  }
  return expression(node);
}

bool CodePass::for_loop(const ast::For& node) {
  const bool is_async = node.kind == ast::NodeKind::AsyncFor;
  if (is_async && !in_unit(UnitKind::async_function)) {
    return report_.refuse(node.location, "'async for' outside async function");
  }
  if (is_async && !expression(*node.iter)) {
    return false;
  }
  if (!push(Block::loop, node.location)) {
    return false;
  }
  if (!is_async && !expression(*node.iter)) {
    return false;
  }
  if (!expression(*node.target) || !statements(node.body)) {
    return false;
  }
  pop();
  return statements(node.orelse);
}

bool CodePass::while_loop(const ast::While& node) {
  if (!push(Block::loop, node.location) || !expression(*node.test) || !statements(node.body)) {
    return false;
  }
  pop();
  return statements(node.orelse);
}

bool CodePass::with_items(const ast::With& node) {
  const bool is_async = node.kind == ast::NodeKind::AsyncWith;
  if (is_async && !in_unit(UnitKind::async_function)) {
    return report_.refuse(node.location, "'async with' outside async function");
  }
  for (const ast::WithItem* item : node.items) {
    const ast::Location& where = version_ >= Version::v3_13 ? item->context_expr->location : node.location;
    if (!expression(*item->context_expr) || !push(Block::other, where) ||
        !optional_expression(item->optional_vars)) {
      return false;
    }
  }
  if (!statements(node.body)) {
    return false;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    pop();
  }
  return true;
}

bool CodePass::try_statement(const ast::Try& node) {
  if (node.finalbody.empty()) {
    return try_handlers(node);
  }
  if (!push(Block::other, node.location)) {
    return false;
  }
  if (!(node.handlers.empty() ? statements(node.body) : try_handlers(node))) {
    return false;
  }
  pop();
  // CPython compiles this body once for each way to it; for that of an exception it is one block deeper.
  if (!push(Block::finally, node.location) || !statements(node.finalbody)) {
    return false;
  }
  pop();
  return true;
}

bool CodePass::try_handlers(const ast::Try& node) {
  const bool is_star = node.kind == ast::NodeKind::TryStar;
  // 3.11 moved `else` before the handlers, but not for `except*`.
  const bool else_first = version_ >= Version::v3_11 && !is_star;
  if (!push(Block::other, node.location) || !statements(node.body)) {
    return false;
  }
  pop();
  if (else_first && !statements(node.orelse)) {
    return false;
  }
  if (!push(is_star ? Block::except_star : Block::other, node.location)) {
    return false;
  }
  for (std::size_t i = 0; i < node.handlers.size(); ++i) {
    if (!handler(*node.handlers[i], node, i + 1 == node.handlers.size())) {
      return false;
    }
  }
  pop();
  return else_first || statements(node.orelse);
}

bool CodePass::handler(const ast::ExceptHandler& node, const ast::Try& parent, bool is_last) {
  if (node.type == nullptr && !is_last && parent.kind == ast::NodeKind::Try) {
    return report_.refuse(version_ >= Version::v3_10 ? node.location : *begun_,
                          "default 'except:' must be last");
  }
  begun_ = &node.location;
  if (!optional_expression(node.type) || !allows_store(node.name, node.location) ||
      !push(Block::other, node.location) || !statements(node.body)) {
    return false;
  }
  pop();
  return true;
}

bool CodePass::import_statement(const ast::Import& node) {
  for (const ast::Alias* alias : node.names) {
    const ast::Identifier name =
        alias->asname.empty() ? alias->name.substr(0, alias->name.find('.')) : alias->asname;
    if (!allows_store(name, node.location)) {
      return false;
    }
  }
  return true;
}

bool CodePass::import_from(const ast::ImportFrom& node) {
  if (is_late_future(node, future_, version_)) {
    return report_.refuse(node.location, late_future_message);
  }
  return std::all_of(node.names.begin(), node.names.end(), [&](const ast::Alias* alias) {
    return allows_store(alias->asname.empty() ? alias->name : alias->asname, node.location);
  });
}

bool CodePass::assertion(const ast::Assert& node) {
  const auto* tuple = ast::as<ast::Tuple>(node.test);
  // 3.9 does not see a tuple of constants: it has become a constant itself.
  const bool is_hidden = version_ < Version::v3_10 && is_constant(*node.test);
  if (tuple != nullptr && !tuple->elts.empty() && !is_hidden) {
    report_.warn(node.location, "assertion is always true, perhaps remove parentheses?");
  }
  return expression(*node.test) && optional_expression(node.msg);
}

}  // namespace sallyport::validators::python::checks

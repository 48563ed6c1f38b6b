#include "validators/python/compile_checks/symbol_pass.hpp"

#include "validators/python/compile_checks/limits.hpp"

#include <algorithm>
#include <functional>

namespace sallyport::validators::python::checks {
namespace {

bool is_debug(ast::Identifier name) {
  return name == "__debug__";
}

bool contains(const std::vector<const ast::Node*>& sorted, const ast::Node* node) {
  return !sorted.empty() && std::binary_search(sorted.begin(), sorted.end(), node, std::less<>());
}

}  // namespace

void ScopeFacts::clear() {
  coroutines_.clear();
  generators_.clear();
}

void ScopeFacts::note(const ast::Node& node, const Scope& scope) {
  if (scope.coroutine) {
    coroutines_.push_back(&node);
  }
  if (scope.generator) {
    generators_.push_back(&node);
  }
}

void ScopeFacts::seal() {
  std::sort(coroutines_.begin(), coroutines_.end(), std::less<>());
  std::sort(generators_.begin(), generators_.end(), std::less<>());
}

bool ScopeFacts::is_coroutine(const ast::Node& node) const {
  return contains(coroutines_, &node);
}

bool ScopeFacts::is_generator(const ast::Node& node) const {
  return contains(generators_, &node);
}

SymbolPass::SymbolPass(SymbolTable& table, ScopeFacts& facts, Report& report, const Future& future)
    : table_(table),
      facts_(facts),
      report_(report),
      version_(report.version()),
      future_(future),
      deepest_(deepest_tree(report.version())) {}

bool SymbolPass::run(const ast::Module& module) {
  module_scope_ = enter(ScopeKind::module, {});
  if (!statements(module.body)) {
    return false;
  }
  leave(&module);
  return true;
}

// Scopes and names

Index SymbolPass::enter(ScopeKind kind, const ast::Location& where) {
  const Index parent = current_;
  current_ = table_.add_scope(kind, parent, where);
  if (parent != none) {
    // No named expressions in the iterable of a comprehension, however deep.
    current().iterable_depth = table_.scope(parent).iterable_depth;
    current().analysed = table_.scope(parent).analysed;
    current().sees_class =
        (kind == ScopeKind::type_parameters && table_.scope(parent).kind == ScopeKind::class_body) ||
        (kind == ScopeKind::type_variable && table_.scope(parent).sees_class);
  }
  return current_;
}

void SymbolPass::leave(const ast::Node* opener) {
  if (opener != nullptr) {
    facts_.note(*opener, current());
  }
  current_ = current().parent;
}

// `__name` in a class is `_Class__name`.
Index SymbolPass::mangled(ast::Identifier name) {
  if (private_.empty() || name.size() < 3 || name[0] != '_' || name[1] != '_' || name.ends_with("__") ||
      name.find('.') != ast::Identifier::npos) {
    return table_.intern(name);
  }
  const std::size_t start = private_.find_first_not_of('_');
  if (start == ast::Identifier::npos) {
    return table_.intern(name);
  }
  // Of a class with a hostile name the length stands for the rest: every mention would cost as much as the
  // name.
  constexpr std::size_t longest = 64;
  const ast::Identifier shown = private_.substr(start, longest);
  std::string text = "_" + std::string(shown);
  if (private_.size() - start > longest) {
    text += "~" + std::to_string(private_.size());
  }
  text += name;
  return table_.intern_copy(text);
}

// From 3.14 on this pass looks for `__debug__`; before, the code pass does.
bool SymbolPass::forbids(ast::Identifier name, Access access, const ast::Location& where) {
  if (version_ < Version::v3_14 || !is_debug(name)) {
    return false;
  }
  report_.refuse(where, access == Access::del ? "cannot delete __debug__" : "cannot assign to __debug__");
  return true;
}

bool SymbolPass::define(ast::Identifier name, std::uint32_t flags, const ast::Location& where,
                        Access access) {
  if ((flags & (parameter | assigned | imported)) != 0 && forbids(name, access, where)) {
    return false;
  }
  return define_in(current_, name, flags, where);
}

bool SymbolPass::define_in(Index scope_index, ast::Identifier text, std::uint32_t flags,
                           const ast::Location& where) {
  const Index name = mangled(text);
  Symbol& symbol = table_.symbol(table_.find_or_add(scope_index, name));
  const Scope& scope = table_.scope(scope_index);
  const ast::Location& complaint = version_ >= Version::v3_10 ? where : scope.where;
  if ((flags & symbol.flags & parameter) != 0) {
    return report_.refuse(complaint, "duplicate argument " + quoted(text) + " in function definition");
  }
  if ((flags & symbol.flags & declared_type_parameter) != 0) {
    return report_.refuse(complaint, "duplicate type parameter " + quoted(text));
  }
  symbol.flags |= flags;
  if (scope.in_iteration_target) {
    if ((symbol.flags & (declared_global | declared_nonlocal)) != 0) {
      return report_.refuse(
          complaint, "comprehension inner loop cannot rebind assignment expression target " + quoted(text));
    }
    symbol.flags |= iteration_variable;
    table_.note_iteration_variable(name);
  }
  if ((flags & declared_global) != 0) {
    table_.symbol(table_.find_or_add(module_scope_, name)).flags |= flags;
  }
  return true;
}

// Statements

bool SymbolPass::statements(ast::Sequence<ast::Stmt*> body) {
  for (const ast::Stmt* node : body) {
    if (!statement(*node)) {
      return false;
    }
  }
  return true;
}

bool SymbolPass::statement(const ast::Stmt& node) {
  if (++depth_ > deepest_) {
    return report_.refuse_depth();
  }
  const bool go_on = visit_statement(node);
  --depth_;
  return go_on;
}

bool SymbolPass::visit_statement(const ast::Stmt& node) {
  using Kind = ast::NodeKind;
  switch (node.kind) {
    case Kind::FunctionDef:
    case Kind::AsyncFunctionDef:
      return function(static_cast<const ast::FunctionDef&>(node));
    case Kind::ClassDef:
      return class_definition(static_cast<const ast::ClassDef&>(node));
    case Kind::Return:
      return optional_expression(static_cast<const ast::Return&>(node).value);
    case Kind::Delete:
      return expressions(static_cast<const ast::Delete&>(node).targets);
    case Kind::Assign: {
      const auto& assign = static_cast<const ast::Assign&>(node);
      return expressions(assign.targets) && expression(*assign.value);
    }
    case Kind::TypeAlias:
      return type_alias(static_cast<const ast::TypeAlias&>(node));
    case Kind::AugAssign: {
      const auto& assign = static_cast<const ast::AugAssign&>(node);
      return expression(*assign.target) && expression(*assign.value);
    }
    case Kind::AnnAssign:
      return annotated_assignment(static_cast<const ast::AnnAssign&>(node));
    case Kind::For:
    case Kind::AsyncFor: {
      const auto& loop = static_cast<const ast::For&>(node);
      return allows_async(node, "'async for' outside async function") && expression(*loop.target) &&
             expression(*loop.iter) && statements(loop.body) && statements(loop.orelse);
    }
    case Kind::While: {
      const auto& loop = static_cast<const ast::While&>(node);
      return expression(*loop.test) && statements(loop.body) && statements(loop.orelse);
    }
    case Kind::If: {
      const auto& branch = static_cast<const ast::If&>(node);
      return expression(*branch.test) && statements(branch.body) && statements(branch.orelse);
    }
    case Kind::With:
    case Kind::AsyncWith:
      return with_statement(static_cast<const ast::With&>(node));
    case Kind::Match:
      return match_statement(static_cast<const ast::Match&>(node));
    case Kind::Raise: {
      const auto& raise = static_cast<const ast::Raise&>(node);
      return optional_expression(raise.exc) && optional_expression(raise.cause);
    }
    case Kind::Try:
    case Kind::TryStar:
      return try_statement(static_cast<const ast::Try&>(node));
    case Kind::Assert: {
      const auto& assertion = static_cast<const ast::Assert&>(node);
      return expression(*assertion.test) && optional_expression(assertion.msg);
    }
    case Kind::Import:
      return import_names(static_cast<const ast::Import&>(node).names, node);
    case Kind::ImportFrom: {
      const auto& import = static_cast<const ast::ImportFrom&>(node);
      if (version_ >= Version::v3_14 && is_late_future(import, future_, version_)) {
        return report_.refuse(node.location, late_future_message);
      }
      return import_names(import.names, node);
    }
    case Kind::Global:
      return declaration(static_cast<const ast::Global&>(node).names, node, declared_global);
    case Kind::Nonlocal:
      return declaration(static_cast<const ast::Nonlocal&>(node).names, node, declared_nonlocal);
    case Kind::ExprStmt:
      return expression(*static_cast<const ast::ExprStmt&>(node).value);
    default:
      return true;
  }
}

bool SymbolPass::function(const ast::FunctionDef& node) {
  if (!define(node.name, assigned, node.location) || !expressions(node.args->defaults) ||
      !expressions(node.args->kw_defaults)) {
    return false;
  }
  if (version_ >= Version::v3_12 && !expressions(node.decorator_list)) {
    return false;
  }
  const bool is_generic = !node.type_params.empty();
  if (is_generic) {
    enter(ScopeKind::type_parameters, node.location);
    if (!type_parameters(node.type_params)) {
      return false;
    }
  }
  if (!function_annotations(node)) {
    return false;
  }
  if (version_ < Version::v3_12 && !expressions(node.decorator_list)) {
    return false;
  }
  enter(ScopeKind::function, node.location);
  // 3.14 looks at the function itself where it must be asynchronous; before, an `await` in any function made
  // it so.
  current().coroutine = node.kind == ast::NodeKind::AsyncFunctionDef;
  if (!parameters(*node.args) || !statements(node.body)) {
    return false;
  }
  leave(&node);
  if (is_generic) {
    leave(nullptr);
  }
  return true;
}

bool SymbolPass::class_definition(const ast::ClassDef& node) {
  if (!define(node.name, assigned, node.location)) {
    return false;
  }
  if (version_ >= Version::v3_12 && !expressions(node.decorator_list)) {
    return false;
  }
  const bool is_generic = !node.type_params.empty();
  if (is_generic) {
    enter(ScopeKind::type_parameters, node.location);
    if (!type_parameters(node.type_params)) {
      return false;
    }
  }
  if (!expressions(node.bases) || !keywords(node.keywords)) {
    return false;
  }
  if (version_ < Version::v3_12 && !expressions(node.decorator_list)) {
    return false;
  }
  enter(ScopeKind::class_body, node.location);
  const ast::Identifier outer = private_;
  private_ = node.name;
  if (!statements(node.body)) {
    return false;
  }
  private_ = outer;
  leave(&node);
  if (is_generic) {
    leave(nullptr);
  }
  return true;
}

bool SymbolPass::type_alias(const ast::TypeAlias& node) {
  if (!expression(*node.name)) {
    return false;
  }
  const bool in_class = current().kind == ScopeKind::class_body;
  const bool is_generic = !node.type_params.empty();
  if (is_generic) {
    enter(ScopeKind::type_parameters, node.location);
    if (!type_parameters(node.type_params)) {
      return false;
    }
  }
  enter(ScopeKind::type_alias, node.location);
  current().sees_class = in_class;
  if (!expression(*node.value)) {
    return false;
  }
  leave(nullptr);
  if (is_generic) {
    leave(nullptr);
  }
  return true;
}

bool SymbolPass::type_parameters(ast::Sequence<ast::TypeParameter*> list) {
  for (const ast::TypeParameter* node : list) {
    if (++depth_ > deepest_) {
      return report_.refuse_depth();
    }
    if (!type_parameter(*node)) {
      return false;
    }
    --depth_;
  }
  return true;
}

bool SymbolPass::type_parameter(const ast::TypeParameter& node) {
  if (const auto* variable = ast::as<ast::TypeVar>(&node)) {
    const bool constraints = version_ >= Version::v3_13 && ast::as<ast::Tuple>(variable->bound) != nullptr;
    return define(variable->name, declared_type_parameter | assigned, node.location) &&
           type_variable_part(variable->bound, variable->name, node,
                              constraints ? "a TypeVar constraint" : "a TypeVar bound") &&
           type_variable_part(variable->default_value, variable->name, node, "a TypeVar default");
  }
  if (const auto* tuple = ast::as<ast::TypeVarTuple>(&node)) {
    return define(tuple->name, declared_type_parameter | assigned, node.location) &&
           type_variable_part(tuple->default_value, tuple->name, node, "a TypeVarTuple default");
  }
  const auto& specification = static_cast<const ast::ParamSpec&>(node);
  return define(specification.name, declared_type_parameter | assigned, node.location) &&
         type_variable_part(specification.default_value, specification.name, node, "a ParamSpec default");
}

bool SymbolPass::type_variable_part(const ast::Expr* part, ast::Identifier name,
                                    const ast::TypeParameter& node, std::string_view description) {
  if (version_ >= Version::v3_13 && name == "__classdict__") {
    return report_.refuse(node.location,
                          "reserved name " + quoted(name) + " cannot be used for type parameter");
  }
  if (part == nullptr) {
    return true;
  }
  enter(ScopeKind::type_variable, part->location);
  current().description = description;
  if (!expression(*part)) {
    return false;
  }
  leave(nullptr);
  return true;
}

bool SymbolPass::annotated_assignment(const ast::AnnAssign& node) {
  if (const auto* target = ast::as<ast::Name>(node.target)) {
    const std::uint32_t flags = table_.flags(current_, mangled(target->id));
    if (node.simple && (flags & (declared_global | declared_nonlocal)) != 0 && current_ != module_scope_) {
      return report_.refuse(node.location, "annotated name " + quoted(target->id) + " can't be " +
                                               ((flags & declared_global) != 0 ? "global" : "nonlocal"));
    }
    if (node.simple) {
      if (!define(target->id, annotated | assigned, target->location)) {
        return false;
      }
    } else if (node.value != nullptr && !define(target->id, assigned, target->location)) {
      return false;
    }
  } else if (!expression(*node.target)) {
    return false;
  }
  return annotation(*node.annotation) && optional_expression(node.value);
}

bool SymbolPass::annotation(const ast::Expr& node) {
  if (version_ >= Version::v3_14) {
    // All annotations of one scope are evaluated together, later, in a scope of their own.
    const Index outer = current_;
    Index scope = current().annotation_scope;
    if (scope == none) {
      scope = enter(ScopeKind::annotation, node.location);
      table_.scope(outer).annotation_scope = scope;
      current().unevaluated = table_.scope(outer).kind == ScopeKind::function;
    }
    current_ = scope;
    if (!expression(node)) {
      return false;
    }
    current_ = outer;
    return true;
  }
  // The annotation becomes a string, and its names count for nothing.
  const bool is_text = future_.annotations && version_ >= Version::v3_10;
  if (is_text) {
    enter(ScopeKind::annotation, node.location);
    current().analysed = false;
  }
  if (!expression(node)) {
    return false;
  }
  if (is_text) {
    leave(nullptr);
  }
  return true;
}

bool SymbolPass::function_annotations(const ast::FunctionDef& node) {
  const bool is_text = future_.annotations && version_ >= Version::v3_10;
  const bool has_scope = version_ >= Version::v3_14 || is_text;
  if (has_scope) {
    enter(ScopeKind::annotation, node.location);
    if (version_ < Version::v3_14) {
      current().analysed = false;
    }
  }
  if (!argument_annotations(*node.args)) {
    return false;
  }
  if (version_ >= Version::v3_14 && !optional_expression(node.returns)) {
    return false;
  }
  if (has_scope) {
    leave(nullptr);
  }
  return version_ >= Version::v3_14 || node.returns == nullptr || annotation(*node.returns);
}

bool SymbolPass::argument_annotations(const ast::Arguments& arguments) {
  const auto of_list = [this](ast::Sequence<ast::Arg*> list) {
    return std::all_of(list.begin(), list.end(), [this](const ast::Arg* argument) {
      return optional_expression(argument->annotation);
    });
  };
  const auto of_one = [this](const ast::Arg* argument) {
    return argument == nullptr || optional_expression(argument->annotation);
  };
  return of_list(arguments.posonlyargs) && of_list(arguments.args) && of_one(arguments.vararg) &&
         of_one(arguments.kwarg) && of_list(arguments.kwonlyargs);
}

bool SymbolPass::declaration(ast::Sequence<ast::Identifier> names, const ast::Stmt& node, SymbolFlag flag) {
  const std::string word = flag == declared_global ? "global" : "nonlocal";
  for (const ast::Identifier name : names) {
    const Index index = mangled(name);
    const std::uint32_t flags = table_.flags(current_, index);
    if ((flags & parameter) != 0) {
      return report_.refuse(node.location, "name " + quoted(name) + " is parameter and " + word);
    }
    if ((flags & used) != 0) {
      return report_.refuse(node.location,
                            "name " + quoted(name) + " is used prior to " + word + " declaration");
    }
    if ((flags & annotated) != 0) {
      return report_.refuse(node.location, "annotated name " + quoted(name) + " can't be " + word);
    }
    if ((flags & assigned) != 0) {
      return report_.refuse(node.location,
                            "name " + quoted(name) + " is assigned to before " + word + " declaration");
    }
    if (!define(name, flag, node.location)) {
      return false;
    }
    table_.add_directive(current_, index, node.location);
  }
  return true;
}

bool SymbolPass::try_statement(const ast::Try& node) {
  if (!statements(node.body)) {
    return false;
  }
  const bool go_on = version_ >= Version::v3_13 ? handlers(node) && statements(node.orelse)
                                                : statements(node.orelse) && handlers(node);
  return go_on && statements(node.finalbody);
}

bool SymbolPass::handlers(const ast::Try& node) {
  return std::all_of(node.handlers.begin(), node.handlers.end(), [this](const ast::ExceptHandler* handler) {
    return optional_expression(handler->type) &&
           (handler->name.empty() || define(handler->name, assigned, handler->location)) &&
           statements(handler->body);
  });
}

// From 3.14 on this pass looks whether asynchronous things are in an asynchronous function; before, the code
// pass does.
bool SymbolPass::allows_async(const ast::Stmt& node, const char* message) {
  const bool is_async = node.kind == ast::NodeKind::AsyncFor || node.kind == ast::NodeKind::AsyncWith;
  return version_ < Version::v3_14 || !is_async || in_async_function() ||
         report_.refuse(node.location, message);
}

bool SymbolPass::allows_await(const ast::Await& node) {
  if (version_ < Version::v3_14) {
    return true;
  }
  const Scope& scope = current();
  if (scope.kind == ScopeKind::module || scope.kind == ScopeKind::class_body) {
    return report_.refuse(node.location, "'await' outside function");
  }
  return in_async_function() || scope.comprehension != ComprehensionKind::not_one ||
         report_.refuse(node.location, "'await' outside async function");
}

bool SymbolPass::with_statement(const ast::With& node) {
  if (!allows_async(node, "'async with' outside async function")) {
    return false;
  }
  for (const ast::WithItem* item : node.items) {
    if (!expression(*item->context_expr) || !optional_expression(item->optional_vars)) {
      return false;
    }
  }
  return statements(node.body);
}

bool SymbolPass::match_statement(const ast::Match& node) {
  if (!expression(*node.subject)) {
    return false;
  }
  return std::all_of(node.cases.begin(), node.cases.end(), [this](const ast::MatchCase* part) {
    return pattern(*part->pattern) && optional_expression(part->guard) && statements(part->body);
  });
}

bool SymbolPass::import_names(ast::Sequence<ast::Alias*> names, const ast::Stmt& node) {
  for (const ast::Alias* alias : names) {
    ast::Identifier name = alias->asname.empty() ? alias->name : alias->asname;
    if (name == "*") {
      if (current().kind == ScopeKind::module) {
        continue;
      }
      // 3.9 points at the scope, 3.10 and later at the star.
      const ast::Location& where = version_ >= Version::v3_10 ? alias->location : current().where;
      return report_.refuse(where, "import * only allowed at module level");
    }
    name = name.substr(0, name.find('.'));
    const ast::Location& where = version_ >= Version::v3_10 ? alias->location : node.location;
    if (!define(name, imported, where)) {
      return false;
    }
  }
  return true;
}

// Expressions

bool SymbolPass::expressions(ast::Sequence<ast::Expr*> list) {
  for (const ast::Expr* node : list) {
    if (node != nullptr && !expression(*node)) {
      return false;
    }
  }
  return true;
}

bool SymbolPass::expression(const ast::Expr& node) {
  if (++depth_ > deepest_) {
    return report_.refuse_depth();
  }
  const bool go_on = visit_expression(node);
  --depth_;
  return go_on;
}

bool SymbolPass::visit_expression(const ast::Expr& node) {
  using Kind = ast::NodeKind;
  switch (node.kind) {
    case Kind::Name:
      return name(static_cast<const ast::Name&>(node));
    case Kind::Constant:
      return true;
    case Kind::Attribute: {
      const auto& attribute = static_cast<const ast::Attribute&>(node);
      if (attribute.ctx != ast::Context::Load &&
          forbids(attribute.attr, attribute.ctx == ast::Context::Del ? Access::del : Access::store,
                  node.location)) {
        return false;
      }
      return expression(*attribute.value);
    }
    case Kind::Call:
      return call(static_cast<const ast::Call&>(node));
    case Kind::BinOp: {
      const auto& operation = static_cast<const ast::BinOp&>(node);
      return expression(*operation.left) && expression(*operation.right);
    }
    case Kind::BoolOp:
      return expressions(static_cast<const ast::BoolOp&>(node).values);
    case Kind::UnaryOp:
      return expression(*static_cast<const ast::UnaryOp&>(node).operand);
    case Kind::Compare: {
      const auto& comparison = static_cast<const ast::Compare&>(node);
      return expression(*comparison.left) && expressions(comparison.comparators);
    }
    case Kind::Subscript: {
      const auto& subscript = static_cast<const ast::Subscript&>(node);
      return expression(*subscript.value) && expression(*subscript.slice);
    }
    case Kind::Slice: {
      const auto& slice = static_cast<const ast::Slice&>(node);
      return optional_expression(slice.lower) && optional_expression(slice.upper) &&
             optional_expression(slice.step);
    }
    case Kind::Tuple:
      return expressions(static_cast<const ast::Tuple&>(node).elts);
    case Kind::List:
      return expressions(static_cast<const ast::List&>(node).elts);
    case Kind::Set:
      return expressions(static_cast<const ast::Set&>(node).elts);
    case Kind::Dict: {
      const auto& dictionary = static_cast<const ast::Dict&>(node);
      return expressions(dictionary.keys) && expressions(dictionary.values);
    }
    case Kind::IfExp: {
      const auto& choice = static_cast<const ast::IfExp&>(node);
      return expression(*choice.test) && expression(*choice.body) && expression(*choice.orelse);
    }
    case Kind::Starred:
      return expression(*static_cast<const ast::Starred&>(node).value);
    case Kind::JoinedStr:
      return expressions(static_cast<const ast::JoinedStr&>(node).values);
    case Kind::TemplateStr:
      return expressions(static_cast<const ast::TemplateStr&>(node).values);
    case Kind::FormattedValue: {
      const auto& part = static_cast<const ast::FormattedValue&>(node);
      return expression(*part.value) && optional_expression(part.format_spec);
    }
    case Kind::Interpolation: {
      const auto& part = static_cast<const ast::Interpolation&>(node);
      return expression(*part.value) && optional_expression(part.format_spec);
    }
    case Kind::NamedExpr:
      return named_expression(static_cast<const ast::NamedExpr&>(node));
    case Kind::Lambda:
      return lambda(static_cast<const ast::Lambda&>(node));
    case Kind::ListComp: {
      const auto& list = static_cast<const ast::ListComp&>(node);
      return comprehension(node, list.generators, *list.elt, nullptr, ComprehensionKind::list);
    }
    case Kind::SetComp: {
      const auto& set = static_cast<const ast::SetComp&>(node);
      return comprehension(node, set.generators, *set.elt, nullptr, ComprehensionKind::set);
    }
    case Kind::DictComp: {
      const auto& dictionary = static_cast<const ast::DictComp&>(node);
      return comprehension(node, dictionary.generators, *dictionary.key, dictionary.value,
                           ComprehensionKind::dict);
    }
    case Kind::GeneratorExp: {
      const auto& generator = static_cast<const ast::GeneratorExp&>(node);
      return comprehension(node, generator.generators, *generator.elt, nullptr, ComprehensionKind::generator);
    }
    case Kind::Yield:
      return yield_expression(node, static_cast<const ast::Yield&>(node).value);
    case Kind::YieldFrom:
      return yield_expression(node, static_cast<const ast::YieldFrom&>(node).value);
    case Kind::Await:
      if (!refuse_in_annotation_scope("await expression", node) ||
          !allows_await(static_cast<const ast::Await&>(node)) ||
          !expression(*static_cast<const ast::Await&>(node).value)) {
        return false;
      }
      current().coroutine = true;
      return true;
    default:
      return true;
  }
}

bool SymbolPass::name(const ast::Name& node) {
  if (node.ctx == ast::Context::Load) {
    // `__debug__` is a constant by now.
    if (is_debug(node.id) || current().unevaluated) {
      return true;
    }
    return define_in(current_, node.id, used, node.location);
  }
  return define(node.id, assigned, node.location,
                node.ctx == ast::Context::Del ? Access::del : Access::store);
}

// 3.12 alone cannot do these where a class's names and type parameters meet.
bool SymbolPass::allows_nested_scope(const ast::Expr& node, const char* what) {
  return version_ != Version::v3_12 || !current().sees_class ||
         report_.refuse(node.location,
                        "Cannot use " + std::string(what) + " in annotation scope within class scope");
}

bool SymbolPass::lambda(const ast::Lambda& node) {
  if (!allows_nested_scope(node, "lambda")) {
    return false;
  }
  if (!expressions(node.args->defaults) || !expressions(node.args->kw_defaults)) {
    return false;
  }
  enter(ScopeKind::function, node.location);
  if (!parameters(*node.args) || !expression(*node.body)) {
    return false;
  }
  leave(&node);
  return true;
}

bool SymbolPass::parameters(const ast::Arguments& arguments) {
  const auto add = [this](const ast::Arg* argument) {
    return argument == nullptr || define(argument->arg, parameter, argument->location);
  };
  const auto add_all = [&add](ast::Sequence<ast::Arg*> list) {
    return std::all_of(list.begin(), list.end(), add);
  };
  return add_all(arguments.posonlyargs) && add_all(arguments.args) && add_all(arguments.kwonlyargs) &&
         add(arguments.vararg) && add(arguments.kwarg);
}

bool SymbolPass::call(const ast::Call& node) {
  return expression(*node.func) && expressions(node.args) && keywords(node.keywords);
}

bool SymbolPass::keywords(ast::Sequence<ast::Keyword*> list) {
  for (const ast::Keyword* keyword : list) {
    if (forbids(keyword->arg, Access::store, keyword->location)) {
      return false;
    }
  }
  return std::all_of(list.begin(), list.end(),
                     [this](const ast::Keyword* keyword) { return expression(*keyword->value); });
}

bool SymbolPass::refuse_in_annotation_scope(std::string_view what, const ast::Expr& node) {
  const Scope& scope = current();
  switch (scope.kind) {
    case ScopeKind::annotation:
      if (version_ < Version::v3_12) {
        return report_.refuse(node.location,
                              "'" + std::string(what) + "' can not be used within an annotation");
      }
      return report_.refuse(node.location, std::string(what) + " cannot be used within an annotation");
    case ScopeKind::type_variable:
      return report_.refuse(node.location,
                            std::string(what) + " cannot be used within " + std::string(scope.description));
    case ScopeKind::type_alias:
      return report_.refuse(node.location, std::string(what) + " cannot be used within a type alias");
    case ScopeKind::type_parameters:
      return report_.refuse(node.location,
                            std::string(what) + " cannot be used within the definition of a generic");
    default:
      return true;
  }
}

bool SymbolPass::named_expression(const ast::NamedExpr& node) {
  if (!refuse_in_annotation_scope("named expression", node)) {
    return false;
  }
  if (current().iterable_depth > 0) {
    const ast::Location& where = node.location;
    // 3.9 is one short here.
    return report_.refuse(where.line, where.column + (version_ >= Version::v3_10 ? 1 : 0), where.end_line,
                          where.end_column + 1,
                          "assignment expression cannot be used in a comprehension iterable expression");
  }
  if (current().comprehension != ComprehensionKind::not_one &&
      !extend_named_expression_scope(static_cast<const ast::Name&>(*node.target))) {
    return false;
  }
  return expression(*node.value) && expression(*node.target);
}

// In a comprehension the name is bound in the nearest function or module around it.
bool SymbolPass::extend_named_expression_scope(const ast::Name& target) {
  const ast::Location& where = target.location;
  const auto refuse = [&](std::string message) {
    return report_.refuse(where.line, where.column + (version_ >= Version::v3_10 ? 1 : 0), where.end_line,
                          where.end_column + 1, std::move(message));
  };
  const Index name = mangled(target.id);
  for (Index index = current_; index != none; index = table_.scope(index).parent) {
    const Scope& scope = table_.scope(index);
    if (scope.comprehension != ComprehensionKind::not_one) {
      if (!table_.is_iteration_variable(name)) {
        continue;
      }
      const std::uint32_t flags = table_.flags(index, name);
      const bool is_bound = version_ < Version::v3_12 || (flags & assigned) != 0;
      if ((flags & iteration_variable) != 0 && is_bound) {
        return refuse("assignment expression cannot rebind comprehension iteration variable " +
                      quoted(target.id));
      }
      continue;
    }
    switch (scope.kind) {
      case ScopeKind::function: {
        const std::uint32_t flags = table_.flags(index, name);
        const SymbolFlag flag = (flags & declared_global) != 0 ? declared_global : declared_nonlocal;
        if (!define(target.id, flag, where)) {
          return false;
        }
        table_.add_directive(current_, name, where);
        return define_in(index, target.id, assigned, where);
      }
      case ScopeKind::module:
        if (!define(target.id, declared_global, where)) {
          return false;
        }
        table_.add_directive(current_, name, where);
        return define_in(index, target.id, declared_global, where);
      case ScopeKind::class_body:
        return refuse("assignment expression within a comprehension cannot be used in a class body");
      case ScopeKind::type_parameters:
        return refuse(
            "assignment expression within a comprehension cannot be used within the definition of a generic");
      case ScopeKind::type_alias:
        return refuse("assignment expression within a comprehension cannot be used in a type alias");
      case ScopeKind::type_variable:
        return refuse("assignment expression within a comprehension cannot be used in a TypeVar bound");
      case ScopeKind::annotation:
        break;
    }
  }
  return true;
}

namespace {

std::string yield_message(ComprehensionKind kind) {
  switch (kind) {
    case ComprehensionKind::list:
      return "'yield' inside list comprehension";
    case ComprehensionKind::set:
      return "'yield' inside set comprehension";
    case ComprehensionKind::dict:
      return "'yield' inside dict comprehension";
    default:
      return "'yield' inside generator expression";
  }
}

}  // namespace

bool SymbolPass::yield_expression(const ast::Expr& node, const ast::Expr* value) {
  if (!refuse_in_annotation_scope("yield expression", node) || !optional_expression(value)) {
    return false;
  }
  Scope& scope = current();
  scope.generator = true;
  // 3.9 waits for the end of the comprehension.
  if (version_ >= Version::v3_10 && scope.comprehension != ComprehensionKind::not_one) {
    return report_.refuse(node.location, yield_message(scope.comprehension));
  }
  return true;
}

bool SymbolPass::comprehension(const ast::Expr& node, ast::Sequence<ast::Comprehension*> generators,
                               const ast::Expr& element, const ast::Expr* value, ComprehensionKind kind) {
  if (!allows_nested_scope(node, "comprehension")) {
    return false;
  }
  const ast::Comprehension& outermost = *generators[0];
  // The first iterable belongs to the scope around.
  const Index outer = current_;
  ++current().iterable_depth;
  if (!expression(*outermost.iter)) {
    return false;
  }
  --current().iterable_depth;

  enter(ScopeKind::function, node.location);
  current().comprehension = kind;
  current().coroutine = outermost.is_async;
  current().in_iteration_target = true;
  if (!expression(*outermost.target)) {
    return false;
  }
  current().in_iteration_target = false;
  if (!expressions(outermost.ifs)) {
    return false;
  }
  for (const ast::Comprehension* clause : generators.subspan(1)) {
    if (!comprehension_clause(*clause)) {
      return false;
    }
  }
  if (!optional_expression(value) || !expression(element)) {
    return false;
  }

  Scope& scope = current();
  if (scope.generator) {
    return report_.refuse(scope.where, yield_message(kind));
  }
  const bool makes_coroutine = scope.coroutine && kind != ComprehensionKind::generator;
  leave(&node);
  if (makes_coroutine && version_ >= Version::v3_14 && !in_async_function() &&
      current().comprehension == ComprehensionKind::not_one) {
    return report_.refuse(node.location, "asynchronous comprehension outside of an asynchronous function");
  }
  if (makes_coroutine && version_ >= Version::v3_11) {
    table_.scope(outer).coroutine = true;
  }
  return true;
}

bool SymbolPass::comprehension_clause(const ast::Comprehension& clause) {
  current().in_iteration_target = true;
  if (!expression(*clause.target)) {
    return false;
  }
  current().in_iteration_target = false;
  ++current().iterable_depth;
  if (!expression(*clause.iter)) {
    return false;
  }
  --current().iterable_depth;
  if (!expressions(clause.ifs)) {
    return false;
  }
  if (clause.is_async) {
    current().coroutine = true;
  }
  return true;
}

// Patterns

bool SymbolPass::patterns(ast::Sequence<ast::Pattern*> list) {
  return std::all_of(list.begin(), list.end(), [this](const ast::Pattern* node) { return pattern(*node); });
}

bool SymbolPass::pattern(const ast::Pattern& node) {
  if (++depth_ > deepest_) {
    return report_.refuse_depth();
  }
  const bool go_on = visit_pattern(node);
  --depth_;
  return go_on;
}

bool SymbolPass::visit_pattern(const ast::Pattern& node) {
  using Kind = ast::NodeKind;
  const auto bind = [&](ast::Identifier name) {
    return name.empty() || define(name, assigned, node.location);
  };
  switch (node.kind) {
    case Kind::MatchValue:
      return expression(*static_cast<const ast::MatchValue&>(node).value);
    case Kind::MatchSequence:
      return patterns(static_cast<const ast::MatchSequence&>(node).patterns);
    case Kind::MatchStar:
      return bind(static_cast<const ast::MatchStar&>(node).name);
    case Kind::MatchMapping: {
      const auto& mapping = static_cast<const ast::MatchMapping&>(node);
      return expressions(mapping.keys) && patterns(mapping.patterns) && bind(mapping.rest);
    }
    case Kind::MatchClass:
      return class_pattern(static_cast<const ast::MatchClass&>(node));
    case Kind::MatchAs: {
      const auto& capture = static_cast<const ast::MatchAs&>(node);
      return (capture.pattern == nullptr || pattern(*capture.pattern)) && bind(capture.name);
    }
    case Kind::MatchOr:
      return patterns(static_cast<const ast::MatchOr&>(node).patterns);
    default:
      return true;
  }
}

bool SymbolPass::class_pattern(const ast::MatchClass& node) {
  if (!expression(*node.cls) || !patterns(node.patterns)) {
    return false;
  }
  for (std::size_t i = 0; i < node.kwd_attrs.size(); ++i) {
    if (forbids(node.kwd_attrs[i], Access::store, node.kwd_patterns[i]->location)) {
      return false;
    }
  }
  return patterns(node.kwd_patterns);
}

}  // namespace sallyport::validators::python::checks

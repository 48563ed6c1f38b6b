#include "validators/python/compile_checks/code_pass.hpp"
#include "validators/python/compile_checks/literal_types.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sallyport::validators::python::checks {
namespace {

// Up to here comparing all pairs is faster than sorting.
constexpr std::size_t few_keywords = 16;

}  // namespace

bool CodePass::expressions(ast::Sequence<ast::Expr*> list) {
  for (const ast::Expr* node : list) {
    if (node != nullptr && !expression(*node)) {
      return false;
    }
  }
  return true;
}

bool CodePass::elements(ast::Sequence<ast::Expr*> list) {
  for (const ast::Expr* node : list) {
    const bool starred = node->kind == ast::NodeKind::Starred;
    if (!expression(starred ? *static_cast<const ast::Starred*>(node)->value : *node)) {
      return false;
    }
  }
  return true;
}

bool CodePass::expression(const ast::Expr& node) {
  using Kind = ast::NodeKind;
  switch (node.kind) {
    case Kind::Constant:
      return true;
    case Kind::Name: {
      const auto& name = static_cast<const ast::Name&>(node);
      if (name.ctx == ast::Context::Load) {
        return true;
      }
      return name.ctx == ast::Context::Store ? allows_store(name.id, node.location)
                                             : allows_delete(name.id, node.location);
    }
    case Kind::Attribute:
      return attribute(static_cast<const ast::Attribute&>(node));
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
      warn_of_comparison(comparison);
      return expression(*comparison.left) && expressions(comparison.comparators);
    }
    case Kind::Subscript:
      return subscript(static_cast<const ast::Subscript&>(node));
    case Kind::Slice: {
      const auto& slice = static_cast<const ast::Slice&>(node);
      return optional_expression(slice.lower) && optional_expression(slice.upper) &&
             optional_expression(slice.step);
    }
    case Kind::Tuple: {
      const auto& tuple = static_cast<const ast::Tuple&>(node);
      return sequence(tuple.elts, tuple.ctx, node.location);
    }
    case Kind::List: {
      const auto& list = static_cast<const ast::List&>(node);
      return sequence(list.elts, list.ctx, node.location);
    }
    case Kind::Set:
      return elements(static_cast<const ast::Set&>(node).elts);
    case Kind::Dict: {
      const auto& dictionary = static_cast<const ast::Dict&>(node);
      for (std::size_t i = 0; i < dictionary.values.size(); ++i) {
        if (!optional_expression(dictionary.keys[i]) || !expression(*dictionary.values[i])) {
          return false;
        }
      }
      return true;
    }
    case Kind::IfExp: {
      const auto& choice = static_cast<const ast::IfExp&>(node);
      return expression(*choice.test) && expression(*choice.body) && expression(*choice.orelse);
    }
    case Kind::Starred:
      return report_.refuse(node.location, static_cast<const ast::Starred&>(node).ctx == ast::Context::Store
                                               ? "starred assignment target must be in a list or tuple"
                                               : "can't use starred expression here");
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
    case Kind::NamedExpr: {
      const auto& named = static_cast<const ast::NamedExpr&>(node);
      return expression(*named.value) && expression(*named.target);
    }
    case Kind::Lambda:
      return lambda(static_cast<const ast::Lambda&>(node));
    case Kind::ListComp: {
      const auto& list = static_cast<const ast::ListComp&>(node);
      return comprehension(node, list.generators, *list.elt, nullptr);
    }
    case Kind::SetComp: {
      const auto& set = static_cast<const ast::SetComp&>(node);
      return comprehension(node, set.generators, *set.elt, nullptr);
    }
    case Kind::DictComp: {
      const auto& dictionary = static_cast<const ast::DictComp&>(node);
      return comprehension(node, dictionary.generators, *dictionary.key, dictionary.value);
    }
    case Kind::GeneratorExp: {
      const auto& generator = static_cast<const ast::GeneratorExp&>(node);
      return comprehension(node, generator.generators, *generator.elt, nullptr);
    }
    case Kind::Yield:
      if (!in_function()) {
        return report_.refuse(node.location, "'yield' outside function");
      }
      return optional_expression(static_cast<const ast::Yield&>(node).value);
    case Kind::YieldFrom:
      if (!in_function()) {
        return report_.refuse(node.location, version_ >= Version::v3_13 ? "'yield from' outside function"
                                                                        : "'yield' outside function");
      }
      if (in_unit(UnitKind::async_function)) {
        return report_.refuse(node.location, "'yield from' inside async function");
      }
      return expression(*static_cast<const ast::YieldFrom&>(node).value);
    case Kind::Await:
      return await_expression(static_cast<const ast::Await&>(node));
    default:
      return true;
  }
}

// A list or a tuple.
bool CodePass::sequence(ast::Sequence<ast::Expr*> list, ast::Context context, const ast::Location& where) {
  if (context == ast::Context::Load) {
    return elements(list);
  }
  if (context == ast::Context::Del) {
    return expressions(list);
  }
  // One byte of the instruction counts the targets before the starred one.
  constexpr std::size_t most_before_star = 255;
  bool seen_star = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i]->kind != ast::NodeKind::Starred) {
      continue;
    }
    if (seen_star) {
      return report_.refuse(where, "multiple starred expressions in assignment");
    }
    if (i > most_before_star) {
      return report_.refuse(where, "too many expressions in star-unpacking assignment");
    }
    seen_star = true;
  }
  return elements(list);
}

bool CodePass::lambda(const ast::Lambda& node) {
  if (!debug_parameters(*node.args, node.location) || !expressions(node.args->defaults) ||
      !expressions(node.args->kw_defaults)) {
    return false;
  }
  const Unit outer = enter(UnitKind::lambda, node);
  if (!expression(*node.body)) {
    return false;
  }
  leave(outer);
  return true;
}

bool CodePass::call(const ast::Call& node) {
  // Before 3.11 the function comes first.
  if (version_ >= Version::v3_11 && !valid_keywords(node.keywords, node.location)) {
    return false;
  }
  warn_of_call(*node.func, node.location);
  return expression(*node.func) && arguments(node.args, node.keywords, node.location);
}

bool CodePass::arguments(ast::Sequence<ast::Expr*> positional, ast::Sequence<ast::Keyword*> keywords,
                         const ast::Location& where) {
  if (!valid_keywords(keywords, where) || !elements(positional)) {
    return false;
  }
  return std::all_of(keywords.begin(), keywords.end(),
                     [this](const ast::Keyword* keyword) { return expression(*keyword->value); });
}

bool CodePass::valid_keywords(ast::Sequence<ast::Keyword*> keywords, const ast::Location& where) {
  if (keywords.empty()) {
    return true;
  }
  if (keywords.size() > few_keywords) {
    return repeated_keyword(keywords, where);
  }
  for (std::size_t i = 0; i < keywords.size(); ++i) {
    const ast::Keyword& keyword = *keywords[i];
    if (keyword.arg.empty()) {
      continue;
    }
    if (!allows_store(keyword.arg, version_ >= Version::v3_12 ? keyword.location : where)) {
      return false;
    }
    for (std::size_t j = i + 1; j < keywords.size(); ++j) {
      if (keywords[j]->arg == keyword.arg) {
        return repeated_keyword(keywords, where);
      }
    }
  }
  return true;
}

// The first name that comes again, where it comes again; or `__debug__` before it.
bool CodePass::repeated_keyword(ast::Sequence<ast::Keyword*> keywords, const ast::Location& where) {
  std::vector<std::uint32_t> order(keywords.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
    return keywords[left]->arg < keywords[right]->arg;
  });
  std::size_t first = keywords.size();
  std::size_t second = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const ast::Keyword& keyword = *keywords[order[i - 1]];
    if (!keyword.arg.empty() && keyword.arg == keywords[order[i]]->arg && order[i - 1] < first) {
      first = order[i - 1];
      second = order[i];
    }
  }
  for (std::size_t i = 0; i < keywords.size(); ++i) {
    const ast::Keyword& keyword = *keywords[i];
    if (!allows_store(keyword.arg, version_ >= Version::v3_12 ? keyword.location : where)) {
      return false;
    }
    if (i != first) {
      continue;
    }
    const ast::Location& again = keywords[second]->location;
    const std::string message = "keyword argument repeated: " + std::string(keyword.arg);
    // 3.9 knows the column alone.
    if (version_ < Version::v3_10) {
      return report_.refuse(where.line, again.column + 1, 0, 0, message);
    }
    return report_.refuse(again, message);
  }
  return true;
}

bool CodePass::await_expression(const ast::Await& node) {
  if (!in_function()) {
    return report_.refuse(node.location, "'await' outside function");
  }
  if (!in_unit(UnitKind::async_function) && !in_unit(UnitKind::comprehension)) {
    return report_.refuse(node.location, "'await' outside async function");
  }
  return expression(*node.value);
}

bool CodePass::comprehension(const ast::Expr& node, ast::Sequence<ast::Comprehension*> generators,
                             const ast::Expr& element, const ast::Expr* value) {
  const bool is_generator = node.kind == ast::NodeKind::GeneratorExp;
  const bool is_inlined = version_ >= Version::v3_12 && !is_generator && !unit_.sees_class;
  const bool is_async = facts_.is_coroutine(node);
  const bool is_allowed = version_ >= Version::v3_11
                              ? in_unit(UnitKind::async_function) || in_unit(UnitKind::comprehension)
                              : facts_.is_coroutine(*unit_.node);
  if (is_inlined && !expression(*generators[0]->iter)) {
    return false;
  }
  if (is_async && !is_generator && !is_allowed) {
    constexpr const char* message = "asynchronous comprehension outside of an asynchronous function";
    // 3.9 has not set the place of the new code yet.
    return version_ >= Version::v3_10 ? report_.refuse(node.location, message)
                                      : report_.refuse(0, 1, 0, 0, message);
  }
  if (is_inlined) {
    return comprehension_clauses(generators, element, value);
  }
  const Unit outer = enter(UnitKind::comprehension, node);
  if (!comprehension_clauses(generators, element, value)) {
    return false;
  }
  leave(outer);
  return expression(*generators[0]->iter);
}

bool CodePass::comprehension_clauses(ast::Sequence<ast::Comprehension*> generators, const ast::Expr& element,
                                     const ast::Expr* value) {
  for (std::size_t i = 0; i < generators.size(); ++i) {
    const ast::Comprehension& clause = *generators[i];
    if ((i != 0 && !expression(*clause.iter)) || !expression(*clause.target) || !expressions(clause.ifs)) {
      return false;
    }
  }
  return expression(element) && optional_expression(value);
}

bool CodePass::attribute(const ast::Attribute& node) {
  if (!expression(*node.value)) {
    return false;
  }
  // No version before 3.14 minds `del x.__debug__`.
  return node.ctx != ast::Context::Store || allows_store(node.attr, attribute_location(node));
}

// An access over several lines is placed at the name.
ast::Location CodePass::attribute_location(const ast::Attribute& node) const {
  ast::Location where = node.location;
  if (version_ >= Version::v3_11 && where.line != where.end_line) {
    where.line = where.end_line;
    where.column =
        where.end_column - std::min(where.end_column, static_cast<std::uint32_t>(node.attr.size()));
  }
  return where;
}

bool CodePass::subscript(const ast::Subscript& node) {
  if (node.ctx == ast::Context::Load) {
    warn_of_subscript(node);
  }
  return expression(*node.value) && expression(*node.slice);
}

void CodePass::warn_of_comparison(const ast::Compare& node) {
  const ast::Expr* left = node.left;
  for (std::size_t i = 0; i < node.ops.size(); ++i) {
    const ast::Expr* right = node.comparators[i];
    const bool is_not = node.ops[i] == ast::CompareOperator::IsNot;
    if (is_not || node.ops[i] == ast::CompareOperator::Is) {
      std::string_view type = constant_type(*left, version_);
      if (type.empty()) {
        type = constant_type(*right, version_);
      }
      if (!type.empty()) {
        const std::string what =
            version_ >= Version::v3_12 ? "'" + std::string(type) + "' literal" : "a literal";
        report_.warn(node.location, is_not ? "\"is not\" with " + what + ". Did you mean \"!=\"?"
                                           : "\"is\" with " + what + ". Did you mean \"==\"?");
        return;
      }
    }
    left = right;
  }
}

void CodePass::warn_of_call(const ast::Expr& callee, const ast::Location& where) {
  std::string_view type = literal_type(callee);
  if (type.empty() && callee.kind == ast::NodeKind::UnaryOp) {
    type = constant_type(callee, version_);
  }
  if (type.empty() || callee.kind == ast::NodeKind::Lambda) {
    return;
  }
  report_.warn(version_ >= Version::v3_12 ? callee.location : where,
               "'" + std::string(type) + "' object is not callable; perhaps you missed a comma?");
}

void CodePass::warn_of_subscript(const ast::Subscript& node) {
  using Kind = ast::NodeKind;
  const ast::Expr& value = *node.value;
  std::string_view type = literal_type(value);
  if (type.empty() && value.kind == Kind::UnaryOp) {
    type = constant_type(value, version_);
  }
  if (type.empty()) {
    return;
  }
  const ast::Location& where = version_ >= Version::v3_12 ? value.location : node.location;
  const bool is_indexed = type == "tuple" || type == "list" || type == "str" || type == "bytes";
  if (!is_indexed) {
    if (type != "dict" && value.kind != Kind::Interpolation) {
      report_.warn(where,
                   "'" + std::string(type) + "' object is not subscriptable; perhaps you missed a comma?");
    }
    return;
  }
  const std::string_view index = literal_type(*node.slice);
  // A bool is an int.
  if (index.empty() || index == "int" || index == "bool") {
    return;
  }
  report_.warn(where, std::string(type) + " indices must be integers or slices, not " + std::string(index) +
                          "; perhaps you missed a comma?");
}

}  // namespace sallyport::validators::python::checks

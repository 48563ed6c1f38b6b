#include "validators/python/compile_checks/literal_types.hpp"

#include <algorithm>

namespace sallyport::validators::python::checks {

std::string_view literal_type(const ast::Expr& node) {
  using Kind = ast::NodeKind;
  switch (node.kind) {
    case Kind::Tuple:
      return "tuple";
    case Kind::List:
    case Kind::ListComp:
      return "list";
    case Kind::Dict:
    case Kind::DictComp:
      return "dict";
    case Kind::Set:
    case Kind::SetComp:
      return "set";
    case Kind::GeneratorExp:
      return "generator";
    case Kind::Lambda:
      return "function";
    case Kind::JoinedStr:
    case Kind::FormattedValue:
      return "str";
    case Kind::TemplateStr:
    case Kind::Interpolation:
      return "string.templatelib.Template";
    case Kind::Constant:
      break;
    default:
      return {};
  }
  switch (static_cast<const ast::Constant&>(node).value_kind) {
    case ast::ConstantKind::None:
      return "NoneType";
    case ast::ConstantKind::True:
    case ast::ConstantKind::False:
      return "bool";
    case ast::ConstantKind::Ellipsis:
      return "ellipsis";
    case ast::ConstantKind::Int:
      return "int";
    case ast::ConstantKind::Float:
      return "float";
    case ast::ConstantKind::Complex:
      return "complex";
    case ast::ConstantKind::Str:
      return "str";
    case ast::ConstantKind::Bytes:
      return "bytes";
  }
  return {};
}

bool is_constant(const ast::Expr& node) {
  if (node.kind == ast::NodeKind::Constant) {
    return true;
  }
  const auto* tuple = ast::as<ast::Tuple>(&node);
  return tuple != nullptr && std::all_of(tuple->elts.begin(), tuple->elts.end(),
                                         [](const ast::Expr* part) { return is_constant(*part); });
}

std::string_view constant_type(const ast::Expr& node, Version version) {
  if (const auto* constant = ast::as<ast::Constant>(&node)) {
    return constant->value_kind > ast::ConstantKind::Ellipsis ? literal_type(node) : std::string_view();
  }
  if (const auto* sign = ast::as<ast::UnaryOp>(&node)) {
    const auto* number = ast::as<ast::Constant>(sign->operand);
    const bool is_number = number != nullptr && number->value_kind > ast::ConstantKind::Ellipsis &&
                           number->value_kind < ast::ConstantKind::Str && sign->op != ast::UnaryOperator::Not;
    return is_number && version < Version::v3_14 ? literal_type(*number) : std::string_view();
  }
  return node.kind == ast::NodeKind::Tuple && is_constant(node) ? "tuple" : std::string_view();
}

}  // namespace sallyport::validators::python::checks

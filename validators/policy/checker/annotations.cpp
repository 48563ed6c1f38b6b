// Annotations that are texts: typing.get_type_hints and functools.singledispatch evaluate them.
#include "validators/policy/checker/checker.hpp"

#include <string_view>
#include <vector>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::size_t most_annotation_parts = 64;

// Literal["a"], Annotated[int, "a"]: their texts are values.
bool has_values(const Subscript& node) {
  const auto* name = as<Name>(node.value);
  const auto* attribute = as<Attribute>(node.value);
  const auto generic = name != nullptr ? name->id : attribute != nullptr ? attribute->attr : "";
  return generic == "Literal" || generic == "Annotated";
}

// More than a type's name.
bool is_code(const Constant& constant) {
  return constant.value_kind == ConstantKind::Str && (constant.value.find('(') != std::string_view::npos ||
                                                      constant.value.find("__") != std::string_view::npos);
}

}  // namespace

void Checker::check_annotation(const Expr* annotation) {
  std::vector<const Expr*> parts{annotation};
  for (std::size_t looked_at = 0; !parts.empty() && looked_at < most_annotation_parts; ++looked_at) {
    const auto* part = parts.back();
    parts.pop_back();
    if (const auto* subscript = as<Subscript>(part)) {
      if (!has_values(*subscript)) {
        parts.push_back(subscript->slice);
      }
    } else if (const auto* tuple = as<Tuple>(part)) {
      parts.insert(parts.end(), tuple->elts.begin(), tuple->elts.end());
    } else if (const auto* list = as<List>(part)) {
      parts.insert(parts.end(), list->elts.begin(), list->elts.end());
    } else if (const auto* either = as<BinOp>(part)) {
      parts.push_back(either->left);
      parts.push_back(either->right);
    } else if (const auto* constant = as<Constant>(part); constant != nullptr && is_code(*constant)) {
      tell("code-text", constant->location, "annotation", constant->value);
    }
  }
}

// typing.List["f()"], wherever it stands.
void Checker::check_generic(const Subscript& node) {
  const auto& values = evaluator_.values(node.value);
  if (values.size() == 1 && values[0].kind == ValueKind::member && values[0].text == "typing") {
    check_annotation(&node);
  }
}

}  // namespace sallyport::validators::policy

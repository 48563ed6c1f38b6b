// What functions and classes define: methods that the interpreter calls, and names that patterns read.
#include "validators/policy/checker/checker.hpp"

#include <algorithm>

namespace sallyport::validators::policy {

using namespace python::ast;

void Checker::check_function(const FunctionDef& node, std::uint32_t index) {
  check_definition(node, node.name, index);
  if (!is_in_class(index)) {
    check_bound_name(node.name, node.location);
  }
  check_annotation(node.returns);
  for (const auto list : {node.args->posonlyargs, node.args->args, node.args->kwonlyargs}) {
    for (const auto* argument : list) {
      check_annotation(argument->annotation);
    }
  }
  for (const auto* argument : {node.args->vararg, node.args->kwarg}) {
    if (argument != nullptr) {
      check_annotation(argument->annotation);
    }
  }
}

// `x: int = 1`; in a class a field of a dataclass, which its patterns read.
void Checker::check_annotated(const AnnAssign& node, std::uint32_t index) {
  const auto* field = as<Name>(node.target);
  if (field != nullptr && is_in_class(index) && forbidden_name(field->id)) {
    tell("definition", node.location, field->id);
  }
  check_annotation(node.annotation);
}

bool Checker::is_in_class(std::uint32_t index) const {
  return program_.scopes[program_.nodes[index].scope].kind == ScopeKind::klass;
}

// `node` gives a class that name.
void Checker::check_definition(const Node& node, std::string_view name, std::uint32_t index) {
  if (!is_in_class(index)) {
    return;
  }
  if (name == "__match_args__") {
    const auto* parent = program_.nodes[program_.nodes[index].parent].node;
    const Expr* value = nullptr;
    if (const auto* assign = as<Assign>(parent)) {
      value = assign->value;
    } else if (const auto* annotated = as<AnnAssign>(parent)) {
      value = annotated->value;
    }
    check_match_names(value, node.location);
  }
  if (policy_.denied_definitions.contains(name)) {
    Words words;
    words.name = name;
    words.detail = attribute_hint(name);
    report_.add("definition", node.location, words);
  }
}

// The names that a positional class pattern reads: `value` of __match_args__.
void Checker::check_match_names(const Expr* value, const Location& where) {
  for (const auto& list : evaluator_.values(value)) {
    if (list.kind != ValueKind::sequence && value != nullptr) {
      undecided(*value, "__match_args__", "attribute names");
    }
    for (const auto item : list.items) {
      for (const auto& name : evaluator_.values(item)) {
        if (name.kind == ValueKind::text) {
          check_match_name(name.text, where);
        }
      }
    }
  }
}

void Checker::check_match_name(std::string_view name, const Location& where) {
  const auto plain = name.starts_with('_') ? name.substr(1) : name;
  if (!check_attribute_of({Value{}}, name, where, nullptr, false, true) &&
      policy_.suspect_attributes.contains(plain)) {
    tell("attribute", where, name);
  }
}

// case K(x=y): reads the attribute x.
void Checker::check_match_class(const MatchClass& node, std::uint32_t index) {
  const auto* subject = subject_of(index);
  const Values unknown{Value{}};
  const auto& bases = subject != nullptr ? evaluator_.values(subject) : unknown;
  for (const auto name : node.kwd_attrs) {
    if (!check_attribute_of(bases, name, node.location, subject, policy_.dunder_read.contains(name), false) &&
        subject == nullptr && name.starts_with('_') && is_suspect(name)) {
      tell("attribute", node.location, name);
    }
  }
}

// What is matched, if the whole of it is held against this pattern.
const python::ast::Expr* Checker::subject_of(std::uint32_t index) const {
  for (auto at = program_.nodes[index].parent; at != none; at = program_.nodes[at].parent) {
    const auto* parent = program_.nodes[at].node;
    if (const auto* match = as<Match>(parent)) {
      return match->subject;
    }
    if (parent->kind != NodeKind::MatchAs && parent->kind != NodeKind::MatchOr) {
      break;
    }
  }
  return nullptr;
}

// type("K", (), {"x": 1})
void Checker::check_class_body(const Expr& body) {
  const auto* written = as<Dict>(&body);
  for (const auto& value : evaluator_.values(&body)) {
    if (value.kind != ValueKind::mapping) {
      undecided(body, "type", "class body");
      continue;
    }
    for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
      for (const auto& key : evaluator_.values(value.items[i])) {
        if (key.kind != ValueKind::text) {
          continue;
        }
        if (key.text == "__match_args__") {
          const bool known = written != nullptr && i / 2 < written->values.size();
          check_match_names(known ? written->values[i / 2] : &body, body.location);
        }
        if (policy_.denied_definitions.contains(key.text)) {
          tell("definition", body.location, key.text);
        }
      }
    }
  }
}

// The fields of make_dataclass: names, or tuples of name and type. Patterns read the names; a type that is a
// text is an annotation.
void Checker::check_made_fields(const Expr& fields) {
  for (const auto& list : evaluator_.values(&fields)) {
    for (const auto item : list.items.first(std::min(list.items.size(), most_names))) {
      for (const auto& field : evaluator_.values(item)) {
        check_made_name(field, fields);
        if (field.kind != ValueKind::sequence || field.items.empty()) {
          continue;
        }
        for (const auto& name : evaluator_.values(field.items[0])) {
          check_made_name(name, fields);
        }
        if (field.items.size() > 1) {
          check_made_types(field.items[1], fields);
        }
      }
    }
  }
}

void Checker::check_made_name(const Value& name, const Expr& fields) {
  if (name.kind == ValueKind::text && forbidden_name(name.text)) {
    tell("definition", fields.location, name.text, name.text);
  }
}

void Checker::check_made_types(SetId types, const Expr& fields) {
  for (const auto& type : evaluator_.values(types)) {
    if (type.kind == ValueKind::text && type.text.find('(') != std::string_view::npos) {
      tell("code-text", fields.location, type.text, type.text);
    }
  }
}

}  // namespace sallyport::validators::policy

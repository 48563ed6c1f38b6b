// What a call is given, against what the policy demands of its arguments.
#include "validators/policy/checker/checker.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::size_t longest_expression = 10'000;

// The rule's own id, or what the demand has.
std::string_view id_of(const CallRule& rule, std::string_view standard) {
  return rule.rule.empty() ? standard : std::string_view(rule.rule);
}

// The identifier that begins there.
std::string_view word_at(std::string_view text, std::size_t begin) {
  auto end = begin;
  while (end < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
    ++end;
  }
  return text.substr(begin, end - begin);
}

// pandas evaluates "@name": a call or attribute of a variable.
bool reaches_out(std::string_view expression) {
  for (auto at = expression.find('@'); at != std::string_view::npos; at = expression.find('@', at + 1)) {
    const auto end = at + 1 + word_at(expression, at + 1).size();
    if (end < expression.size() && end > at + 1 && (expression[end] == '(' || expression[end] == '.')) {
      return true;
    }
  }
  return false;
}

}  // namespace

void Checker::check_arguments(const CallRule& rule, std::string_view name, const Call& node) {
  if (!rule.with.empty() && !program_.imported.contains(rule.with)) {
    return;
  }
  const auto starred = std::find_if(node.args.begin(), node.args.end(),
                                    [](const Expr* argument) { return argument->kind == NodeKind::Starred; });
  const auto plain = static_cast<std::size_t>(starred - node.args.begin());
  for (const auto& argument : rule.arguments) {
    if (argument.all_positions) {
      for (const auto* positional : node.args) {
        check_demand(rule, argument.demand, *positional, name, node);
      }
    } else if (argument.position && *argument.position < plain) {
      check_demand(rule, argument.demand, *node.args[*argument.position], name, node);
    } else if (argument.position && plain < node.args.size()) {
      check_starred(rule, argument.demand, static_cast<const Starred&>(*node.args[plain]), name);
    }
    if (!argument.keyword.empty()) {
      check_keywords(rule, argument, name, node);
    }
  }
}

// f(*list)
void Checker::check_starred(const CallRule& rule, Demand demand, const Starred& starred,
                            std::string_view name) {
  const auto& hidden = evaluator_.values(starred.value);
  if (hidden.size() != 1 || hidden[0].kind != ValueKind::sequence) {
    return undecided(starred, name, "argument");
  }
  for (const auto item : hidden[0].items) {
    check_hidden(rule, demand, evaluator_.values(item), starred, name);
  }
}

void Checker::check_keywords(const CallRule& rule, const ArgumentRule& argument, std::string_view name,
                             const Call& node) {
  for (const auto* keyword : node.keywords) {
    if (keyword->arg == argument.keyword) {
      check_demand(rule, argument.demand, *keyword->value, name, node);
    } else if (keyword->arg.empty()) {
      check_double_starred(rule, argument, *keyword->value, name);
    }
  }
}

// f(**dict)
void Checker::check_double_starred(const CallRule& rule, const ArgumentRule& argument, const Expr& mapping,
                                   std::string_view name) {
  for (const auto& value : evaluator_.values(&mapping)) {
    if (value.kind != ValueKind::mapping) {
      undecided(mapping, name, "argument");
      continue;
    }
    for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
      const auto& keys = evaluator_.values(value.items[i]);
      if (keys.size() == 1 && keys[0].kind == ValueKind::text && keys[0].text == argument.keyword) {
        check_hidden(rule, argument.demand, evaluator_.values(value.items[i + 1]), mapping, name);
      }
    }
  }
}

// An argument that comes out of *list or **dict.
void Checker::check_hidden(const CallRule& rule, Demand demand, const Values& values, const Expr& where,
                           std::string_view name) {
  for (const auto& value : values) {
    if (demand == Demand::path) {
      check_path(value, where, name);
    } else if (demand == Demand::be_false || is_text(value)) {
      const bool code = demand == Demand::code || demand == Demand::expression;
      tell(id_of(rule, code ? "code-text" : "unsafe-argument"), where.location, name,
           is_text(value) ? value.text : "a hidden argument");
    }
  }
}

void Checker::check_demand(const CallRule& rule, Demand demand, const Expr& argument, std::string_view name,
                           const Call& call) {
  switch (demand) {
    case Demand::names:
      return check_names(rule, argument, name);
    case Demand::attribute:
    case Demand::attribute_path:
      return check_attribute_text(argument, {Value{}}, demand == Demand::attribute_path, name);
    case Demand::be_false:
      if (!is_false(argument)) {
        tell(id_of(rule, "unsafe-argument"), argument.location, name);
      }
      return;
    default:
      for (const auto& value : evaluator_.values(&argument)) {
        if (!value.refused) {
          check_value(rule, demand, value, argument, name, call);
        }
      }
  }
}

bool Checker::is_false(const Expr& argument) {
  const auto* constant = as<Constant>(&argument);
  if (constant != nullptr &&
      (constant->value_kind == ConstantKind::False || constant->value_kind == ConstantKind::None)) {
    return true;
  }
  const auto& values = evaluator_.values(&argument);
  return values.size() == 1 && values[0].kind == ValueKind::number && values[0].number == 0;
}

void Checker::check_value(const CallRule& rule, Demand demand, const Value& value, const Expr& argument,
                          std::string_view name, const Call& call) {
  const bool known = is_text(value) && !value.prefix_only;
  switch (demand) {
    case Demand::format:
      return known ? check_template(value.text, argument, nullptr, 0) : undecided(argument, name, "template");
    case Demand::expression:
      return check_expression(rule, value, argument, name);
    case Demand::code:
      if (known) {
        check_code(value.text, argument, name);
        check_code_after_setup(rule, value.text, argument, name, call);
      } else if (value.kind == ValueKind::unknown || is_text(value)) {
        undecided(argument, name, "code");
      }
      return;
    case Demand::path:
      return check_path(value, argument, name);
    case Demand::literal:
      if (value.kind == ValueKind::unknown || value.prefix_only) {
        tell(id_of(rule, "unsafe-argument"), argument.location, name);
      }
      return;
    case Demand::no_text:
      if (is_text(value)) {
        tell(id_of(rule, "unsafe-argument"), argument.location, name);
      }
      return;
    default:
      return;
  }
}

// df.eval("a + b"), df.query("a > @limit"): no calls, no attributes of what is not a column.
void Checker::check_expression(const CallRule& rule, const Value& value, const Expr& argument,
                               std::string_view name) {
  if (!is_text(value) || value.text.size() > longest_expression) {
    return undecided(argument, name, "expression");
  }
  if (reads_forbidden(value.text) || reaches_out(value.text)) {
    tell(id_of(rule, "code-text"), argument.location, name, value.text);
  } else if (value.prefix_only) {
    undecided(argument, name, "expression");
  }
}

bool Checker::reads_forbidden(std::string_view expression) const {
  if (expression.find("__") != std::string_view::npos || expression.starts_with("import")) {
    return true;
  }
  for (auto at = expression.find('.'); at != std::string_view::npos; at = expression.find('.', at + 1)) {
    if (rights_.denied_attribute(word_at(expression, at + 1))) {
      return true;
    }
  }
  return false;
}

// df.agg("sum"), df.agg(["sum", "mean"]), df.agg({"a": "sum"}): each text is the name of a method.
void Checker::check_names(const CallRule& rule, const Expr& argument, std::string_view name) {
  std::vector<SetId> sets{evaluator_.eval(&argument)};
  for (std::size_t i = 0; i < sets.size() && i < most_names; ++i) {
    for (const auto& value : evaluator_.values(sets[i])) {
      if (value.kind == ValueKind::sequence) {
        sets.insert(sets.end(), value.items.begin(), value.items.end());
      } else if (value.kind == ValueKind::mapping) {
        for (std::size_t j = 1; j < value.items.size(); j += 2) {
          sets.push_back(value.items[j]);
        }
      } else if (value.kind == ValueKind::text && !value.prefix_only &&
                 (is_dunder(value.text) || rights_.denied_attribute(value.text))) {
        tell(id_of(rule, is_dunder(value.text) ? "dunder-attribute" : "attribute"), argument.location,
             value.text, name);
      }
    }
  }
}

}  // namespace sallyport::validators::policy

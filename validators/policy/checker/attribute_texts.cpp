// Texts that name attributes: getattr(x, "name"), operator.attrgetter("a.b").
#include "validators/policy/checker/checker.hpp"

#include <algorithm>
#include <string>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr int most_path_parts = 20;  // of a dotted path

bool is_any_module(const Values& bases) {
  return std::any_of(bases.begin(), bases.end(), [](const Value& value) {
    return value.kind == ValueKind::module || value.kind == ValueKind::builtin ||
           value.kind == ValueKind::function;
  });
}

// Texts, numbers, lists and the like: nothing that has attributes of the program's own.
bool are_plain(const Values& bases) {
  return !bases.empty() && std::all_of(bases.begin(), bases.end(), [](const Value& value) {
    return value.kind != ValueKind::unknown && value.kind != ValueKind::instance &&
           value.kind != ValueKind::klass && value.kind != ValueKind::super;
  });
}

bool has_known_name(const Values& values) {
  return std::any_of(values.begin(), values.end(), [](const Value& value) {
    return value.kind == ValueKind::text && !value.prefix_only && !value.assembled;
  });
}

}  // namespace

void Checker::check_attribute_text(const Expr& argument, const Values& bases, bool path,
                                   std::string_view function) {
  if (all_refused(bases)) {
    return;
  }
  if (argument.kind == NodeKind::Starred) {
    return tell("assembled-name", argument.location, function, function);
  }
  const auto& values = evaluator_.values(&argument);
  const bool of_module = is_any_module(bases);
  // A parameter is a constant where the program calls it; whoever else may call it is the doubt.
  const bool refuses_unknown = (of_module || are_plain(bases)) && !has_known_name(values);
  bool doubtful = false;
  for (const auto& value : values) {
    if (value.refused) {
      continue;
    }
    if (value.kind == ValueKind::text && !value.prefix_only) {
      if (check_attribute_path(value.text, path, bases, argument.location)) {
        return;
      }
      if (value.assembled && argument.kind != NodeKind::Constant && values.size() == 1) {
        return tell("assembled-name", argument.location, function, value.text);
      }
      continue;
    }
    const auto verdict = value.kind == ValueKind::text ? verdict_on_beginning(value, of_module)
                                                       : verdict_on_unknown(value, refuses_unknown);
    if (verdict == NameVerdict::assembled) {
      return tell("assembled-name", argument.location, function, function);
    }
    doubtful = doubtful || verdict == NameVerdict::doubtful;
  }
  if (doubtful) {
    undecided(argument, function, "attribute name");
  }
}

Checker::NameVerdict Checker::verdict_on_unknown(const Value& name, bool refused) {
  // An instance may be a text too, and a decorator makes anything of a function.
  if (name.kind != ValueKind::unknown && name.kind != ValueKind::instance &&
      name.kind != ValueKind::function) {
    return NameVerdict::fine;
  }
  return name.assembled || refused ? NameVerdict::assembled : NameVerdict::doubtful;
}

Checker::NameVerdict Checker::verdict_on_beginning(const Value& name, bool of_module) const {
  if (of_module || name.assembled || name.text.starts_with("__") || (name.text == "_" && escaped_)) {
    return NameVerdict::assembled;
  }
  const bool reaches =
      name.text == "_" ||
      std::any_of(policy_.denied_attributes.begin(), policy_.denied_attributes.end(),
                  [&name](const std::string& denied) { return denied.starts_with(name.text); });
  return reaches ? NameVerdict::doubtful : NameVerdict::fine;
}

// "a.b.c" if `dotted`. True if something was reported.
bool Checker::check_attribute_path(std::string_view text, bool dotted, const Values& bases,
                                   const Location& where) {
  const Values unknown{Value{}};
  for (int part = 0; part < most_path_parts; ++part) {
    const auto dot = dotted ? text.find('.') : std::string_view::npos;
    if (check_attribute_of(part == 0 ? bases : unknown, text.substr(0, dot), where, nullptr, false, true)) {
      return true;
    }
    if (dot == std::string_view::npos) {
      break;
    }
    text.remove_prefix(dot + 1);
  }
  return false;
}

}  // namespace sallyport::validators::policy

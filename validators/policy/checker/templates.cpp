// Templates of str.format, which read attributes: "{0.name}".
#include "validators/policy/checker/checker.hpp"
#include "validators/policy/fold.hpp"

#include <optional>
#include <string>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

// Whether the known beginning of a template ends where an attribute's name goes on: "{0." and then who knows.
bool ends_in_attribute(std::string_view text) {
  const auto open = text.rfind('{');
  if (open == std::string_view::npos || (open > 0 && text[open - 1] == '{')) {
    return false;
  }
  const auto field = text.substr(open);
  return field.find_first_of("}:!") == std::string_view::npos &&
         field.find_first_of(".[") != std::string_view::npos;
}

// What the call puts in for a field; `place` is that of a field without a name or with a number, `skip` how
// many arguments stand before those of the template.
const Expr* argument_of(const FormatField& field, const std::optional<std::int64_t>& place, const Call& call,
                        std::size_t skip) {
  if (place && *place >= 0) {
    const auto at = static_cast<std::size_t>(*place) + skip;
    return at < call.args.size() ? call.args[at] : nullptr;
  }
  const Expr* argument = nullptr;
  for (const auto* keyword : call.keywords) {
    if (keyword->arg == field.argument) {
      argument = keyword->value;
    }
  }
  return argument;
}

}  // namespace

// x.format and x.format_map, called or not.
void Checker::check_format(const Attribute& node, const Values& bases, std::uint32_t index) {
  const auto* call = as<Call>(program_.nodes[program_.nodes[index].parent].node);
  if (call != nullptr && call->func != &node) {
    call = nullptr;
  }
  for (const auto& value : bases) {
    if (value.kind == ValueKind::text) {
      check_format_of_text(value, node, call);
    } else if (value.kind == ValueKind::builtin && value.text == "str") {
      check_format_of_type(node, call);
    } else if (value.kind == ValueKind::unknown && !value.refused) {
      if (value.assembled) {
        tell("format-template", node.location, "format");
      } else {
        undecided(node, "format", "template");
      }
    }
  }
}

void Checker::check_format_of_text(const Value& text, const Attribute& node, const Call* call) {
  if (!text.prefix_only) {
    check_template(text.text, node, call, 0);
  } else if (ends_in_attribute(text.text)) {
    tell("format-template", node.location, text.text);
  } else {
    undecided(node, "format", "template");
  }
}

// str.format("...", x)
void Checker::check_format_of_type(const Attribute& node, const Call* call) {
  if (call == nullptr || call->args.empty()) {
    return undecided(node, "str.format", "template");
  }
  for (const auto& text : evaluator_.values(call->args[0])) {
    if (text.kind == ValueKind::text && !text.prefix_only) {
      check_template(text.text, node, call, 1);
    } else {
      undecided(node, "str.format", "template");
    }
  }
}

// f = "...".format; f(x)
void Checker::check_format_value(const Value& method, const Call& node) {
  if ((method.name != "format" && method.name != "format_map") || node.func->kind == NodeKind::Attribute) {
    return;
  }
  for (const auto& text : evaluator_.values(method.items[0])) {
    if (text.kind == ValueKind::text) {
      check_template(text.text, node, &node, 0);
    }
  }
}

void Checker::check_template(std::string_view text, const Expr& where, const Call* call, std::size_t skip) {
  if (text.find_first_of(".[") == std::string_view::npos || text.find('{') == std::string_view::npos) {
    return;
  }
  const auto parsed = parse_format(text.substr(0, longest_checked_text));
  std::size_t automatic = 0;
  for (const auto& field : parsed.fields) {
    const auto place =
        field.argument.empty() ? std::optional<std::int64_t>(automatic++) : number_of(field.argument);
    if (field.steps.empty()) {
      continue;
    }
    const auto* argument = call == nullptr ? nullptr : argument_of(field, place, *call, skip);
    if (check_template_field(field, argument, where)) {
      return;
    }
  }
}

// `argument`: what it shows, or nullptr. True if something was reported.
bool Checker::check_template_field(const FormatField& field, const Expr* argument, const Expr& where) {
  auto base = argument != nullptr ? evaluator_.eval(argument) : anything;
  for (std::size_t i = 0; i < field.steps.size(); ++i) {
    if (field.is_item[i]) {
      base = anything;
      continue;
    }
    bool kept = false;
    const auto name = evaluator_.pool().keep(field.steps[i], kept);  // values may go on naming it
    if (!kept) {
      undecided(where, "format", "template");
      return true;
    }
    Words words;
    words.name = name;
    bool bad = rights_.denied_attribute(name) || (is_dunder(name) && !is_harmless_step(field, i));
    for (const auto& value : evaluator_.values(base)) {
      if (is_module(value)) {
        words.chain = chain_of(value, argument);
        bad |= evaluator_.module_attribute(value, name).verdict != Evaluator::Attribute::Verdict::allowed;
      }
    }
    if (bad) {
      report_.add("format-template", where.location, words);
      return true;
    }
    base = evaluator_.attribute(base, name);
  }
  return false;
}

// {0.__name__}, {0.__class__.__name__}
bool Checker::is_harmless_step(const FormatField& field, std::size_t step) const {
  const auto& name = field.steps[step];
  return policy_.dunder_read.contains(name) || (name == "__class__" && step + 1 < field.steps.size() &&
                                                policy_.dunder_read.contains(field.steps[step + 1]));
}

}  // namespace sallyport::validators::policy

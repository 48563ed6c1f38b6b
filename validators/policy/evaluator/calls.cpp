// What a call gives, by what is called; functions and classes of the program, and what is applied to an item.
#include "validators/policy/evaluator.hpp"
#include "validators/policy/evaluator/builtin_call.hpp"
#include "validators/policy/evaluator/member_call.hpp"
#include "validators/policy/evaluator/method_call.hpp"
#include "validators/policy/fold.hpp"

#include <string>
#include <utility>

namespace sallyport::validators::policy {

using namespace python::ast;

SetId Evaluator::call(const Call& node) {
  for (const auto* item : node.args) {
    if (const auto* starred = as<Starred>(item)) {
      consume(eval(starred->value), &node);
    }
  }
  const auto callee = eval(node.func);
  if (callee == anything) {
    return anything;
  }
  Values result;
  for (const auto& value : pool_[callee]) {
    call_value(value, node, result);
  }
  return pool_.add(std::move(result));
}

void Evaluator::call_value(const Value& callee, const Call& node, Values& into) {
  switch (callee.kind) {
    case ValueKind::builtin:
      return BuiltinCall(*this, node, into).evaluate(callee.text);
    case ValueKind::method:
      return MethodCall(*this, node, into, callee).evaluate();
    case ValueKind::member:
      return MemberCall(*this, node, into, callee).evaluate();
    case ValueKind::function:
      add_results(callee.node, into);
      return add_to(into, Value{});
    case ValueKind::instance:
      add_method_results(callee, "__call__", into);
      return add_to(into, Value{});
    case ValueKind::klass: {
      auto value = made(ValueKind::instance);
      value.node = callee.node;
      return add_to(into, value);
    }
    default: {
      Value some;
      some.refused = callee.refused;
      return add_to(into, some);
    }
  }
}

SetId Evaluator::applied(const Value& function, SetId argument) {
  if (function.kind == ValueKind::builtin) {
    return applied_builtin(function.text, argument);
  }
  if (function.kind != ValueKind::function) {
    return anything;
  }
  if (const auto* lambda = as<Lambda>(function.node)) {
    if (const auto result = applied_lambda(*lambda, argument)) {
      return *result;
    }
  }
  return pool_.assembled_unknown();
}

SetId Evaluator::applied_builtin(std::string_view name, SetId argument) {
  if (name == "chr") {
    const auto code = pool_.only(argument, ValueKind::number);
    if (code && code->number >= 0 && code->number < 0x110000) {
      return pool_.text(utf8({static_cast<std::uint32_t>(code->number)}), true);
    }
    return pool_.assembled_unknown();
  }
  if (name == "ord") {
    if (const auto word = pool_.only(argument, ValueKind::text)) {
      const auto units = characters(word->text);
      if (units.size() == 1) {
        return pool_.add(number(units[0]));
      }
    }
    return anything;
  }
  if (name == "str") {
    if (pool_.only(argument, ValueKind::text)) {
      return argument;
    }
    if (const auto figure = pool_.only(argument, ValueKind::number)) {
      return pool_.text(std::to_string(figure->number), false);
    }
    return anything;
  }
  if (name == "int" && pool_.only(argument, ValueKind::number)) {
    return argument;
  }
  return anything;
}

// Nothing where it has another number of parameters, or something is applied already.
std::optional<SetId> Evaluator::applied_lambda(const Lambda& lambda, SetId argument) {
  if (override_binding_ != none || lambda.args->args.size() != 1 || !lambda.args->posonlyargs.empty()) {
    return {};
  }
  const auto body = program_.index_of(lambda.body);
  if (body == none) {
    return {};
  }
  const auto found = program_.lookup(program_.nodes[body].scope, lambda.args->args[0]->arg);
  if (found.binding == none) {
    return {};
  }
  override_binding_ = found.binding;
  override_value_ = argument;
  const auto result = eval(lambda.body);
  override_binding_ = none;
  return result;
}

}  // namespace sallyport::validators::policy

#include "validators/policy/evaluator/method_call.hpp"

namespace sallyport::validators::policy {

using namespace python::ast;

MethodCall::MethodCall(Evaluator& evaluator, const Call& node, Values& into, const Value& method)
    : CallSite(evaluator, node, into), name_(method.name), base_(method.items[0]) {
  const auto& bases = pool_[base_];
  is_only_one_ = bases.size() == 1;
  if (!bases.empty()) {
    self_ = bases[0];
  }
}

void MethodCall::evaluate() {
  look_for_bombs();
  switch (self_.kind) {
    case ValueKind::builtin:
      return of_type();
    case ValueKind::text:
    case ValueKind::bytes:
      return of_text();
    case ValueKind::mapping:
    case ValueKind::sequence:
      return of_container();
    default:
      return of_unknown();
  }
}

void MethodCall::look_for_bombs() {
  if (name_ == "ljust" || name_ == "rjust" || name_ == "center" || name_ == "zfill") {
    bomb(size_argument(0));
  } else if (name_ == "join") {
    evaluator_.consume(argument(0), &node_);
  } else if (name_ == "format" && self_.kind == ValueKind::text) {
    format_bombs();
  }
}

// "{:9999999999}".format(1), "{:{}}".format(1, 9999999999)
void MethodCall::format_bombs() {
  evaluator_.bomb(&node_, widest_field(self_.text), false);
  if (self_.text.find(":{") == std::string_view::npos) {
    return;
  }
  for (std::size_t i = 0; i < argument_count(); ++i) {
    bomb(size_argument(i));
  }
  for (const auto* keyword : node_.keywords) {
    bomb(pool_.figure(evaluator_.eval(keyword->value)).value_or(0));
  }
}

void MethodCall::of_type() {
  const auto type = self_.text;
  if ((type == "bytes" || type == "bytearray") && name_ == "fromhex") {
    return from_hexadecimal();
  }
  if ((type == "str" || type == "bytes") && argument_count() > 1 && name_ == "join") {
    return join_of_type();
  }
  if (type == "str") {
    const bool makes_text =
        name_ == "join" || name_ == "format" || name_ == "replace" || name_ == "translate";
    return pool_.only(argument(0), ValueKind::text) || makes_text ? give_assembled() : give_unknown();
  }
  if (type == "dict" && name_ == "fromkeys") {
    evaluator_.consume(argument(0), &node_);
    return give_unknown();
  }
  if (type == "dict" && (name_ == "get" || name_ == "__getitem__")) {
    return give(evaluator_.each(argument(0)));
  }
  give_unknown();
}

void MethodCall::from_hexadecimal() {
  const auto word = pool_.only(argument(0), ValueKind::text);
  const auto known = word ? from_hex(word->text) : std::nullopt;
  return known ? give_text(*known, ValueKind::bytes) : give_assembled();
}

void MethodCall::join_of_type() {
  const auto separator = pool_.only(argument(0), ValueKind::text);
  return separator ? give_joined(separator->text, argument(1), ValueKind::text) : give_assembled();
}

// Of lists, tuples, sets and dicts.
void MethodCall::of_container() {
  const bool gives_items = name_ == "get" || name_ == "pop" || name_ == "setdefault" ||
                           name_ == "__getitem__" || name_ == "popitem" || name_ == "values" ||
                           name_ == "items" || name_ == "copy" || name_ == "keys";
  if (!gives_items) {
    return give_unknown();
  }
  auto all = container_values();
  if (name_ == "copy") {
    return give(self_);
  }
  if (name_ == "keys") {
    return give(pool_.sequence({evaluator_.each(base_)}, true));
  }
  if (argument_count() > 1) {
    pool_.add_to(all, argument(1));
  }
  const auto united = pool_.add(std::move(all));
  if (name_ == "values") {
    return give(pool_.sequence({united}, true));
  }
  if (name_ == "items") {
    return give(pool_.sequence({pool_.sequence({evaluator_.each(base_), united})}, true));
  }
  give(united);
}

// The items; of a dict the values, of one key where the argument is known.
Values MethodCall::container_values() const {
  Values all;
  if (self_.kind != ValueKind::mapping) {
    for (const auto item : self_.items) {
      pool_.add_to(all, item);
    }
    return all;
  }
  const auto key = pool_.only(argument(0), ValueKind::text);
  for (std::size_t i = 1; i < self_.items.size(); i += 2) {
    const auto known = pool_.only(self_.items[i - 1], ValueKind::text);
    if (!key || !known || key->text == known->text) {
      pool_.add_to(all, self_.items[i]);
    }
  }
  return all;
}

void MethodCall::of_unknown() {
  if (name_ != "join" && (name_ != "decode" || !self_.assembled)) {
    return give_unknown();
  }
  const auto items = pool_.items_of(argument(0), true);
  Value some;
  some.assembled = self_.assembled || items.has_value();
  give(some);
}

}  // namespace sallyport::validators::policy

// What `+`, `*`, `%` and the other operators give.
#include "validators/policy/evaluator.hpp"
#include "validators/policy/evaluator/arithmetic.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::uint64_t longest_repeated_text = 65536;
constexpr std::uint64_t most_repeated_items = 64;

// What an operator gives where its result is not followed.
Value unknown_of(const Value& a, const Value& b) {
  Value value;
  value.assembled = a.assembled && b.assembled;
  value.refused = a.refused || b.refused;
  return value;
}

}  // namespace

SetId Evaluator::unary(const UnaryOp& node) {
  const auto operand = pool_.only(eval(node.operand), ValueKind::number);
  if (!operand) {
    return anything;
  }
  switch (node.op) {
    case UnaryOperator::USub:
      return pool_.add(number(times(operand->number, std::int64_t{-1})));
    case UnaryOperator::Invert:
      return pool_.add(number(~operand->number));
    case UnaryOperator::UAdd:
      return pool_.add(*operand);
    default:
      return anything;
  }
}

SetId Evaluator::binary(Operator op, SetId left, SetId right, const Expr* node) {
  if (left == anything && right == anything) {
    return anything;
  }
  Values result;
  const auto& lefts = pool_[left];
  const auto& rights = pool_[right];
  const bool single = lefts.size() == 1 && rights.size() == 1;
  for (const auto& a : lefts) {
    for (const auto& b : rights) {
      if (result.size() > most_values) {
        break;
      }
      if (op == Operator::Mod && a.kind == ValueKind::text) {
        percent_bomb(a.text, right, node);
        pool_.add_to(result, percent(a, right));
      } else {
        binary_values(op, a, b, single, node, result);
      }
    }
  }
  return pool_.add(std::move(result));
}

// `single`: neither side may be anything else.
void Evaluator::binary_values(Operator op, const Value& a, const Value& b, bool single, const Expr* node,
                              Values& into) {
  if (op == Operator::Add && add_sum(a, b, single, into)) {
    return;
  }
  if (op == Operator::Mult && add_repeated(a, b, single, node, into)) {
    return;
  }
  if (a.kind == ValueKind::number && b.kind == ValueKind::number) {
    if (const auto result = calculated(op, a.number, b.number, node)) {
      return add_to(into, number(*result));
    }
  }
  add_to(into, unknown_of(a, b));
}

// Of texts and lists. False: nothing was added, since it is neither.
bool Evaluator::add_sum(const Value& a, const Value& b, bool single, Values& into) {
  if (is_text(a) && a.kind == b.kind && !a.prefix_only) {
    const auto sum =
        pool_.text(std::string(a.text) + std::string(b.text), single || a.assembled || b.assembled, a.kind);
    auto value = pool_[sum][0];
    value.prefix_only = b.prefix_only;
    add_to(into, value);
    return true;
  }
  if (a.kind == ValueKind::text) {  // text + unknown
    auto value = a;
    value.prefix_only = true;
    value.assembled |= b.assembled;
    add_to(into, value);
    return true;
  }
  if (b.kind == ValueKind::text) {
    Value value;
    value.assembled = a.assembled;
    value.refused = a.refused;
    add_to(into, value);
    return true;
  }
  if (a.kind == ValueKind::sequence && b.kind == ValueKind::sequence &&
      a.items.size() + b.items.size() <= most_items) {
    std::vector<SetId> items(a.items.begin(), a.items.end());
    items.insert(items.end(), b.items.begin(), b.items.end());
    pool_.add_to(into, pool_.sequence(std::move(items), a.bag || b.bag));
    return true;
  }
  return false;
}

// A text or list so many times. False: nothing was added, since it is neither.
bool Evaluator::add_repeated(const Value& a, const Value& b, bool single, const Expr* node, Values& into) {
  const auto& count = a.kind == ValueKind::number ? a : b;
  const auto& body = a.kind == ValueKind::number ? b : a;
  const bool is_list = body.kind == ValueKind::sequence;
  const bool is_long = body.kind == ValueKind::unknown && body.number > 0;
  if (count.kind != ValueKind::number || !(is_text(body) || is_list || is_long)) {
    return false;
  }
  const auto repeats = static_cast<std::uint64_t>(std::max<std::int64_t>(0, count.number));
  const auto known = is_list ? body.items.size() : body.text.size();
  const auto size =
      body.number > 0 ? static_cast<std::uint64_t>(body.number) : std::max<std::uint64_t>(1, known);
  const auto total = times(repeats, size);
  bomb(node, total, false);
  if (is_text(body) && total <= longest_repeated_text && !body.prefix_only) {
    std::string all;
    for (std::uint64_t i = 0; i < repeats; ++i) {
      all += body.text;
    }
    pool_.add_to(into, pool_.text(std::move(all), single && body.text.size() > 1, body.kind));
    return true;
  }
  if (is_list && total <= most_repeated_items) {
    std::vector<SetId> items;
    for (std::uint64_t i = 0; i < repeats; ++i) {
      items.insert(items.end(), body.items.begin(), body.items.end());
    }
    pool_.add_to(into, pool_.sequence(std::move(items), body.bag));
    return true;
  }
  auto many = made(is_list ? ValueKind::sequence : ValueKind::unknown);
  many.bag = true;
  many.items = body.items;
  many.number = static_cast<std::int64_t>(std::min<std::uint64_t>(total, INT64_MAX));
  add_to(into, many);
  return true;
}

// Nothing where it does not fit, or is not followed.
std::optional<std::int64_t> Evaluator::calculated(Operator op, std::int64_t a, std::int64_t b,
                                                  const Expr* node) {
  std::int64_t out = 0;
  switch (op) {
    case Operator::Add:
      return __builtin_add_overflow(a, b, &out) ? std::nullopt : std::optional(out);
    case Operator::Sub:
      return __builtin_sub_overflow(a, b, &out) ? std::nullopt : std::optional(out);
    case Operator::Mult:
      return __builtin_mul_overflow(a, b, &out) ? std::nullopt : std::optional(out);
    case Operator::FloorDiv:
      return b > 0 && a >= 0 ? std::optional(a / b) : std::nullopt;
    case Operator::Mod:
      return b > 0 && a >= 0 ? std::optional(a % b) : std::nullopt;
    case Operator::BitXor:
      return a ^ b;
    case Operator::BitOr:
      return a | b;
    case Operator::BitAnd:
      return a & b;
    case Operator::RShift:
      return b >= 0 && b < 63 ? std::optional(a >> b) : std::nullopt;
    case Operator::LShift:
      return shifted_left(a, b, node);
    case Operator::Pow:
      return power(a, b, node);
    default:
      return {};
  }
}

std::optional<std::int64_t> Evaluator::shifted_left(std::int64_t a, std::int64_t b, const Expr* node) {
  if (b < 0) {
    return {};
  }
  const auto bits = bits_of(a) + static_cast<std::uint64_t>(b);
  bomb(node, bits, true);
  return b < 62 && bits < 62 ? std::optional(a << b) : std::nullopt;
}

std::optional<std::int64_t> Evaluator::power(std::int64_t a, std::int64_t b, const Expr* node) {
  const auto bits = bits_of(a);
  if (b < 0 || bits <= 1) {
    return {};
  }
  bomb(node, times(static_cast<std::uint64_t>(b), bits), true);
  std::int64_t product = 1;
  bool fits = b < 64;
  for (std::int64_t i = 0; fits && i < b; ++i) {
    fits = !__builtin_mul_overflow(product, a, &product);
  }
  // Larger than can be counted here, as the exponent of another it is a bomb for sure.
  return fits ? product : INT64_MAX;
}

}  // namespace sallyport::validators::policy

// How much the functions of modules make: math.factorial(10 ** 9), numpy.zeros((10 ** 6, 10 ** 6)).
#include "validators/policy/evaluator/arithmetic.hpp"
#include "validators/policy/evaluator/member_call.hpp"

#include <algorithm>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::int64_t most_repeats = 64;
constexpr std::size_t most_dimensions = 8;
constexpr std::int64_t packing = 100;  // items of an array that weigh as much as one of a list

}  // namespace

void MemberCall::look_for_bombs() {
  if (module_ == "math") {
    math_bombs();
  } else if (module_ == "collections") {
    if (name_ == "deque" && argument_count() == 1 && node_.keywords.empty()) {
      evaluator_.consume(argument(0), &node_);
    }
  } else if (module_ == "numpy" || module_ == "numpy.random") {
    numpy_bombs();
  }
}

void MemberCall::math_bombs() {
  if (name_ == "factorial") {
    bomb(size_argument(0), true);
  } else if (name_ == "comb" || name_ == "perm") {
    bomb(argument_count() == 1 ? size_argument(0) : std::min(size_argument(0), size_argument(1)), true);
  }
}

void MemberCall::numpy_bombs() {
  if (module_ == "numpy" && name_ == "array" && !node_.args.empty()) {
    evaluator_.consume(argument(0), &node_);
  }
  const bool shaped = name_ == "zeros" || name_ == "ones" || name_ == "empty" || name_ == "full" ||
                      name_ == "random" || name_ == "random_sample";
  const auto size = shaped && !node_.args.empty() ? shape_size()
                    : module_ == "numpy.random"   ? random_size()
                                                  : array_size();
  if (size > 0) {
    bomb(size / packing);
  }
}

// numpy.random.rand(10, 20)
std::int64_t MemberCall::random_size() const {
  if ((name_ != "rand" && name_ != "randn") || node_.args.empty()) {
    return 0;
  }
  std::int64_t size = 1;
  for (std::size_t i = 0; i < argument_count() && i < most_dimensions; ++i) {
    size = times(size, size_argument(i));
  }
  return size;
}

// numpy.eye(10), numpy.arange(10)
std::int64_t MemberCall::array_size() const {
  const auto count = argument_count();
  if (name_ == "eye" || name_ == "identity" || name_ == "tri") {
    return times(size_argument(0), size_argument(count > 1 ? 1 : 0));
  }
  if (name_ == "arange") {
    return count == 1 ? size_argument(0) : count == 2 ? size_argument(1) - size_argument(0) : 0;
  }
  return name_ == "linspace" ? size_argument(2) : 0;
}

// numpy.zeros(10), numpy.zeros((10, 20))
std::int64_t MemberCall::shape_size() const {
  const auto shape = pool_.only(argument(0), ValueKind::sequence);
  if (!shape || shape->bag) {
    return size_argument(0);
  }
  std::int64_t size = shape->items.empty() ? 0 : 1;
  for (const auto item : shape->items.first(std::min(shape->items.size(), most_dimensions))) {
    size = times(size, pool_.figure(item).value_or(0));
  }
  return size;
}

// Of what a function of itertools gives; 0 where that is not known.
std::int64_t MemberCall::iterator_size() const {
  if (name_ == "count" || name_ == "cycle" ||
      (name_ == "repeat" && argument_count() == 1 && node_.keywords.empty())) {
    return INT64_MAX;
  }
  if (name_ == "repeat" || name_ == "islice") {
    return argument_count() == 2 ? size_argument(1) : 0;
  }
  if (name_ == "product") {
    return product_size();
  }
  return name_ == "permutations" && !node_.args.empty() ? permutations_size() : 0;
}

std::int64_t MemberCall::product_size() const {
  std::int64_t row = 1;
  for (std::size_t i = 0; i < argument_count(); ++i) {
    row = times(row, pool_.count_of(argument(i)));
  }
  std::int64_t result = row;
  for (const auto* keyword : node_.keywords) {
    const auto figure = pool_.figure(evaluator_.eval(keyword->value));
    const auto repeat = std::min<std::int64_t>(figure.value_or(1), most_repeats);
    for (std::int64_t i = 1; i < repeat; ++i) {
      result = times(result, row);
    }
  }
  return result;
}

std::int64_t MemberCall::permutations_size() const {
  const auto count = pool_.count_of(argument(0));
  const auto chosen = std::min({pool_.figure(argument(1)).value_or(count), count, most_repeats});
  std::int64_t result = count;
  for (std::int64_t i = 1; i < chosen; ++i) {
    result = times(result, count - i);
  }
  return result;
}

}  // namespace sallyport::validators::policy

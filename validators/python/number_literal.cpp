#include "validators/python/number_literal.hpp"

#include <algorithm>

namespace sallyport::validators::python {
namespace {

constexpr std::size_t most_digits = 4300;

}  // namespace

NumberKind kind_of_number(std::string_view literal) {
  if ((literal.back() | 0x20) == 'j') {
    return NumberKind::imaginary;
  }
  const bool other_base = literal.size() > 1 && literal[0] == '0' && literal.find_first_of("xXoObB") == 1;
  if (!other_base && literal.find_first_of(".eE") != std::string_view::npos) {
    return NumberKind::floating;
  }
  return NumberKind::integer;
}

std::optional<std::string> check_digit_limit(std::string_view literal, Version version) {
  if (literal.size() <= most_digits || kind_of_number(literal) != NumberKind::integer) {
    return std::nullopt;
  }
  if (literal.front() == '0') {
    return std::nullopt;
  }  // another base, or nothing but zeros
  const auto digits =
      literal.size() - static_cast<std::size_t>(std::count(literal.begin(), literal.end(), '_'));
  if (digits <= most_digits) {
    return std::nullopt;
  }
  return "Exceeds the limit (" + std::to_string(most_digits) + (version >= Version::v3_11 ? " digits" : "") +
         ") for integer string conversion: value has " + std::to_string(digits) +
         " digits; use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge "
         "integer "
         "literals to avoid decimal conversion limits.";
}

}  // namespace sallyport::validators::python

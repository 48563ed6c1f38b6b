#include "config/assign.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <type_traits>

namespace sallyport::config {
namespace {

std::string not_within(const Value& value, const Range& range, std::string_view unit) {
  auto text =
      describe(value) + " is not between " + number_text(range.low) + " and " + number_text(range.high);
  if (!unit.empty()) text.append(" ").append(unit);
  return text;
}

bool within(double number, const Rule& rule) {
  const auto* range = std::get_if<Range>(&rule);
  return range == nullptr || (number >= range->low && number <= range->high);
}

// A whole number too large for 64 bits is out of range rather than of the wrong type.
bool is_whole(const Real& real) {
  return real.text.find_first_of(".eEnN") == std::string::npos;
}

std::optional<std::string> put(const Key& /*key*/, bool& field, const Value& value) {
  const auto* given = std::get_if<bool>(&value);
  if (given == nullptr) return describe(value) + " is neither true nor false";
  field = *given;
  return std::nullopt;
}

std::optional<std::string> put(const Key& key, double& field, const Value& value) {
  double number = 0;
  if (const auto* real = std::get_if<Real>(&value)) {
    number = real->value;
  } else if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
    number = static_cast<double>(*whole);
  } else if (const auto* negative = std::get_if<std::int64_t>(&value)) {
    number = static_cast<double>(*negative);
  } else {
    return describe(value) + " is not a number";
  }
  if (!std::isfinite(number)) return describe(value) + " is not a finite number";
  if (!within(number, key.rule)) return not_within(value, std::get<Range>(key.rule), key.unit);
  field = number;
  return std::nullopt;
}

template <class Integer>
std::optional<std::string> put_integer(const Key& key, Integer& field, const Value& value) {
  const auto* whole = std::get_if<std::uint64_t>(&value);
  const auto* real = std::get_if<Real>(&value);
  const bool out_of_range =
      std::holds_alternative<std::int64_t>(value) || (real != nullptr && is_whole(*real));
  if (whole == nullptr && !out_of_range) return describe(value) + " is not an integer";
  if (whole == nullptr || !within(static_cast<double>(*whole), key.rule)) {
    return not_within(value, std::get<Range>(key.rule), key.unit);
  }
  field = static_cast<Integer>(*whole);
  return std::nullopt;
}

std::optional<std::string> put(const Key& key, std::uint16_t& field, const Value& value) {
  return put_integer(key, field, value);
}

std::optional<std::string> put(const Key& key, std::uint64_t& field, const Value& value) {
  return put_integer(key, field, value);
}

std::string list_of(const OneOf& choice) {
  if (choice.words.size() == 1) return "\"" + std::string(choice.words.front()) + "\", the only one there is";
  std::string text = "one of ";
  for (const auto word : choice.words) {
    if (word != choice.words.front()) text += ", ";
    text += word;
  }
  return text;
}

std::optional<std::string> put(const Key& key, std::string& field, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return describe(value) + " is not a string";
  if (const auto* choice = std::get_if<OneOf>(&key.rule)) {
    if (std::find(choice->words.begin(), choice->words.end(), *text) == choice->words.end()) {
      return describe(value) + " is not " + list_of(*choice);
    }
  } else if (const auto* form = std::get_if<Form>(&key.rule); form != nullptr && !form->accepts(*text)) {
    return describe(value) + " is not " + std::string(form->expected);
  }
  field = *text;
  return std::nullopt;
}

template <class Number>
std::optional<Number> number_from(const std::string& text) {
  Number number{};
  const auto* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return number;
}

Value number_value(const std::string& text) {
  if (const auto whole = number_from<std::uint64_t>(text)) return *whole;
  if (const auto negative = number_from<std::int64_t>(text)) return *negative;
  if (const auto real = number_from<double>(text)) return Real{*real, text};
  return text;
}

}  // namespace

std::optional<std::string> assign(const Key& key, Config& config, const Value& value) {
  return std::visit([&](auto* field) { return put(key, *field, value); }, key.field(config));
}

Value value_of_variable(const Key& key, const std::string& text) {
  Config scratch;
  const auto parse = [&text](auto* field) -> Value {
    using Type = std::remove_cvref_t<decltype(*field)>;
    if constexpr (std::is_same_v<Type, std::string>) {
      return text;
    } else if constexpr (std::is_same_v<Type, bool>) {
      if (text == "true" || text == "1") return true;
      if (text == "false" || text == "0") return false;
      return text;
    } else {
      return number_value(text);
    }
  };
  return std::visit(parse, key.field(scratch));
}

}  // namespace sallyport::config

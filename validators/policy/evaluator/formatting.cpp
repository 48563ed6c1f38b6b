// Texts that are put together by "%s" % values and f"{values}".
#include "validators/policy/evaluator.hpp"
#include "validators/policy/fold.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

bool is_character(std::int64_t code) {
  return code >= 0 && code < 0x110000;
}

}  // namespace

// '%*d' % (10 ** 10, 1), '%10000000000d' % 1
void Evaluator::percent_bomb(std::string_view text, SetId right, const Expr* node) {
  bomb(node, widest(text), false);
  if (text.find('*') != std::string_view::npos) {
    const auto& values = pool_[right];
    for (const auto item : values.size() == 1 ? values[0].items : std::span<const SetId>()) {
      bomb(node, static_cast<std::uint64_t>(pool_.figure(item).value_or(0)), false);
    }
  }
}

SetId Evaluator::percent(const Value& left, SetId right) {
  if (left.prefix_only) {
    return percent_beginning(left.text);
  }
  std::vector<SetId> arguments{right};
  if (const auto tuple = pool_.only(right, ValueKind::sequence)) {
    arguments.assign(tuple->items.begin(), tuple->items.end());
  }
  const auto mapping = pool_.only(right, ValueKind::mapping);
  std::string result;
  std::size_t next = 0;
  bool assembled = false;
  for (std::size_t i = 0; i < left.text.size(); ++i) {
    if (left.text[i] != '%' || i + 1 >= left.text.size()) {
      result += left.text[i];
      continue;
    }
    ++i;
    if (left.text[i] == '%') {
      result += '%';
      continue;
    }
    SetId argument = anything;
    if (left.text[i] == '(') {
      const auto end = left.text.find(')', i);
      if (end == std::string_view::npos || !mapping || end + 1 >= left.text.size()) {
        return percent_beginning(left.text);
      }
      argument = value_of_key(*mapping, left.text.substr(i + 1, end - i - 1));
      i = end + 1;
    } else if (next < arguments.size()) {
      argument = arguments[next++];
    }
    if (!append_converted(result, left.text[i], argument)) {
      return percent_beginning(left.text);
    }
    assembled = true;
  }
  return pool_.text(std::move(result), assembled);
}

// What stands before the first conversion, where the rest is not known.
SetId Evaluator::percent_beginning(std::string_view text) {
  auto value = made(ValueKind::text);
  value.text = text.substr(0, text.find('%'));
  value.prefix_only = true;
  return value.text.empty() ? anything : pool_.add(value);
}

// The value under a key that is a text: the last one that is known to have it.
SetId Evaluator::value_of_key(const Value& mapping, std::string_view key) const {
  SetId result = anything;
  for (std::size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
    const auto known = pool_.only(mapping.items[i], ValueKind::text);
    if (known && known->text == key) {
      result = mapping.items[i + 1];
    }
  }
  return result;
}

// False where it is not known how "%s" (`conversion` is the s) shows it.
bool Evaluator::append_converted(std::string& into, char conversion, SetId argument) const {
  const auto word = pool_.only(argument, ValueKind::text);
  const auto figure = pool_.only(argument, ValueKind::number);
  if (word && (conversion == 's' || conversion == 'c')) {
    into += word->text;
  } else if (figure && conversion == 'c' && is_character(figure->number)) {
    python::append_utf8(into, static_cast<std::uint32_t>(figure->number));
  } else if (figure && (conversion == 's' || conversion == 'd')) {
    into += std::to_string(figure->number);
  } else {
    return false;
  }
  return true;
}

SetId Evaluator::joined(const JoinedStr& node) {
  Joined result;
  for (const auto* part : node.values) {
    if (const auto* field = as<FormattedValue>(part)) {
      join_field(result, *field);
    } else if (const auto value = pool_.only(eval(part), ValueKind::text)) {
      result.text += value->text;
    } else {
      result.prefix_only = true;
    }
    if (result.prefix_only) {
      break;
    }
  }
  if (result.prefix_only && result.text.empty()) {
    return result.assembled ? pool_.assembled_unknown() : anything;
  }
  const auto set =
      pool_.text(std::move(result.text), (result.pieces && !result.prefix_only) || result.assembled);
  if (!result.prefix_only) {
    return set;
  }
  auto value = pool_[set][0];
  value.prefix_only = true;
  return pool_.add(value);
}

// {value!r:spec} in an f-string.
void Evaluator::join_field(Joined& into, const FormattedValue& field) {
  const auto value = pool_.only(eval(field.value), ValueKind::text);
  const auto figure = pool_.only(eval(field.value), ValueKind::number);
  if (field.conversion >= 0 && field.conversion != 's') {
    into.prefix_only = true;
  } else if (field.format_spec != nullptr) {
    const auto spec = pool_.only(eval(field.format_spec), ValueKind::text);
    bomb(&field, spec ? widest(spec->text) : 0, false);
    if (figure && spec && spec->text == "c" && is_character(figure->number)) {
      python::append_utf8(into.text, static_cast<std::uint32_t>(figure->number));
      into.pieces = true;
    } else {
      into.prefix_only = true;
    }
  } else if (value) {
    into.text += value->text;
    into.pieces = true;
  } else if (figure) {
    into.text += std::to_string(figure->number);
    into.pieces = true;
  } else {
    for (const auto& unknown : pool_[eval(field.value)]) {
      into.assembled |= unknown.assembled;
    }
    into.prefix_only = true;
  }
}

}  // namespace sallyport::validators::policy

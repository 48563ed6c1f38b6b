// Methods of texts and of bytes.
#include "validators/policy/evaluator/method_call.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::string_view white_space = " \t\n\r\f\v";

bool is_followed_codec(std::string_view name) {
  return name.starts_with("utf") || name == "ascii" || name.starts_with("UTF") || name.starts_with("latin");
}

}  // namespace

void MethodCall::of_text() {
  struct Known {
    std::string_view name;
    void (MethodCall::*call)();
  };
  static constexpr std::array<Known, 21> known{{{"decode", &MethodCall::recode},
                                                {"encode", &MethodCall::recode},
                                                {"hex", &MethodCall::give_assembled},
                                                {"lower", &MethodCall::change_case},
                                                {"upper", &MethodCall::change_case},
                                                {"casefold", &MethodCall::change_case},
                                                {"swapcase", &MethodCall::change_case},
                                                {"strip", &MethodCall::strip},
                                                {"lstrip", &MethodCall::strip},
                                                {"rstrip", &MethodCall::strip},
                                                {"replace", &MethodCall::replace},
                                                {"removeprefix", &MethodCall::remove_end},
                                                {"removesuffix", &MethodCall::remove_end},
                                                {"split", &MethodCall::split},
                                                {"rsplit", &MethodCall::split},
                                                {"partition", &MethodCall::split},
                                                {"translate", &MethodCall::give_assembled},
                                                {"__add__", &MethodCall::give_assembled},
                                                {"__getitem__", &MethodCall::give_assembled},
                                                {"__mul__", &MethodCall::give_assembled},
                                                {"__mod__", &MethodCall::give_assembled}}};
  if (name_ == "join") {
    return join();
  }
  if (name_ == "format" || name_ == "format_map") {
    return format();
  }
  if (!is_known_text()) {
    return give_unknown();
  }
  const auto* const found =
      std::find_if(known.begin(), known.end(), [this](const Known& method) { return method.name == name_; });
  return found == known.end() ? give_unknown() : (this->*found->call)();
}

void MethodCall::join() {
  return is_known_text() ? give_joined(self_.text, argument(0), self_.kind) : give_assembled();
}

void MethodCall::give_joined(std::string_view separator, SetId items, ValueKind kind) {
  const auto known = pool_.items_of(items, true);
  if (!known) {
    return give_assembled();
  }
  std::string result;
  for (std::size_t i = 0; i < known->size(); ++i) {
    const auto piece = pool_.only((*known)[i], kind);
    if (!piece) {
      return give_assembled();
    }
    if (i > 0) {
      result += separator;
    }
    result += piece->text;
  }
  give_text(std::move(result), kind);
}

// format and format_map.
void MethodCall::format() {
  if (!is_known_text()) {
    return give_assembled();
  }
  const auto parsed = parse_format(self_.text);
  std::string result;
  std::size_t automatic = 0;
  for (std::size_t i = 0; i < parsed.top.size(); ++i) {
    result += parsed.literals[i];
    const auto value = field_value(parsed.fields[parsed.top[i]], automatic);
    const auto word = pool_.only(value, ValueKind::text);
    const auto figure = pool_.only(value, ValueKind::number);
    if (word) {
      result += word->text;
    } else if (figure) {
      result += std::to_string(figure->number);
    } else {
      return give_beginning(std::move(result));
    }
  }
  if (!parsed.literals.empty()) {
    result += parsed.literals.back();
  }
  give_like_self(std::move(result));
}

// The argument that a field shows as it is, or `nothing`. `automatic`: how many fields without a name were
// before.
SetId MethodCall::field_value(const FormatField& field, std::size_t& automatic) const {
  const auto place =
      field.argument.empty() ? std::optional<std::int64_t>(automatic++) : number_of(field.argument);
  if (!field.plain) {
    return nothing;
  }
  if (place) {
    return argument(static_cast<std::size_t>(*place));
  }
  SetId value = nothing;
  for (const auto* keyword : node_.keywords) {
    if (keyword->arg == field.argument) {
      value = evaluator_.eval(keyword->value);
    }
  }
  return value;
}

// A text of which no more than this is known.
void MethodCall::give_beginning(std::string text) {
  if (text.empty()) {
    return give_unknown();
  }
  auto prefix = pool_[pool_.text(std::move(text), false)][0];
  prefix.prefix_only = prefix.kind == ValueKind::text;
  give(prefix);
}

// decode and encode.
void MethodCall::recode() {
  const auto codec = pool_.only(argument(0), ValueKind::text);
  if (!node_.args.empty() && (!codec || !is_followed_codec(codec->text))) {
    return give_assembled();
  }
  const bool decodes = name_ == "decode";
  give(pool_.text(std::string(self_.text), decodes || self_.assembled,
                  decodes ? ValueKind::text : ValueKind::bytes));
}

// lower, upper, casefold, swapcase; of ASCII letters.
void MethodCall::change_case() {
  std::string result(self_.text);
  for (auto& c : result) {
    if (c >= 'A' && c <= 'Z' && name_ != "upper") {
      c = static_cast<char>(c | 0x20);
    } else if (c >= 'a' && c <= 'z' && (name_ == "upper" || name_ == "swapcase")) {
      c = static_cast<char>(c & ~0x20);
    }
  }
  give_like_self(std::move(result));
}

// strip, lstrip, rstrip.
void MethodCall::strip() {
  const auto set = pool_.only(argument(0), self_.kind);
  const auto drop = set ? set->text : white_space;
  auto left = self_.text;
  if (name_ != "rstrip") {
    left.remove_prefix(std::min(left.find_first_not_of(drop), left.size()));
  }
  if (name_ != "lstrip") {
    const auto last = left.find_last_not_of(drop);
    left = last == std::string_view::npos ? std::string_view() : left.substr(0, last + 1);
  }
  give_like_self(std::string(left));
}

void MethodCall::replace() {
  const auto old_text = pool_.only(argument(0), self_.kind);
  const auto new_text = pool_.only(argument(1), self_.kind);
  if (!old_text || !new_text || old_text->text.empty()) {
    return give_assembled();
  }
  std::string result;
  std::size_t at = 0;
  for (;;) {
    const auto found = self_.text.find(old_text->text, at);
    result += self_.text.substr(at, found == std::string_view::npos ? found : found - at);
    if (found == std::string_view::npos || result.size() > ValuePool::longest_text) {
      break;
    }
    result += new_text->text;
    at = found + old_text->text.size();
  }
  give_like_self(std::move(result));
}

// removeprefix and removesuffix.
void MethodCall::remove_end() {
  const auto piece = pool_.only(argument(0), self_.kind);
  if (!piece) {
    return give_assembled();
  }
  auto left = self_.text;
  if (name_ == "removeprefix" && left.starts_with(piece->text)) {
    left.remove_prefix(piece->text.size());
  } else if (name_ == "removesuffix" && left.ends_with(piece->text)) {
    left.remove_suffix(piece->text.size());
  }
  give_like_self(std::string(left));
}

// split, rsplit, partition.
void MethodCall::split() {
  const auto separator = pool_.only(argument(0), self_.kind);
  if (node_.args.empty()) {
    return give(pool_.sequence(words()));
  }
  if (separator && !separator->text.empty() && argument_count() == 1 && name_ != "partition") {
    return give(pool_.sequence(pieces(separator->text)));
  }
  give(pool_.sequence({pool_.assembled_unknown()}, true));
}

std::vector<SetId> MethodCall::words() {
  std::vector<SetId> items;
  std::size_t at = 0;
  while (items.size() < most_items) {
    at = self_.text.find_first_not_of(white_space, at);
    if (at == std::string_view::npos) {
      break;
    }
    const auto end = std::min(self_.text.find_first_of(white_space, at), self_.text.size());
    items.push_back(pool_.text(std::string(self_.text.substr(at, end - at)), false, self_.kind));
    at = end;
  }
  return items;
}

std::vector<SetId> MethodCall::pieces(std::string_view separator) {
  std::vector<SetId> items;
  std::size_t at = 0;
  while (items.size() < most_items) {
    const auto found = self_.text.find(separator, at);
    const auto size = found == std::string_view::npos ? found : found - at;
    items.push_back(pool_.text(std::string(self_.text.substr(at, size)), false, self_.kind));
    if (found == std::string_view::npos) {
      break;
    }
    at = found + separator.size();
  }
  return items;
}

}  // namespace sallyport::validators::policy

#include "validators/python/source/declaration.hpp"

#include <algorithm>

namespace sallyport::validators::python {
namespace {

constexpr std::string_view blanks = " \t\f";

bool is_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

char normal_letter(char c) {
  if (c == '_') {
    return '-';
  }
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Only the first letters count: `utf-8-unix` is UTF-8.
std::string normal_name(std::string_view spelled) {
  constexpr std::size_t looked_at = 12;
  std::string start(spelled.substr(0, looked_at));
  std::transform(start.begin(), start.end(), start.begin(), normal_letter);
  const auto is = [&](std::string_view name) {
    return start == name || start.starts_with(std::string(name) + '-');
  };
  if (is("utf-8")) {
    return "utf-8";
  }
  if (is("latin-1") || is("iso-8859-1") || is("iso-latin-1")) {
    return "iso-8859-1";
  }
  return std::string(spelled);
}

std::optional<std::string> declaration_in(std::string_view line) {
  const auto comment = line.find_first_not_of(blanks);
  if (comment == std::string_view::npos || line[comment] != '#') {
    return std::nullopt;
  }
  constexpr std::string_view word = "coding";
  for (auto at = line.find(word, comment); at != std::string_view::npos; at = line.find(word, at + 1)) {
    auto rest = line.substr(at + word.size());
    if (!rest.starts_with(':') && !rest.starts_with('=')) {
      continue;
    }
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_in_name);
    if (end != rest.begin()) {
      return normal_name({rest.begin(), end});
    }
  }
  return std::nullopt;
}

bool is_comment_or_blank(std::string_view line) {
  const auto first = line.find_first_not_of(blanks);
  return first == std::string_view::npos || line[first] == '#';
}

}  // namespace

std::optional<std::string> find_encoding_declaration(std::string_view text) {
  const auto first_end = text.find('\n');
  if (first_end == std::string_view::npos) {
    return std::nullopt;
  }
  const auto first = text.substr(0, first_end);
  if (auto found = declaration_in(first)) {
    return found;
  }
  if (!is_comment_or_blank(first)) {
    return std::nullopt;
  }
  const auto rest = text.substr(first_end + 1);
  const auto second_end = rest.find('\n');
  if (second_end == std::string_view::npos) {
    return std::nullopt;
  }
  return declaration_in(rest.substr(0, second_end));
}

}  // namespace sallyport::validators::python

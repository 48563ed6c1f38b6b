#include "validators/policy/source_text.hpp"

#include "base/utf8.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <array>

namespace sallyport::validators::policy {
namespace {

bool hides(std::uint32_t code) {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
         (code >= 0xe0000 && code <= 0xe007f);
}

// The encoding that a comment in the first two lines declares, as CPython looks for it.
std::string_view declared_encoding(std::string_view line) {
  const auto start = line.find_first_not_of(" \t\f");
  if (start == std::string_view::npos || line[start] != '#') {
    return {};
  }
  for (auto at = line.find("coding", start); at != std::string_view::npos; at = line.find("coding", at + 1)) {
    auto rest = line.substr(at + 6);
    if (rest.empty() || (rest[0] != ':' && rest[0] != '=')) {
      continue;
    }
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    std::size_t size = 0;
    while (size < rest.size() && ((rest[size] | 0x20) >= 'a' || (rest[size] >= '0' && rest[size] <= '9') ||
                                  rest[size] == '-' || rest[size] == '_' || rest[size] == '.')) {
      ++size;
    }
    if (size > 0) {
      return rest.substr(0, size);
    }
  }
  return {};
}

// UTF-8, or one of those single-byte encodings in which ASCII is ASCII.
bool is_plain(std::string_view encoding) {
  std::string plain;
  for (const char c : encoding) {
    if (c != '-' && c != '_') {
      plain += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
  }
  static constexpr std::array<std::string_view, 6> known{"utf8", "utf8sig", "ascii", "usascii", "u8", "l1"};
  static constexpr std::array<std::string_view, 4> families{"latin", "iso8859", "cp125", "windows125"};
  return std::find(known.begin(), known.end(), plain) != known.end() ||
         std::any_of(families.begin(), families.end(),
                     [&plain](std::string_view family) { return plain.starts_with(family); });
}

}  // namespace

std::optional<HiddenText> find_hidden_text(std::string_view source) {
  auto rest = source;
  for (std::uint32_t line = 1; line <= 2 && !rest.empty(); ++line) {
    const auto end = std::min(rest.find_first_of("\r\n"), rest.size());
    const auto encoding = declared_encoding(rest.substr(0, end));
    if (!encoding.empty() && !is_plain(encoding)) {
      return HiddenText{line, 0, static_cast<std::uint32_t>(end), "encoding " + std::string(encoding)};
    }
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  for (auto at = base::skip_ascii(source, 0); at < source.size(); at = base::skip_ascii(source, at)) {
    const auto character = python::first_character(source.substr(at));
    if (hides(character.code)) {
      const auto before = source.substr(0, at);
      const auto line = 1 + std::count(before.begin(), before.end(), '\n');
      const auto line_start = before.rfind('\n') + 1;
      return HiddenText{static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(at - line_start),
                        static_cast<std::uint32_t>(character.size),
                        "character U+" + python::hexadecimal(character.code, 4)};
    }
    at += std::max<std::size_t>(1, character.size);
  }
  return {};
}

}  // namespace sallyport::validators::policy

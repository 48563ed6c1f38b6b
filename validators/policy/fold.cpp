#include "validators/policy/fold.hpp"

#include "validators/python/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace sallyport::validators::policy {

std::vector<std::uint32_t> characters(std::string_view text) {
  std::vector<std::uint32_t> result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead == 0xed && text.size() >= 3) {  // WTF-8 has surrogates too
      result.push_back(((lead & 0x0fU) << 12U) | ((static_cast<unsigned char>(text[1]) & 0x3fU) << 6U) |
                       (static_cast<unsigned char>(text[2]) & 0x3fU));
      text.remove_prefix(3);
      continue;
    }
    const auto character = python::first_character(text);
    result.push_back(character.code);
    text.remove_prefix(std::max<std::size_t>(1, character.size));
  }
  return result;
}

std::string utf8(const std::vector<std::uint32_t>& characters) {
  std::string result;
  for (const auto code : characters) {
    python::append_utf8(result, code);
  }
  return result;
}

std::optional<std::string> from_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string result;
  int half = -1;
  for (const char c : text) {
    if ((c == ' ' || c == '\t' || c == '\n') && half < 0) {
      continue;
    }
    const int value = digit(c);
    if (value < 0) {
      return {};
    }
    if (half < 0) {
      half = value;
    } else {
      result += static_cast<char>(half * 16 + value);
      half = -1;
    }
  }
  return half < 0 ? std::optional(result) : std::nullopt;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string result;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      value = static_cast<std::uint32_t>(c - '0') + 52;
    } else if (c == '+' || c == '-') {
      value = 62;
    } else if (c == '/' || c == '_') {
      value = 63;
    } else {
      continue;  // Python skips what is none
    }
    bits = (bits << 6U) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      result += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xffU);
    }
  }
  return result;
}

std::string rot13(std::string_view text) {
  std::string result(text);
  for (auto& c : result) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>('a' + (c - 'a' + 13) % 26);
    } else if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>('A' + (c - 'A' + 13) % 26);
    }
  }
  return result;
}

std::string sliced(std::string_view text, bool is_text, std::optional<std::int64_t> lower,
                   std::optional<std::int64_t> upper, std::int64_t step) {
  std::vector<std::uint32_t> units;
  if (is_text) {
    units = characters(text);
  } else {
    for (const char c : text) {
      units.push_back(static_cast<unsigned char>(c));
    }
  }
  const auto size = static_cast<std::int64_t>(units.size());
  const auto clamp = [size, step](std::int64_t at) {
    if (at < 0) {
      at = at < -size ? -1 : at + size;
      return step > 0 ? std::max<std::int64_t>(at, 0) : at;
    }
    return step > 0 ? std::min(at, size) : std::min(at, size - 1);
  };
  const auto first = lower ? clamp(*lower) : (step > 0 ? 0 : size - 1);
  const auto last = upper ? clamp(*upper) : (step > 0 ? size : -1);
  std::vector<std::uint32_t> taken;
  if (step > size || step < -size) {
    step = step > 0 ? size + 1 : -size - 1;
  }
  for (auto i = first; step > 0 ? i < last : i > last; i += step) {
    if (i >= 0 && i < size) {
      taken.push_back(units[static_cast<std::size_t>(i)]);
    }
  }
  if (is_text) {
    return utf8(taken);
  }
  return {taken.begin(), taken.end()};
}

std::optional<std::int64_t> number_of(std::string_view literal) {
  unsigned base = 10;
  if (literal.size() > 2 && literal[0] == '0') {
    switch (literal[1] | 0x20) {
      case 'x':
        base = 16;
        break;
      case 'o':
        base = 8;
        break;
      case 'b':
        base = 2;
        break;
      default:
        break;
    }
    if (base != 10) {
      literal.remove_prefix(2);
    }
  }
  std::int64_t value = 0;
  for (const char c : literal) {
    if (c == '_') {
      continue;
    }
    const auto lower = static_cast<char>(c | 0x20);
    const auto digit = static_cast<unsigned>(c >= '0' && c <= '9' ? c - '0' : lower - 'a' + 10);
    if (digit >= base || value > (INT64_MAX >> 6)) {
      return {};
    }
    value = value * base + digit;
  }
  return value;
}

std::optional<std::int64_t> whole(std::string_view literal) {
  std::string plain(literal);
  std::erase(plain, '_');
  double value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (error != std::errc() || end != plain.data() + plain.size() || !(value >= 0 && value < 0x1p62)) {
    return {};
  }
  return static_cast<std::int64_t>(value);
}

std::uint64_t widest(std::string_view spec) {
  std::uint64_t result = 0;
  std::uint64_t now = 0;
  for (const char c : spec) {
    const bool digit = c >= '0' && c <= '9';
    now = !digit ? 0 : now > UINT64_MAX / 100 ? now : now * 10 + static_cast<std::uint64_t>(c - '0');
    result = std::max(result, now);
  }
  return result;
}

std::uint64_t widest_field(std::string_view text) {
  std::uint64_t result = 0;
  for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const auto end = std::min(text.find_first_of("{}", open + 1), text.size());
    const auto colon = text.substr(0, end).find(':', open);
    if (colon != std::string_view::npos) {
      result = std::max(result, widest(text.substr(colon, end - colon)));
    }
  }
  return result;
}

namespace {

FormatField field_from(std::string_view text) {
  FormatField field;
  std::size_t at = 0;
  while (at < text.size() && text[at] != '.' && text[at] != '[') {
    field.argument += text[at++];
  }
  while (at < text.size()) {
    field.plain = false;
    if (text[at] == '[') {
      const auto end = text.find(']', at);
      const auto stop = end == std::string_view::npos ? text.size() : end;
      field.steps.emplace_back(text.substr(at + 1, stop - at - 1));
      field.is_item.push_back(true);
      at = std::min(text.size(), stop + 1);
      continue;
    }
    ++at;  // "."
    std::string name;
    while (at < text.size() && text[at] != '.' && text[at] != '[') {
      name += text[at++];
    }
    field.steps.push_back(name);
    field.is_item.push_back(false);
    field.attributes.push_back(std::move(name));
  }
  return field;
}

}  // namespace

FormatTemplate parse_format(std::string_view text) {
  FormatTemplate result;
  std::string literal;
  std::size_t at = 0;
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (depth == 0 && (c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
      literal += c;
      at += 2;
      continue;
    }
    if (c == '{') {
      // The name goes up to "!", ":" or "}"; brackets may hold these.
      auto end = at + 1;
      bool bracket = false;
      while (end < text.size() && (bracket || (text[end] != '!' && text[end] != ':' && text[end] != '}'))) {
        if (!bracket && text[end] == '{') {
          break;
        }
        bracket = text[end] == '[' || (bracket && text[end] != ']');
        ++end;
      }
      if (end >= text.size() || depth > 2) {
        result.valid = false;
        break;
      }
      auto field = field_from(text.substr(at + 1, end - at - 1));
      field.plain = field.plain && text[end] == '}';
      if (depth == 0) {
        result.top.push_back(result.fields.size());
        result.literals.push_back(std::move(literal));
        literal.clear();
      }
      result.fields.push_back(std::move(field));
      ++depth;
      at = end;
      if (text[at] == '!') {
        at = std::min(text.size(), at + 2);
      }
      if (at < text.size() && text[at] == ':') {
        ++at;
      }
      continue;
    }
    if (c == '}') {
      if (depth == 0) {
        result.valid = false;
        break;
      }
      --depth;
    } else if (depth == 0) {
      literal += c;
    }
    ++at;
  }
  result.valid = result.valid && depth == 0;
  result.literals.push_back(std::move(literal));
  return result;
}

}  // namespace sallyport::validators::policy

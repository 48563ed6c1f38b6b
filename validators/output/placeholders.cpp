#include "validators/output/placeholders.hpp"

#include "validators/output/characters.hpp"
#include "validators/output/rule.hpp"
#include "validators/output/small_letters.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sallyport::validators::output {
namespace {

constexpr std::size_t longest_small = 128;  // of longer ones only so much is looked at

class SmallLetters {
 public:
  explicit SmallLetters(std::string_view text) : size_(std::min(text.size(), longest_small)) {
    for (std::size_t i = 0; i < size_; i += 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, text.data() + i, std::min<std::size_t>(8, size_ - i));
      eight = small_of(eight);
      std::memcpy(bytes_.data() + i, &eight, sizeof(eight));
    }
  }
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::size_t size_;
  std::array<char, longest_small> bytes_;
};

bool is_separator(char c) {
  return c == '-' || c == '_' || c == '.' || c == ' ';
}

// Whether the text is in the list. By its size and its first byte few are left to compare with.
template <const auto& list>
bool is_one_of(std::string_view text) {
  using Words = std::uint64_t;  // a bit for each
  constexpr std::size_t longest = 16;
  static_assert(list.size() <= 64);
  struct Tables {
    std::array<Words, 256> by_first{};
    std::array<Words, longest> by_size{};
  };
  static constexpr auto tables = [] {
    Tables made;
    for (std::size_t i = 0; i < list.size(); ++i) {
      made.by_first.at(static_cast<unsigned char>(list.at(i).front())) |= Words{1} << i;
      made.by_size.at(list.at(i).size()) |= Words{1} << i;
    }
    return made;
  }();
  if (text.empty() || text.size() >= longest) {
    return false;
  }
  Words words = tables.by_first[static_cast<unsigned char>(text.front())] & tables.by_size[text.size()];
  for (; words != 0; words &= words - 1) {
    if (text == list[static_cast<std::size_t>(std::countr_zero(words))]) {
      return true;
    }
  }
  return false;
}

// Whether a part of the list, of at least three bytes each, stands anywhere.
template <const auto& list>
bool has_one_of(std::string_view text) {
  using Parts = std::uint16_t;  // a bit for each
  static_assert(list.size() <= 16);
  // By place and byte: the parts that have it there.
  static constexpr auto with = [] {
    std::array<std::array<Parts, 256>, 3> parts{};
    for (std::size_t i = 0; i < list.size(); ++i) {
      for (std::size_t place = 0; place < parts.size(); ++place) {
        auto& entry = parts.at(place).at(static_cast<unsigned char>(list.at(i).at(place)));
        entry = static_cast<Parts>(entry | (1U << i));
      }
    }
    return parts;
  }();
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  for (std::size_t at = 0; at + with.size() <= text.size(); ++at) {
    unsigned parts = with[0][byte(at)] & with[1][byte(at + 1)] & with[2][byte(at + 2)];
    for (; parts != 0; parts &= parts - 1) {
      if (text.substr(at).starts_with(list[static_cast<std::size_t>(std::countr_zero(parts))])) {
        return true;
      }
    }
  }
  return false;
}

constexpr std::array<std::string_view, 44> stand_ins{
    "none",     "null",    "nil",      "undefined", "true",       "false",      "nan",       "empty",
    "unset",    "unknown", "optional", "required",  "default",    "missing",    "hidden",    "masked",
    "password", "passwd",  "secret",   "token",     "passphrase", "string",     "changeit",  "redacted",
    "removed",  "omitted", "test",     "testing",   "example",    "sample",     "dummy",     "value",
    "username", "invalid", "expired",  "encrypted", "protected",  "configured", "incorrect", "function",
    "object",   "number",  "boolean",  "integer"};

constexpr std::array<std::string_view, 16> tell_tales{
    "changeme",  "change_me",  "change-me", "placeholder",     "your-",     "your_",
    "yourpass",  "yourtoken",  "insert_",   "replace_me",      "replaceme", "redacted",
    "<redacted", "my_secret_", "xxxxxx",    "0000000000000000"};

constexpr std::array<std::string_view, 22> type_names{
    "str",     "string", "int",   "bytes",  "bool",    "float",   "text",     "any",
    "list",    "dict",   "tuple", "object", "number",  "boolean", "optional", "secretstr",
    "varchar", "char",   "field", "regex",  "pattern", "lambda"};

bool is_one_character(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [text](char c) { return c == text.front(); });
}

// "*****", "xxxx-xxxx", "......", "XXXXXXXX", with a few characters left to see: "****1234"
bool is_masked(std::string_view text) {
  // Four counts in one number; a secret has at most longest_match bytes.
  static_assert(longest_match < std::size_t{1} << 16U);
  constexpr unsigned bits = 16;
  static constexpr auto counts_of = [] {
    std::array<std::uint64_t, 256> counts{};
    counts['*'] = 1;
    counts['x'] = counts['X'] = counts['-'] = std::uint64_t{1} << bits;
    counts['.'] = std::uint64_t{1} << (2 * bits);
    counts[0xE2] = std::uint64_t{1} << (3 * bits);
    return counts;
  }();
  std::uint64_t sum = 0;
  for (const char c : text) {
    sum += counts_of[static_cast<unsigned char>(c)];
  }
  const auto count = [sum](unsigned which) {
    return static_cast<std::size_t>(sum >> (which * bits)) & ((std::size_t{1} << bits) - 1);
  };
  const std::size_t stars = count(0);
  const std::size_t crosses = count(1);
  const std::size_t dots = count(2);
  const std::size_t wide = count(3);
  const auto has = [text](std::string_view part) { return text.find(part) != std::string_view::npos; };
  return stars * 2 >= text.size() || (stars >= 4 && has("****")) || crosses * 5 >= text.size() * 4 ||
         (dots >= 3 && text.size() > 3 && has("...")) ||
         (wide > 0 && (has("\xE2\x80\xA6") || has("\xE2\x80\xA2\xE2\x80\xA2")));  // an ellipsis, bullets
}

bool is_bracketed(std::string_view text) {
  const char first = text.front();
  const char last = text.back();
  return (first == '<' && last == '>') || (first == '{' && last == '}') || (first == '[' && last == ']') ||
         (first == '%' && last == '%' && text.size() > 2) || text.starts_with("${") ||
         text.starts_with("$(") || text.starts_with("{{") || text.starts_with("%(") ||
         text.starts_with("<%") || text.starts_with("#{") ||
         (first == '<' && text.find('>') == std::string_view::npos &&
          is_letter(text[text.size() > 1 ? 1 : 0]));
}

bool is_shell_variable(std::string_view text) {
  if (text.front() != '$' || text.size() < 2) {
    return false;
  }
  return std::all_of(text.begin() + 1, text.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); });
}

// "abcdefgh", "12345678", "qwertyuiop"
bool is_sequence(std::string_view text) {
  if (text.size() < 4) {
    return false;
  }
  bool up = true;
  for (std::size_t i = 1; i < text.size(); ++i) {
    up = up && text[i] == text[i - 1] + 1;
  }
  constexpr std::string_view digits = "12345678901234567890123456789012345678901234567890";
  return up || digits.starts_with(text);
}

bool is_identifier(std::string_view text) {
  return !text.empty() && (is_letter(text.front()) || text.front() == '_') &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

// a.b.c with at least one dot, all identifiers without digits
bool is_attribute_path(std::string_view text) {
  bool dot = false;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const auto end = std::min(text.find('.', begin), text.size());
    const auto name = text.substr(begin, end - begin);
    if (!is_identifier(name) || std::any_of(name.begin(), name.end(), is_digit)) {
      return false;
    }
    dot = dot || end < text.size();
    begin = end + 1;
  }
  return dot;
}

// name(...), a.b(...), name[...]: an identifier path and then a bracket
bool is_call(std::string_view text) {
  const auto bracket = text.find_first_of("([{");
  if (bracket == std::string_view::npos || bracket == 0) {
    return false;
  }
  const auto name = text.substr(0, bracket);
  if (!std::all_of(name.begin(), name.end(),
                   [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.'; }) ||
      !(is_letter(name.front()) || name.front() == '_')) {
    return false;
  }
  // The bracket that closes may have been left behind by the pattern.
  const char last = text.back();
  return last == ')' || last == ']' || last == '}' || last == '(' || last == '[' ||
         name.find('.') != std::string_view::npos || name.find('_') != std::string_view::npos;
}

constexpr std::array<std::string_view, 12> telling_parts{"password", "passwd", "secret", "token",
                                                         "_key",     "key_",   "apikey", "creden",
                                                         "_pass",    "_auth",  "auth_",  "passphrase"};

// password_field, secretKey, API_KEY, token_count: the name of a variable that is named so
bool is_telling_name(std::string_view small) {
  return is_identifier(small) && std::none_of(small.begin(), small.end(), is_digit) &&
         has_one_of<telling_parts>(small);
}

bool is_decimal(std::string_view text) {
  std::size_t dots = 0;
  const std::size_t begin = text.front() == '-' || text.front() == '+' ? 1 : 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    dots += text[i] == '.' ? 1 : 0;
    const bool exponent = (text[i] == 'e' || text[i] == 'E') && i > begin;
    const bool sign =
        (text[i] == '-' || text[i] == '+') && i > 0 && (text[i - 1] == 'e' || text[i - 1] == 'E');
    if (!is_digit(text[i]) && text[i] != '.' && !exponent && !sign && text[i] != ',') {
      return false;
    }
  }
  return dots == 1 && text.size() > begin + 1;
}

}  // namespace

bool is_placeholder(std::string_view text) {
  if (text.empty() || is_one_character(text) || is_masked(text) || is_bracketed(text) ||
      is_shell_variable(text) || is_sequence(text)) {
    return true;
  }
  const SmallLetters letters(text);
  const auto small = letters.text();
  if (is_one_of<stand_ins>(small) || has_one_of<tell_tales>(small)) {
    return true;
  }
  // "your password", "my-secret", "test_token": words of the list with separators between them
  std::size_t begin = 0;
  while (begin <= small.size()) {
    const auto end = static_cast<std::size_t>(
        std::find_if(small.begin() + static_cast<std::ptrdiff_t>(begin), small.end(), is_separator) -
        small.begin());
    const auto word = small.substr(begin, end - begin);
    if (!word.empty() && word != "my" && word != "your" && word != "the" && word != "a" && word != "here" &&
        word != "key" && word != "api" && word != "user" && word != "for" && word != "goes" &&
        !is_one_of<stand_ins>(word)) {
      return false;
    }
    begin = end + 1;
  }
  return true;
}

bool is_expression(std::string_view text) {
  if (text.empty()) {
    return true;
  }
  const SmallLetters letters(text);
  const auto small = letters.text();
  return is_one_of<type_names>(small) || is_attribute_path(text) || is_call(text) || is_telling_name(small) ||
         is_decimal(text) || text.front() == '{' || text.front() == '(' || text.front() == '[' ||
         small.starts_with("os.") || small.starts_with("self.") || small.starts_with("process.env") ||
         small.starts_with("env.") || small.starts_with("settings.") || small.starts_with("config.");
}

}  // namespace sallyport::validators::output

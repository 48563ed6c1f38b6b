// Numbers, and what may follow them.
#include "validators/python/lexer/lexer.hpp"
#include "validators/python/warning_list.hpp"

#include <string>

namespace sallyport::validators::python::lexer {
namespace {

// A base other than ten.
struct Base {
  std::string_view name;
  bool (*has)(char digit);
};

bool is_octal_digit(char c) {
  return c >= '0' && c < '8';
}
bool is_binary_digit(char c) {
  return c == '0' || c == '1';
}

const Base* base_of(char letter) {
  static constexpr Base hexadecimal{"hexadecimal", is_hex_digit};
  static constexpr Base octal{"octal", is_octal_digit};
  static constexpr Base binary{"binary", is_binary_digit};
  switch (letter | 0x20) {
    case 'x':
      return &hexadecimal;
    case 'o':
      return &octal;
    case 'b':
      return &binary;
    default:
      return nullptr;
  }
}

// Whether a keyword begins at `cursor` that can follow a number in valid code: `1if x else 2`. CPython looks
// no further than this, and not at all whether the words that begin with "i" end there.
bool begins_keyword(const char* cursor) {
  const auto is_word = [&](std::string_view word) {
    for (const char letter : word) {
      if (*cursor++ != letter) {
        return false;
      }
    }
    return !is_name_byte(*cursor);
  };
  switch (*cursor) {
    case 'a':
      return is_word("and");
    case 'e':
      return is_word("else");
    case 'f':
      return is_word("for");
    case 'i':
      return cursor[1] == 'f' || cursor[1] == 'n' || cursor[1] == 's';
    case 'n':
      return is_word("not");
    case 'o':
      return is_word("or");
    default:
      return false;
  }
}

}  // namespace

// Numbers may begin with a dot.
const char* Lexer::number(const char* start) {
  if (*start != '0') {
    return decimal_number(start);
  }
  return base_of(start[1]) != nullptr ? number_with_base(start) : zeros(start);
}

const char* Lexer::number_with_base(const char* start) {
  const auto* const base = base_of(start[1]);
  const auto invalid_digit = [&](const char* cursor) {
    // 3.9 points before a digit that comes first.
    const bool first = !base->has(cursor[-1]);
    return fail(std::string("invalid digit '") + *cursor + "' in " + std::string(base->name) + " literal",
                version_ < Version::v3_10 && first ? cursor : cursor + 1);
  };
  const char* cursor = start + 2;
  do {
    if (*cursor == '_') {
      ++cursor;
    }
    if (!base->has(*cursor)) {
      if (is_digit(*cursor)) {
        return invalid_digit(cursor);
      }
      return fail("invalid " + std::string(base->name) + " literal", cursor);
    }
    while (base->has(*cursor)) {
      ++cursor;
    }
  } while (*cursor == '_');
  if (is_digit(*cursor)) {
    return invalid_digit(cursor);
  }
  return end_of_number(start, cursor, base->name);
}

// A number that begins with a zero: zeros alone, or what is only a number if a fraction, exponent or `j`
// follows.
const char* Lexer::zeros(const char* start) {
  const char* cursor = start;
  while (*cursor == '0' || *cursor == '_') {
    if (*cursor == '_' && !is_digit(cursor[1])) {
      return fail("invalid decimal literal", cursor + 1);
    }
    ++cursor;
  }
  const char* const first_other = cursor;
  if (is_digit(*cursor)) {
    cursor = digits(cursor);
    if (cursor == nullptr) {
      return nullptr;
    }
  }
  const char after = *cursor;
  if (after == '.' || (after | 0x20) == 'e' || (after | 0x20) == 'j') {
    return decimal_number(start);
  }
  if (cursor == first_other) {
    return end_of_number(start, cursor, "decimal");
  }
  const std::string message =
      "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers";
  return version_ < Version::v3_10 ? fail(message, cursor) : fail_with_range(message, start, first_other + 1);
}

// A run of digits with single underscores in it; `cursor` is at a digit.
const char* Lexer::digits(const char* cursor) {
  for (;;) {
    while (is_digit(*cursor)) {
      ++cursor;
    }
    if (*cursor != '_') {
      return cursor;
    }
    ++cursor;
    if (!is_digit(*cursor)) {
      return fail("invalid decimal literal", cursor);
    }
  }
}

const char* Lexer::decimal_number(const char* start) {
  const char* cursor = start;
  if (is_digit(*cursor)) {
    cursor = digits(cursor);
    if (cursor == nullptr) {
      return nullptr;
    }
  }
  if (*cursor == '.') {
    ++cursor;
    if (is_digit(*cursor)) {
      cursor = digits(cursor);
      if (cursor == nullptr) {
        return nullptr;
      }
    }
  }
  if ((*cursor | 0x20) == 'e') {
    const bool is_signed = cursor[1] == '+' || cursor[1] == '-';
    const char* const exponent = cursor + (is_signed ? 2 : 1);
    if (!is_digit(*exponent)) {
      // `1else` is a number and a keyword.
      return is_signed ? fail("invalid decimal literal", exponent) : end_of_number(start, cursor, "decimal");
    }
    cursor = digits(exponent);
    if (cursor == nullptr) {
      return nullptr;
    }
  }
  if ((*cursor | 0x20) == 'j') {
    return end_of_number(start, cursor + 1, "imaginary");
  }
  return end_of_number(start, cursor, "decimal");
}

// A name cannot follow a number at once; 3.9 leaves that to the parser.
const char* Lexer::end_of_number(const char* start, const char* cursor, std::string_view kind) {
  if (is_name_byte(*cursor) && version_ >= Version::v3_10) {
    const auto message = [&] { return "invalid " + std::string(kind) + " literal"; };
    if (begins_keyword(cursor)) {
      if (has_room(tokens_.warnings)) {
        warn(version_ >= Version::v3_11 ? "SyntaxWarning" : "DeprecationWarning", message());
      }
    } else if (is_ascii(*cursor) || version_ < Version::v3_11) {
      return fail(message(), cursor);
    }
  }
  add(TokenKind::number, start, cursor);
  return cursor;
}

}  // namespace sallyport::validators::python::lexer

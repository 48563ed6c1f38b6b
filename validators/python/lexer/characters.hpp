// What the lexer asks of a byte, as tables.
#pragma once

#include <array>
#include <cstdint>

namespace sallyport::validators::python::lexer {

enum class ByteClass : std::uint8_t {
  other,  // nothing that a token can begin with
  name,   // letters, underscore and everything beyond ASCII
  digit,
  quote,
  space,  // also tab and form feed
  newline,
  comment,
  backslash,
  open,
  close,
  op,
};

inline constexpr auto byte_classes = [] {
  std::array<ByteClass, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 128;
    if (letter) {
      table[c] = ByteClass::name;
    }
    if (c >= '0' && c <= '9') {
      table[c] = ByteClass::digit;
    }
  }
  table['\''] = table['"'] = ByteClass::quote;
  table[' '] = table['\t'] = table['\f'] = ByteClass::space;
  table['\n'] = ByteClass::newline;
  table['#'] = ByteClass::comment;
  table['\\'] = ByteClass::backslash;
  table['('] = table['['] = table['{'] = ByteClass::open;
  table[')'] = table[']'] = table['}'] = ByteClass::close;
  for (const unsigned char c :
       {'.', ',', ':', ';', '+', '-', '*', '/', '|', '&', '<', '>', '=', '%', '~', '^', '@', '!'}) {
    table[c] = ByteClass::op;
  }
  return table;
}();

inline constexpr auto name_bytes = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    table[c] = byte_classes[c] == ByteClass::name || byte_classes[c] == ByteClass::digit;
  }
  return table;
}();

inline ByteClass class_of(char c) {
  return byte_classes[static_cast<unsigned char>(c)];
}
inline bool is_name_byte(char c) {
  return name_bytes[static_cast<unsigned char>(c)];
}
inline bool is_space(char c) {
  return class_of(c) == ByteClass::space;
}
inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_hex_digit(char c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}
inline bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 128;
}

}  // namespace sallyport::validators::python::lexer

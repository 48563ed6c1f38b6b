#include "validators/python/literal_repr.hpp"

#include "validators/python/identifier.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace sallyport::validators::python {

namespace {

constexpr std::uint32_t delete_character = 0x7F;

void append_hexadecimal(std::string& text, std::uint32_t value, unsigned digits) {
  constexpr std::string_view alphabet = "0123456789abcdef";
  constexpr unsigned bits_of_digit = 4;
  while (digits-- > 0) {
    text += alphabet[(value >> (digits * bits_of_digit)) & 0xFU];
  }
}

// Double quotes only if that saves escapes.
char quote_for(std::string_view value) {
  const bool has_single = value.find('\'') != std::string_view::npos;
  return has_single && value.find('"') == std::string_view::npos ? '"' : '\'';
}

// The escapes that strings and bytes share; false if the character needs none of them.
bool append_short_escape(std::string& text, std::uint32_t code, char quote) {
  switch (code) {
    case '\n':
      text += "\\n";
      return true;
    case '\r':
      text += "\\r";
      return true;
    case '\t':
      text += "\\t";
      return true;
    case '\\':
      text += "\\\\";
      return true;
    default:
      break;
  }
  if (code != static_cast<unsigned char>(quote)) {
    return false;
  }
  text += '\\';
  text += quote;
  return true;
}

// A code point, taken off `text`. Surrogates are taken as they are.
std::uint32_t next_code(std::string_view& text) {
  const auto byte = [&text](std::size_t index) {
    return index < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[index])) : 0U;
  };
  const auto lead = byte(0);
  const auto tail = [&byte](std::size_t index) { return byte(index) & 0x3FU; };
  std::size_t size = 1;
  std::uint32_t code = lead;
  if (lead >= 0xF0U) {
    size = 4;
    code = ((lead & 0x07U) << 18U) | (tail(1) << 12U) | (tail(2) << 6U) | tail(3);
  } else if (lead >= 0xE0U) {
    size = 3;
    code = ((lead & 0x0FU) << 12U) | (tail(1) << 6U) | tail(2);
  } else if (lead >= 0xC0U) {
    size = 2;
    code = ((lead & 0x1FU) << 6U) | tail(1);
  }
  text.remove_prefix(std::min(size, text.size()));
  return code;
}

std::string without_underscores(std::string_view literal) {
  std::string digits;
  std::copy_if(literal.begin(), literal.end(), std::back_inserter(digits), [](char c) { return c != '_'; });
  return digits;
}

// Digits in a base that is a power of two, as a decimal number.
std::string to_decimal(std::string_view digits, unsigned base) {
  constexpr std::uint32_t chunk = 1'000'000'000;
  constexpr unsigned digits_of_chunk = 9;
  std::vector<std::uint32_t> chunks{0};
  for (const char c : digits) {
    std::uint64_t carry =
        c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>((c | ' ') - 'a') + 10U;
    for (auto& part : chunks) {
      const auto value = std::uint64_t{part} * base + carry;
      part = static_cast<std::uint32_t>(value % chunk);
      carry = value / chunk;
    }
    if (carry != 0) {
      chunks.push_back(static_cast<std::uint32_t>(carry));
    }
  }
  std::string text = std::to_string(chunks.back());
  for (auto part = chunks.rbegin() + 1; part != chunks.rend(); ++part) {
    const auto rest = std::to_string(*part);
    text.append(digits_of_chunk - rest.size(), '0');
    text += rest;
  }
  return text;
}

// The decimal exponent of the first digit that is not 0: for numbers that no double holds.
bool is_large(std::string_view number) {
  const auto exponent_at = number.find_first_of("eE");
  const auto mantissa = number.substr(0, exponent_at);
  if (exponent_at != std::string_view::npos && mantissa.find_first_not_of("0.") != std::string_view::npos) {
    const auto exponent = number.substr(exponent_at + 1);
    const auto first = exponent.find_first_not_of("+-0");
    constexpr std::size_t digits_beyond_any_literal = 9;
    if (first != std::string_view::npos && exponent.size() - first > digits_beyond_any_literal) {
      return exponent.front() != '-';
    }
  }
  long exponent = 0;
  if (exponent_at != std::string_view::npos) {
    auto text = number.substr(exponent_at + 1);
    if (text.starts_with('+')) {
      text.remove_prefix(1);
    }
    std::from_chars(text.data(), text.data() + text.size(), exponent);
  }
  const auto point = std::min(mantissa.find('.'), mantissa.size());
  const auto first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) {
    return false;
  }
  return static_cast<long>(point) - static_cast<long>(first) + exponent > 0;
}

double to_double(std::string_view literal) {
  const auto number = without_underscores(literal);
  double value = 0;
  const auto result = std::from_chars(number.data(), number.data() + number.size(), value);
  if (result.ec != std::errc::result_out_of_range) {
    return value;
  }
  return is_large(number) ? std::numeric_limits<double>::infinity() : 0.0;
}

// The shortest digits that give the number back, as Python writes them: with an exponent below 1e-4 and from
// 1e16 on.
void append_double(std::string& text, double value, bool add_point) {
  if (std::isinf(value)) {
    text += "inf";
    return;
  }
  constexpr int smallest_exponent = -4;
  constexpr int largest_exponent = 16;
  std::array<char, 64> buffer{};
  auto* const end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  const std::string_view scientific(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const auto e = scientific.find('e');
  int exponent = 0;
  auto exponent_text = scientific.substr(e + 1);
  if (exponent_text.starts_with('+')) {
    exponent_text.remove_prefix(1);
  }
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  if (exponent < smallest_exponent || exponent >= largest_exponent) {
    text += scientific;
    return;
  }
  std::array<char, 64> fixed{};
  auto* const fixed_end =
      std::to_chars(fixed.data(), fixed.data() + fixed.size(), value, std::chars_format::fixed).ptr;
  const std::string_view digits(fixed.data(), static_cast<std::size_t>(fixed_end - fixed.data()));
  text += digits;
  if (add_point && digits.find('.') == std::string_view::npos) {
    text += ".0";
  }
}

}  // namespace

void append_repr_of_string(std::string& text, std::string_view value, Version version) {
  constexpr std::uint32_t last_of_two_digits = 0xFF;
  constexpr std::uint32_t last_of_four_digits = 0xFFFF;
  const char quote = quote_for(value);
  text += quote;
  while (!value.empty()) {
    const auto rest = value;
    const auto code = next_code(value);
    if (append_short_escape(text, code, quote)) {
      continue;
    }
    if (is_printable(code, version)) {
      text += rest.substr(0, rest.size() - value.size());
    } else if (code <= last_of_two_digits) {
      text += "\\x";
      append_hexadecimal(text, code, 2);
    } else if (code <= last_of_four_digits) {
      text += "\\u";
      append_hexadecimal(text, code, 4);
    } else {
      text += "\\U";
      append_hexadecimal(text, code, 8);
    }
  }
  text += quote;
}

void append_repr_of_bytes(std::string& text, std::string_view value) {
  const char quote = quote_for(value);
  text += 'b';
  text += quote;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (append_short_escape(text, byte, quote)) {
      continue;
    }
    if (byte >= ' ' && byte < delete_character) {
      text += c;
    } else {
      text += "\\x";
      append_hexadecimal(text, byte, 2);
    }
  }
  text += quote;
}

void append_repr_of_integer(std::string& text, std::string_view literal) {
  const auto digits = without_underscores(literal);
  const auto base = [&]() -> unsigned {
    if (digits.size() < 2 || digits[0] != '0') {
      return 10;
    }
    switch (digits[1] | ' ') {
      case 'x':
        return 16;
      case 'o':
        return 8;
      case 'b':
        return 2;
      default:
        return 10;
    }
  }();
  if (base == 10) {
    const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    text.append(digits, first);
    return;
  }
  // More digits than Python converts to decimal, and quadratic to convert.
  constexpr std::size_t most_binary_digits = 15'000;
  if (digits.size() > most_binary_digits) {
    text += literal;
    return;
  }
  text += to_decimal(std::string_view(digits).substr(2), base);
}

void append_repr_of_float(std::string& text, std::string_view literal) {
  append_double(text, to_double(literal), true);
}

void append_repr_of_imaginary(std::string& text, std::string_view literal) {
  literal.remove_suffix(1);
  append_double(text, to_double(literal), false);
  text += 'j';
}

void append_repr(std::string& text, const ast::Constant& constant, Version version) {
  switch (constant.value_kind) {
    case ast::ConstantKind::None:
      text += "None";
      break;
    case ast::ConstantKind::True:
      text += "True";
      break;
    case ast::ConstantKind::False:
      text += "False";
      break;
    case ast::ConstantKind::Ellipsis:
      text += "Ellipsis";
      break;
    case ast::ConstantKind::Int:
      append_repr_of_integer(text, constant.value);
      break;
    case ast::ConstantKind::Float:
      append_repr_of_float(text, constant.value);
      break;
    case ast::ConstantKind::Complex:
      append_repr_of_imaginary(text, constant.value);
      break;
    case ast::ConstantKind::Str:
      append_repr_of_string(text, constant.value, version);
      break;
    case ast::ConstantKind::Bytes:
      append_repr_of_bytes(text, constant.value);
      break;
  }
}

}  // namespace sallyport::validators::python

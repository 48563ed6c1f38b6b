#include "validators/python/compile_checks/pattern_keys.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace sallyport::validators::python::checks {
namespace {

std::string without_underscores(std::string_view literal) {
  std::string text;
  for (const char c : literal) {
    if (c != '_') {
      text += c;
    }
  }
  return text;
}

// repr() of a float: the shortest text that reads back as the same number.
std::string shown_float(double value) {
  if (std::isinf(value)) {
    return value < 0 ? "-inf" : "inf";
  }
  std::array<char, 64> buffer{};
  const double magnitude = std::fabs(value);
  const bool is_plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  const auto format = is_plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
  std::string text(buffer.data(), end);
  if (is_plain && text.find('.') == std::string::npos) {
    text += ".0";
  }
  return text;
}

PatternKey integer_key(std::string_view literal, bool is_negative) {
  const std::string text = without_underscores(literal);
  int base = 10;
  std::size_t skip = 0;
  if (text.size() > 2 && text[0] == '0') {
    const char letter = text[1];
    if (letter == 'x' || letter == 'X') {
      base = 16;
    }
    if (letter == 'o' || letter == 'O') {
      base = 8;
    }
    if (letter == 'b' || letter == 'B') {
      base = 2;
    }
    if (base != 10) {
      skip = 2;
    }
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + skip, text.data() + text.size(), value, base);
  std::string shown = error == std::errc() ? std::to_string(value) : text;
  if (is_negative && shown != "0") {
    shown.insert(0, "-");
  }
  return {"number " + shown, shown};
}

PatternKey float_key(double value) {
  const std::string shown = shown_float(value);
  constexpr double largest_exact = 9007199254740992.0;
  if (std::fabs(value) < largest_exact && value == std::floor(value)) {
    return {"number " + std::to_string(static_cast<std::int64_t>(value)), shown};
  }
  return {"number " + shown, shown};
}

// The parts of a complex number are shown without ".0".
std::string shown_part(double value) {
  std::string text = shown_float(value);
  if (text.ends_with(".0")) {
    text.resize(text.size() - 2);
  }
  return text;
}

PatternKey complex_key(double real, double imaginary) {
  if (imaginary == 0) {
    return {float_key(real).identity, shown_part(real) + "+0j"};
  }
  std::string shown = shown_part(imaginary) + "j";
  if (real != 0) {
    shown = "(" + shown_part(real) + (imaginary < 0 ? "" : "+") + shown + ")";
  }
  return {"complex " + shown, shown};
}

double number_of(const ast::Constant& node) {
  const std::string text = without_underscores(node.value);
  return std::strtod(text.c_str(), nullptr);
}

std::string shown_text(std::string_view text, bool is_bytes) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  constexpr std::string_view digits = "0123456789abcdef";
  std::string shown = is_bytes ? "b" : "";
  shown += quote;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      shown += '\\';
      shown += c;
    } else if (c == '\n') {
      shown += "\\n";
    } else if (c == '\r') {
      shown += "\\r";
    } else if (c == '\t') {
      shown += "\\t";
    } else if (byte < 0x20 || byte == 0x7f || (is_bytes && byte >= 0x80)) {
      shown += "\\x";
      shown += digits[byte >> 4U];
      shown += digits[byte & 15U];
    } else {
      shown += c;
    }
  }
  shown += quote;
  return shown;
}

std::optional<PatternKey> constant_key(const ast::Constant& node, bool is_negative) {
  switch (node.value_kind) {
    case ast::ConstantKind::None:
      return PatternKey{"None", "None"};
    case ast::ConstantKind::True:
      return PatternKey{"number 1", "True"};
    case ast::ConstantKind::False:
      return PatternKey{"number 0", "False"};
    case ast::ConstantKind::Ellipsis:
      return PatternKey{"Ellipsis", "Ellipsis"};
    case ast::ConstantKind::Int:
      return integer_key(node.value, is_negative);
    case ast::ConstantKind::Float:
      return float_key(is_negative ? -number_of(node) : number_of(node));
    case ast::ConstantKind::Complex:
      return complex_key(0, is_negative ? -number_of(node) : number_of(node));
    case ast::ConstantKind::Str:
      return PatternKey{"str " + std::string(node.value), shown_text(node.value, false)};
    case ast::ConstantKind::Bytes:
      return PatternKey{"bytes " + std::string(node.value), shown_text(node.value, true)};
  }
  return std::nullopt;
}

// `1` or `-1`.
const ast::Constant* signed_number(const ast::Expr& node, bool& is_negative) {
  const auto* sign = ast::as<ast::UnaryOp>(&node);
  is_negative = sign != nullptr && sign->op == ast::UnaryOperator::USub;
  return ast::as<ast::Constant>(is_negative ? sign->operand : &node);
}

}  // namespace

std::optional<PatternKey> pattern_key(const ast::Expr& node) {
  bool is_negative = false;
  if (const auto* constant = signed_number(node, is_negative)) {
    return constant_key(*constant, is_negative);
  }
  const auto* sum = ast::as<ast::BinOp>(&node);
  if (sum == nullptr) {
    return std::nullopt;
  }
  // `-1 + 2j`
  const auto* real = signed_number(*sum->left, is_negative);
  const auto* imaginary = ast::as<ast::Constant>(sum->right);
  if (real == nullptr || imaginary == nullptr) {
    return std::nullopt;
  }
  return complex_key(is_negative ? -number_of(*real) : number_of(*real),
                     sum->op == ast::Operator::Sub ? -number_of(*imaginary) : number_of(*imaginary));
}

}  // namespace sallyport::validators::python::checks

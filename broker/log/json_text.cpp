#include "broker/log/json_text.hpp"

#include "broker/log/json_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace sallyport::broker::log {
namespace {

bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

}  // namespace

void JsonText::separate() {
  if (text_.back() != '{' && text_.back() != '[') text_ += ',';
}

void JsonText::begin(std::string_view key) {
  separate();
  text_ += '"';
  text_ += key;
  text_ += "\":";
}

void JsonText::add(std::string_view key, std::string_view value) {
  begin(key);
  if (std::all_of(value.begin(), value.end(), is_plain)) {
    text_ += '"';
    text_ += value;
    text_ += '"';
  } else {
    text_ += line_of(Json(value));
  }
}

void JsonText::add(std::string_view key, double value) {
  if (!std::isfinite(value)) return add_null(key);
  begin(key);
  std::array<char, 64> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  const std::string_view number(digits.data(), error == std::errc() ? end - digits.data() : 0);
  text_ += number;
  if (number.find_first_of(".e") == std::string_view::npos)
    text_ += ".0";  // For who reads it, still no integer.
}

void JsonText::add(std::string_view key, bool value) {
  begin(key);
  text_ += value ? "true" : "false";
}

void JsonText::add_null(std::string_view key) {
  begin(key);
  text_ += "null";
}

void JsonText::add_or_null(std::string_view key, std::string_view value) {
  if (value.empty()) {
    add_null(key);
  } else {
    add(key, value);
  }
}

void JsonText::begin_object(std::string_view key) {
  begin(key);
  text_ += '{';
}

void JsonText::begin_object() {
  separate();
  text_ += '{';
}

void JsonText::begin_list(std::string_view key) {
  begin(key);
  text_ += '[';
}

std::string JsonText::take() {
  text_ += '}';
  return std::move(text_);
}

}  // namespace sallyport::broker::log

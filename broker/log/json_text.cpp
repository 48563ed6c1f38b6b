#include "broker/log/json_text.hpp"

#include "base/json_text.hpp"
#include "broker/log/json_line.hpp"

#include <utility>

namespace sallyport::broker::log {
void JsonText::separate() {
  if (text_.back() != '{' && text_.back() != '[') text_ += ',';
}

void JsonText::begin(std::string_view key) {
  const bool is_first = text_.back() == '{' || text_.back() == '[';
  text_.append(is_first ? "\"" : ",\"").append(key).append("\":");
}

void JsonText::add(std::string_view key, std::string_view value) {
  begin(key);
  if (base::is_plain_json(value)) {
    text_.append("\"").append(value).append("\"");
  } else {
    text_ += line_of(Json(value));
  }
}

void JsonText::add(std::string_view key, double value) {
  begin(key);
  base::append_json_number(text_, value);
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

#include "docker/json_fields.hpp"

#include <limits>
#include <utility>

namespace sallyport::docker::detail {

namespace {

// Deeper than any answer of the engine. Without a bound, a few megabytes of brackets become gigabytes of
// tree.
constexpr int max_depth = 64;

bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

JsonDocument::JsonDocument(std::string_view text) {
  if (too_deep(text)) {
    fail("answer", "nested too deeply");
    return;
  }
  root_ = Json::parse(text, nullptr, false);
  if (root_.is_discarded()) fail("answer", "not JSON");
}

JsonObject JsonDocument::object() {
  if (ok() && !root_.is_object()) fail("answer", "expected an object");
  return JsonObject(*this, root_.is_object() ? &root_ : nullptr, "");
}

std::vector<JsonObject> JsonDocument::objects() {
  std::vector<JsonObject> found;
  if (!ok() || root_.is_null()) return found;
  if (!root_.is_array()) {
    fail("answer", "expected a list");
    return found;
  }
  found.reserve(root_.size());
  for (const Json& item : root_) {
    std::string path = "[" + std::to_string(found.size()) + "].";
    if (!item.is_object()) {
      fail(path, "expected an object");
      return found;
    }
    found.emplace_back(*this, &item, std::move(path));
  }
  return found;
}

void JsonDocument::fail(std::string_view where, std::string_view what) {
  if (!ok()) return;
  problem_ = where;
  problem_ += ": ";
  problem_ += what;
}

const Json* JsonObject::find(const char* key) const {
  if (value_ == nullptr) return nullptr;
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return nullptr;
  return &*found;
}

void JsonObject::fail(const char* key, std::string_view what) const {
  document_->fail(path_ + key, what);
}

std::string JsonObject::string(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (const auto* text = value->get_ptr<const std::string*>()) return *text;
  fail(key, "expected a string");
  return {};
}

std::string JsonObject::required_string(const char* key) const {
  std::string text = string(key);
  if (text.empty()) fail(key, "expected a string that is not empty");
  return text;
}

std::int64_t JsonObject::integer(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) return 0;
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return static_cast<std::int64_t>(number);
    }
  } else if (value->is_number_integer()) {
    return value->get<std::int64_t>();
  }
  fail(key, "expected an integer of 64 bits");
  return 0;
}

std::int64_t JsonObject::required_integer(const char* key) const {
  if (!has(key)) fail(key, "expected an integer");
  return integer(key);
}

std::uint64_t JsonObject::unsigned_integer(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) return 0;
  if (value->is_number_unsigned()) return value->get<std::uint64_t>();
  fail(key, "expected an integer that is not negative");
  return 0;
}

bool JsonObject::boolean(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  fail(key, "expected true or false");
  return false;
}

JsonObject JsonObject::object(const char* key) const {
  const Json* value = find(key);
  if (value != nullptr && !value->is_object()) {
    fail(key, "expected an object");
    value = nullptr;
  }
  return JsonObject(*document_, value, path_ + key + ".");
}

std::vector<std::string> JsonObject::strings(const char* key) const {
  std::vector<std::string> found;
  const Json* value = find(key);
  if (value == nullptr) return found;
  if (!value->is_array()) {
    fail(key, "expected a list of strings");
    return found;
  }
  found.reserve(value->size());
  for (const Json& item : *value) {
    const auto* text = item.get_ptr<const std::string*>();
    if (text == nullptr) {
      fail(key, "expected a list of strings");
      return {};
    }
    found.push_back(*text);
  }
  return found;
}

Labels JsonObject::string_map(const char* key) const {
  Labels found;
  const Json* value = find(key);
  if (value == nullptr) return found;
  if (!value->is_object()) {
    fail(key, "expected an object of strings");
    return found;
  }
  for (const auto& [name, item] : value->items()) {
    const auto* text = item.get_ptr<const std::string*>();
    if (text == nullptr) {
      fail(key, "expected an object of strings");
      return {};
    }
    found.emplace(name, *text);
  }
  return found;
}

std::vector<std::string> JsonObject::keys(const char* key) const {
  std::vector<std::string> found;
  const Json* value = find(key);
  if (value == nullptr) return found;
  if (!value->is_object()) {
    fail(key, "expected an object");
    return found;
  }
  for (const auto& item : value->items()) found.push_back(item.key());
  return found;
}

}  // namespace sallyport::docker::detail

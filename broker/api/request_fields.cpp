#include "broker/api/request_fields.hpp"

#include "broker/api/json_string.hpp"
#include "broker/api/utf8.hpp"
#include "config/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace sallyport::broker {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxQuoted = 100;

}  // namespace

void refuse(int status, std::string message, const Json& details) {
  ApiError error;
  error.status = status;
  error.error_type = error_type_of(status);
  error.message = std::move(message);
  error.details_json = details.dump();
  throw Refused{std::move(error)};
}

void refuse_field(const std::string& field, const std::string& what) {
  Json details;
  details["field"] = field;
  refuse(422, field + " " + what, details);
}

std::string quote(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, cut_utf8(text, kMaxQuoted));
  return quoted;
}

std::string join(Names names) {
  std::string joined;
  for (const std::string_view name : names) {
    if (!joined.empty()) joined += ", ";
    joined += name;
  }
  return joined;
}

const char* type_name(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "a boolean";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "an object";
    default:
      return "a number";
  }
}

void refuse_type(const std::string& field, const char* wanted, const Json& value) {
  refuse_field(field, std::string("must be ") + wanted + ", not " + type_name(value));
}

void check_known(const Json& object, const std::string& place, Names known) {
  for (const auto& item : object.items()) {
    if (std::find(known.begin(), known.end(), item.key()) != known.end()) continue;
    const std::string shown(cut_utf8(item.key(), kMaxQuoted));
    std::string message = "unknown field " + quote(item.key());
    if (!place.empty()) message += " in " + place;
    Json details;
    std::string field = place.empty() ? std::string() : place + ".";
    field += shown;
    details["field"] = field;
    if (const auto near = config::nearest(item.key(), known)) {
      message += "; did you mean \"" + std::string(*near) + "\"?";
      details["nearest"] = *near;
    } else {
      message += "; known are: " + join(known);
    }
    refuse(422, std::move(message), details);
  }
}

}  // namespace sallyport::broker

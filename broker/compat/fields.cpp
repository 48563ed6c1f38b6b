#include "broker/compat/fields.hpp"

#include <cmath>
#include <cstdint>

namespace sallyport::broker::compat {

using Json = nlohmann::json;

const Json* given(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> take_text(Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (!found->is_string()) refuse_type(name, "a string", *found);
  return std::move(found->get_ref<std::string&>());
}

std::optional<double> read_number(const Json& object, const char* name) {
  const Json* const value = given(object, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) refuse_type(name, "a number", *value);
  return value->get<double>();
}

std::optional<bool> read_bool(const Json& object, const char* name) {
  const Json* const value = given(object, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) refuse_type(name, "a boolean", *value);
  return value->get<bool>();
}

ApiError in_words_of_peer(ApiError error, std::span<const FieldName> names) {
  const std::string field = field_of(error);
  for (const auto& [ours, theirs] : names) {
    if (field != ours) continue;
    if (error.message.starts_with(ours)) error.message.replace(0, ours.size(), theirs);
    Json details = Json::parse(error.details_json, nullptr, false);
    details["field"] = theirs;
    error.details_json = details.dump();
    break;
  }
  return error;
}

std::string field_of(const ApiError& error) {
  const Json details = Json::parse(error.details_json, nullptr, false);
  if (!details.is_object()) return {};
  const auto field = details.find("field");
  return field == details.end() || !field->is_string() ? std::string() : field->get<std::string>();
}

Json rounded_up(double value, double unit) {
  constexpr double kLargest = 1e15;  // Beyond any ceiling, and still exact.
  const double units = std::ceil(value / unit);
  if (!(std::abs(units) < kLargest)) return std::signbit(units) ? -kLargest : kLargest;
  return static_cast<std::int64_t>(units);
}

}  // namespace sallyport::broker::compat

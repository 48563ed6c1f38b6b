#include "broker/api/user_id.hpp"

#include "broker/api/request_fields.hpp"

#include <cstdint>
#include <limits>
#include <string>

namespace sallyport::broker {

UserId read_user_id(const nlohmann::json& body) {
  const auto value = body.find("user_id");
  if (value == body.end() || value->is_null()) return {};
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() > kMaxUserIdBytes) {
      refuse_field("user_id", "is longer than " + std::to_string(kMaxUserIdBytes) + " bytes");
    }
    return text;
  }
  if (!value->is_number()) refuse_type("user_id", "an integer, a string or null", *value);
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return static_cast<std::int64_t>(number);
    }
  } else if (value->is_number_integer()) {
    return value->get<std::int64_t>();
  }
  refuse_field("user_id", "must be a whole number within 64 bits, a string or null");
}

}  // namespace sallyport::broker

// How the fields of a request are refused, in the same words for every endpoint. Private to broker/api: it
// shows nlohmann types.
#pragma once

#include "broker/api_error.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>

namespace sallyport::broker {

using Names = std::span<const std::string_view>;

/// Ends the parse of a request; caught where the parse began.
struct Refused {
  ApiError error;
};

[[noreturn]] void refuse(int status, std::string message,
                         const nlohmann::json& details = nlohmann::json::object());

/// 422 with the field's name before the message, and in the details.
[[noreturn]] void refuse_field(const std::string& field, const std::string& what);
[[noreturn]] void refuse_type(const std::string& field, const char* wanted, const nlohmann::json& value);

/// "a string", "null"
[[nodiscard]] const char* type_name(const nlohmann::json& value);

/// A client's text in a message: bounded, and escaped so that it stays on its line.
[[nodiscard]] std::string quote(std::string_view text);

/// "a, b"
[[nodiscard]] std::string join(Names names);

/// Refuses a member of `object` that is not among `known`, with the nearest that is. `place` is the field
/// that the object stands in, or empty.
void check_known(const nlohmann::json& object, const std::string& place, Names known);

}  // namespace sallyport::broker

// Reading the requests of other services. Private to broker/compat: it shows nlohmann types.
//
// Members that the peer knows and we cannot honour are refused; members that nobody knows are ignored, as the
// peers ignore them.
#pragma once

#include "broker/api/request_fields.hpp"
#include "broker/api_error.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::broker::compat {

/// A member that is there and not null.
[[nodiscard]] const nlohmann::json* given(const nlohmann::json& object, const char* name);

/// Takes a text out of the object; none if it is missing or null. Refuses other types.
[[nodiscard]] std::optional<std::string> take_text(nlohmann::json& object, const char* name);

[[nodiscard]] std::optional<double> read_number(const nlohmann::json& object, const char* name);
[[nodiscard]] std::optional<bool> read_bool(const nlohmann::json& object, const char* name);

/// A field of ours and what the peer calls it.
using FieldName = std::pair<std::string_view, std::string_view>;

/// The error with our names for fields replaced by the peer's.
[[nodiscard]] ApiError in_words_of_peer(ApiError error, std::span<const FieldName> names);

/// The field that an error is about; empty if none.
[[nodiscard]] std::string field_of(const ApiError& error);

/// A peer's number in units of ours, rounded up so that nobody gets less than was asked for. The refusal of a
/// number beyond any limit is left to parse_execution_request.
[[nodiscard]] nlohmann::json rounded_up(double value, double unit);

}  // namespace sallyport::broker::compat

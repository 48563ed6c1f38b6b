// JSON text, fast. Private to broker/api and its users among the routes: it shows nlohmann types.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace sallyport::broker {

/// Appends `text` as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD. Whatever needs no
/// escape is copied in one piece.
void append_json_string(std::string& out, std::string_view text);

/// `value` as compact JSON, its members in their order: what nlohmann's dump gives with
/// `error_handler_t::replace`, in a fraction of the time. Numbers may be written in another form of the same
/// value.
[[nodiscard]] std::string write_json(const nlohmann::ordered_json& value);

}  // namespace sallyport::broker

// JSON text as events, fast. Private to broker/api: it shows nlohmann types.
#pragma once

#include <nlohmann/json.hpp>

#include <string_view>

namespace sallyport::broker {

/// Gives `handler` the same events for `text`, all of a document, as nlohmann::json::sax_parse, in a third of
/// the time (Boost.JSON's reader). True when all of it was given. False when it is not JSON, or not surely
/// what nlohmann's reader takes it for, or when `handler` has refused an event: `handler` may have had a part
/// then. `parse_error` is never called: for the reason, in words and with a position, ask nlohmann's reader.
[[nodiscard]] bool give_json_events(std::string_view text, nlohmann::json_sax<nlohmann::json>& handler);

}  // namespace sallyport::broker

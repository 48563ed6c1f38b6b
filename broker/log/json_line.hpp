// One record as one line of JSON. Inside the module only.
#pragma once

#include "broker/log/context.hpp"
#include "broker/log/log.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::broker::log {

using Json = nlohmann::ordered_json;

/// "2026-01-31T12:00:00.000042Z"
std::string timestamp(std::chrono::system_clock::time_point when);

/// At most `limit` bytes of `text`, cut between characters, and "..." where something was cut off.
std::string bounded(std::string_view text, std::size_t limit);

/// The beginning of every record: `ts`, `level`, `event`.
Json record(std::chrono::system_clock::time_point when, Level level, std::string_view event);

/// A whole line: the beginning, and fields whose texts are filtered and bounded.
std::string line_with(Level level, std::string_view event, Fields fields, const Context& context);

/// The record as text, without the line's end.
std::string line_of(const Json& record);

}  // namespace sallyport::broker::log

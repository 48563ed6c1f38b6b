// JSON from a client, read strictly and within bounds. Private to broker/api: it shows nlohmann types.
#pragma once

#include "broker/api_error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker {

struct JsonBounds {
  std::size_t max_depth = 8;         ///< Nesting outside the verbatim member.
  std::size_t max_values = 4096;     ///< Values outside the verbatim member: what becomes a tree in memory.
  std::string_view verbatim_member;  ///< A member of the top-level object that is kept as text.
  std::size_t max_verbatim_depth = 64;
};

struct StrictJson {
  nlohmann::json root;
  /// The verbatim member as JSON text without white space. Numbers stand as they were written: a tree would
  /// turn integers beyond 64 bits into floats.
  std::optional<std::string> verbatim;
};

/// Refuses, beyond what JSON forbids, a key that occurs twice in an object: which of the two counts would
/// depend on who reads it. 400 for what is not JSON, with line and column; 422 for what is beyond the bounds.
[[nodiscard]] ApiResult<StrictJson> parse_strict_json(std::string_view text, const JsonBounds& bounds);

}  // namespace sallyport::broker

// The part of a target behind its "?".
#pragma once

#include "broker/api_error.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::broker {

inline constexpr std::size_t kMaxQueryParameters = 32;

/// Name and value of each parameter, decoded; "+" is a space, as forms send it. 400 for what is no
/// percent-encoding, no UTF-8, given twice, or too many.
[[nodiscard]] ApiResult<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

}  // namespace sallyport::broker

// What stands behind the "?" of a URL.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::broker::http {

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t kMaxQueryParameters = 32;

/// "a=1&b=x%20y" in its order, decoded ("+" is a space). None where an escape is broken, a text is not UTF-8,
/// a name is empty or occurs twice, or there are too many.
[[nodiscard]] std::optional<QueryParameters> parse_query(std::string_view query);

}  // namespace sallyport::broker::http

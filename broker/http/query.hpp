// The parameters behind a path's "?".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker::http {

/// The value of the first parameter of this name, decoded (application/x-www-form-urlencoded); empty for a
/// parameter without one. An escape that is none stays as it is.
[[nodiscard]] std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

}  // namespace sallyport::broker::http

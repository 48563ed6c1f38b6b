// The query of `GET /v1/executions`.
#pragma once

#include "broker/api_error.hpp"
#include "broker/store/values.hpp"

#include <cstddef>
#include <string_view>

namespace sallyport::broker {

inline constexpr std::size_t kMaxPage = 100;
inline constexpr std::size_t kNormalPage = 20;

/// `state`, `user_id`, `created_after`, `created_before`, `limit`, `cursor`. The owner is the caller's to
/// add. 400 or 422 for what is wrong, with the parameter named.
[[nodiscard]] ApiResult<store::ListQuery> parse_list_request(std::string_view text);

}  // namespace sallyport::broker

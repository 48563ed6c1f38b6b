// The choice of an API version. Pure.
#pragma once

#include "docker/error.hpp"
#include "docker/types.hpp"

#include <string>

namespace sallyport::docker::detail {

/// The newest version that both sides speak. Error: `engine`, naming both ranges, when there is none.
[[nodiscard]] Result<std::string> choose_api_version(const Version& engine);

}  // namespace sallyport::docker::detail

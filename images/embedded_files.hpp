// The files that go into every image, as part of the binary: the agent is always that of the broker's
// version.
#pragma once

#include <string_view>

namespace sallyport::images {

/// agent/agent.py
[[nodiscard]] std::string_view agent_source();
/// agent/prepare_image.py
[[nodiscard]] std::string_view prepare_image_source();

}  // namespace sallyport::images

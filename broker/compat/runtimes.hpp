// The runner images as the runtimes that other services list.
#pragma once

#include "broker/api/execution_request.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::compat {

struct Runtime {
  std::string image;
  std::string language;              ///< "python" for the default image, the image's name for others.
  std::vector<std::string> aliases;  ///< Other names for it.
  std::string version;               ///< "3.11.0": of the patch level nothing is known.
};

/// The default image first. Images whose Python is not known are left out.
[[nodiscard]] std::vector<Runtime> runtimes(const RequestRules& rules);

/// The first of that name or alias whose version the selector takes: "3.11.0", "3.x", "*", "^3.10", "~3.11",
/// ">=3.9"; missing parts stand for any. Null if there is none.
[[nodiscard]] const Runtime* find_runtime(const std::vector<Runtime>& known, std::string_view language,
                                          std::string_view selector);

/// Whether a version is what the selector asks for. A selector that is none takes nothing.
[[nodiscard]] bool takes(std::string_view selector, std::string_view version);

}  // namespace sallyport::broker::compat

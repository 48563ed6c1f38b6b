// What may stand in a request's target: checks of names and ids, and percent-encoding.
#pragma once

#include "docker/error.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::docker::detail {

/// A container's id or name: `[A-Za-z0-9][A-Za-z0-9_.-]*`, the engine's own rule. Anything else could reach
/// another endpoint of an engine that runs as root.
[[nodiscard]] bool valid_container_reference(std::string_view text);

/// An image's id, name, tag or digest. Slashes are part of a name, but no empty, "." or ".." segment: the
/// engine's router would clean such a path and answer for another one.
[[nodiscard]] bool valid_image_reference(std::string_view text);

/// The part behind the colon: `[A-Za-z0-9_][A-Za-z0-9_.-]*`, at most 128 bytes.
[[nodiscard]] bool valid_tag(std::string_view text);

/// "KILL", "SIGTERM", "SIGRTMIN+3", "9".
[[nodiscard]] bool valid_signal(std::string_view text);

/// Everything but unreserved characters (RFC 3986) becomes %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// "a=1&b=2" with encoded values; pairs with an empty value are left out.
using QueryValues = std::vector<std::pair<std::string_view, std::string>>;
[[nodiscard]] std::string query_string(const QueryValues& values);

/// A name to pull, taken apart. A name without tag or digest gets "latest": without a tag the engine would
/// pull every tag of the repository.
struct PullReference {
  std::string repository;
  std::string tag;  ///< Or a digest, "sha256:...".
};
[[nodiscard]] PullReference split_pull_reference(std::string_view name);

}  // namespace sallyport::docker::detail

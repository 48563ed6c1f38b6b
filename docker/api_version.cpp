#include "docker/api_version.hpp"

#include <algorithm>
#include <charconv>
#include <compare>
#include <optional>
#include <string_view>

namespace sallyport::docker::detail {

namespace {

struct ApiVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const ApiVersion&) const = default;  // NOLINT(modernize-use-nullptr): a false finding
};

constexpr ApiVersion oldest_known{1, 41};
constexpr ApiVersion newest_known{1, 47};

std::optional<ApiVersion> parse(std::string_view text) {
  ApiVersion version;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc() || minor.ptr != end || version.major < 0 || version.minor < 0)
    return std::nullopt;
  return version;
}

std::string print(const ApiVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

}  // namespace

Result<std::string> choose_api_version(const Version& engine) {
  const auto newest = parse(engine.api_version);
  // An engine too old to tell its oldest version speaks only its newest for certain.
  const auto oldest = engine.min_api_version.empty() ? newest : parse(engine.min_api_version);
  if (!newest || !oldest)
    return make_error(ErrorKind::malformed, "not an API version: " + engine.api_version);
  const ApiVersion chosen = std::min(*newest, newest_known);
  if (chosen < oldest_known || chosen < *oldest) {
    return make_error(ErrorKind::engine, "no common API version: the engine speaks " + print(*oldest) +
                                             " to " + print(*newest) + ", Sallyport " + print(oldest_known) +
                                             " to " + print(newest_known));
  }
  return print(chosen);
}

}  // namespace sallyport::docker::detail

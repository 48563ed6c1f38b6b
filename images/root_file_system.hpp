// Makes the root file system of an image from Debian packages, with the tools of the host.
#pragma once

#include "images/process.hpp"
#include "images/recipe.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace sallyport::images {

/// Whether this host can make one: mmdebstrap or debootstrap is installed.
[[nodiscard]] bool can_make_root_file_system();

/// The command that unpacks the packages of `recipe` into the tar archive `tar_path`. No mirror is named: the
/// tool takes the host's own.
[[nodiscard]] std::vector<std::string> mmdebstrap_command(const Recipe& recipe, const std::string& tar_path);

/// Makes the archive `folder`/root.tar and returns its path. mmdebstrap takes 20 s for Python alone; the
/// fallback debootstrap, which needs root and installs a whole minimal system, about a minute.
boost::asio::awaitable<Result<std::string>> make_root_file_system(Recipe recipe, std::string folder,
                                                                  LineSink sink, base::CallBounds bounds);

/// Tells whether a root file system can be used again: over the release, the packages and the exclusions.
[[nodiscard]] std::string root_file_system_sha(const Recipe& recipe);

}  // namespace sallyport::images

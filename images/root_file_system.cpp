#include "images/root_file_system.hpp"

#include "base/sha256.hpp"

#include <utility>

namespace asio = boost::asio;

namespace sallyport::images {
namespace {

// Of no use to a program: a third of what the packages hold.
constexpr const char* kExcluded[] = {"/usr/share/doc/*",
                                     "/usr/share/doc-base/*",
                                     "/usr/share/man/*",
                                     "/usr/share/info/*",
                                     "/usr/share/locale/*",
                                     "/usr/share/lintian/*",
                                     "/usr/share/bug/*",
                                     "/usr/share/bash-completion/*",
                                     "/usr/share/menu/*",
                                     "/usr/share/applications/*",
                                     "/usr/include/*",
                                     "/usr/lib/*.a",
                                     "/usr/lib/*/gconv/*",
                                     "/usr/share/zoneinfo/right/*",
                                     "/usr/bin/dpkg*",
                                     "/usr/share/dpkg/*",
                                     "/usr/share/zoneinfo/posix/*"};

// Debian 12 keeps /bin and its like as links into /usr. A package script makes them on a full installation.
constexpr const char* kMergeUsr =
    "for d in bin sbin lib lib64; do mkdir -p \"$1/usr/$d\"; ln -s \"usr/$d\" \"$1/$d\"; done";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ',';
    text += word;
  }
  return text;
}

asio::awaitable<Result<void>> run_debootstrap(Recipe recipe, std::string folder, std::string tar_path,
                                              LineSink sink, base::CallBounds bounds) {
  const std::string root = folder + "/root";
  std::vector<std::string> command = {"debootstrap", "--variant=minbase",
                                      "--include=" + joined(recipe.packages), recipe.suite, root};
  Result<void> made = co_await run_process(std::move(command), sink, bounds);
  if (made.has_error()) co_return std::move(made).error();
  std::vector<std::string> pack = {"tar",
                                   "--numeric-owner",
                                   "--exclude=./proc/*",
                                   "--exclude=./sys/*",
                                   "--exclude=./dev/*",
                                   "--exclude=./var/cache/apt/*",
                                   "--exclude=./var/lib/apt/lists/*"};
  for (const char* pattern : kExcluded) pack.push_back(std::string("--exclude=.") + pattern);
  for (const std::string& pattern : recipe.exclude) pack.push_back("--exclude=." + pattern);
  for (const char* argument : {"-C", root.c_str(), "-cf", tar_path.c_str(), "."}) pack.emplace_back(argument);
  co_return co_await run_process(std::move(pack), sink, bounds);
}

}  // namespace

bool can_make_root_file_system() {
  return is_installed("mmdebstrap") || is_installed("debootstrap");
}

std::vector<std::string> mmdebstrap_command(const Recipe& recipe, const std::string& tar_path) {
  // "extract" unpacks the packages and runs none of their scripts: the fastest and smallest. What the scripts
  // would have done, prepare_image.py does.
  std::vector<std::string> command = {
      "mmdebstrap", "--variant=extract", "--include=" + joined(recipe.packages),
      "--aptopt=APT::Install-Recommends \"false\"", std::string("--setup-hook=") + kMergeUsr};
  for (const char* pattern : kExcluded) command.push_back(std::string("--dpkgopt=path-exclude=") + pattern);
  for (const std::string& pattern : recipe.exclude) command.push_back("--dpkgopt=path-exclude=" + pattern);
  command.push_back(recipe.suite);
  command.push_back(tar_path);
  return command;
}

asio::awaitable<Result<std::string>> make_root_file_system(Recipe recipe, std::string folder, LineSink sink,
                                                           base::CallBounds bounds) {
  std::string tar_path = folder + "/root.tar";
  Result<void> made;
  if (is_installed("mmdebstrap")) {
    std::vector<std::string> command = mmdebstrap_command(recipe, tar_path);
    made = co_await run_process(std::move(command), sink, bounds);
  } else if (is_installed("debootstrap")) {
    made = co_await run_debootstrap(recipe, folder, tar_path, sink, bounds);
  } else {
    made =
        Error{ErrorKind::tool, "neither mmdebstrap nor debootstrap is installed: apt-get install mmdebstrap"};
  }
  if (made.has_error()) co_return std::move(made).error();
  co_return tar_path;
}

std::string root_file_system_sha(const Recipe& recipe) {
  std::string text;
  for (const std::string& word : mmdebstrap_command(recipe, "")) text += word + '\0';
  return base::sha256_hex(text);
}

}  // namespace sallyport::images

// Builds runner images from recipes, verifies them, and records what was verified.
#pragma once

#include "docker/client.hpp"
#include "images/error.hpp"
#include "images/recipe.hpp"
#include "images/record.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <vector>

namespace sallyport::images {

/// What a self-test's run left.
struct SelfTestResult {
  std::string failure;  ///< Why the program could not be run to its end; empty if it was.
  int exit_code = 0;
  std::string stdout_text;
  std::string stderr_text;
  std::vector<std::string> artifacts;  ///< Their paths.
};

/// Runs a program in an image, as a submission is run. Declared here, implemented over the runner by the
/// command line.
class SelfTestRunner {
 public:
  virtual ~SelfTestRunner() = default;
  /// Runs `test` in the image with this digest. Does not throw.
  virtual boost::asio::awaitable<SelfTestResult> run(std::string digest, SelfTest test,
                                                     base::CallBounds bounds) = 0;
};

enum class Base {
  automatic,    ///< debootstrap where mmdebstrap or debootstrap is installed, else pull.
  debootstrap,  ///< A root file system made here from Debian packages, and imported.
  pull          ///< An image from a registry, into which the packages are installed.
};

/// "debootstrap", "pull", or "" and "automatic"; no value for anything else.
[[nodiscard]] std::optional<Base> parse_base(std::string_view text);

struct BuildOptions {
  Base base = Base::automatic;
  bool force = false;  ///< Build even if the engine has the image of this recipe already.
};

struct BuildResult {
  std::string digest;
  bool up_to_date = false;  ///< Nothing was built: the engine had it.
};

/// One line of `sallyport images list`.
struct ImageStatus {
  std::string name;
  std::string description;  ///< Of the recipe; empty if there is none.
  bool has_recipe = false;
  std::string recipe_error;  ///< Why the recipe cannot be used; empty in general.
  std::optional<RecordEntry> verified;
  bool verified_in_engine = false;  ///< The engine has the verified digest.
  bool up_to_date = false;          ///< The verified image is that of the recipe and the agent as they stand.
  std::string built_digest;         ///< What the engine has for the recipe as it stands; empty if nothing.
};

struct BuilderOptions {
  std::string recipes_folder;  ///< config::Images::recipes
  std::string record_path;     ///< config::Images::record
};

/// Images, as the command line handles them. Builds take from seconds to minutes; what is there already is
/// found by its labels in milliseconds. The guest agent is part of this library, so that an image always
/// carries the agent of the broker that built it.
///
/// Thread-safety: all calls on the client's one thread. The client must outlive the builder and its calls.
class Builder {
 public:
  Builder(docker::Client& client, BuilderOptions options);

  /// All recipes and all recorded images, in order of their names.
  boost::asio::awaitable<Result<std::vector<ImageStatus>>> list(base::CallBounds bounds);

  /// Makes sure that the engine has the image of recipe `name`. Nothing is recorded: `verify` does that.
  boost::asio::awaitable<Result<BuildResult>> build(std::string name, BuildOptions options,
                                                    docker::ProgressSink progress, base::CallBounds bounds);

  /// Runs the recipe's self-test in the image that was built; records its digest only if all is as expected.
  boost::asio::awaitable<Result<RecordEntry>> verify(std::string name, SelfTestRunner& runner,
                                                     base::CallBounds bounds);

  /// Takes the image out of the record first, then out of the engine. An image that a container still uses is
  /// an error of the engine, but is no longer recorded.
  boost::asio::awaitable<Result<void>> remove(std::string name, base::CallBounds bounds);

 private:
  boost::asio::awaitable<Result<std::string>> find_built(Recipe recipe, base::CallBounds bounds);
  boost::asio::awaitable<Result<std::string>> base_image(Recipe recipe, Base base,
                                                         docker::ProgressSink progress,
                                                         base::CallBounds bounds);
  boost::asio::awaitable<Result<std::string>> debootstrap_image(Recipe recipe, docker::ProgressSink progress,
                                                                base::CallBounds bounds);

  docker::Client& client_;
  BuilderOptions options_;
};

/// The hash that tells whether an image is that of this recipe: over the recipe's text, the agent, and what
/// else goes into the image.
[[nodiscard]] std::string recipe_sha(const Recipe& recipe);

}  // namespace sallyport::images

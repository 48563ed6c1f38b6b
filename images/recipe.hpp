// Recipes: what a runner image is made of. One folder a recipe, with a recipe.json in it.
#pragma once

#include "images/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::images {

/// A program that has to give exactly this when it runs in the image, before the image is used.
struct SelfTest {
  std::string code;
  std::string stdin_text;
  std::map<std::string, std::string> files;  ///< Path in the working directory to text.
  std::string expected_stdout;
  std::vector<std::string> artifacts;  ///< Names that must be among the artifacts, in any order.
};

struct Recipe {
  std::string name;  ///< `[a-z0-9]+([-_.][a-z0-9]+)*`, at most 64 bytes; the folder's name.
  std::string description;
  std::string suite;           ///< Debian release for debootstrap: "bookworm". Empty: not offered.
  std::string pull_image;      ///< Image to pull and install into: "debian:12-slim". Empty: not offered.
  std::string python_version;  ///< "3.11"; a build whose interpreter is another fails.
  std::vector<std::string> packages;  ///< Debian packages.
  std::vector<std::string> exclude;   ///< Path patterns that are left out of the root file system.
  std::vector<std::string> imports;   ///< Modules that the agent imports ahead of the job.
  std::vector<std::string> seed;      ///< Folders that the build fills and the agent puts back at start.
  std::map<std::string, std::string> environment;
  SelfTest self_test;
  std::string text;  ///< The file as it was read; part of the hash that tells whether to build again.
};

/// Parses a recipe strictly: JSON with comments, no unknown keys, every value checked, since names and paths
/// go into command lines and a Dockerfile. `where` names the text in messages.
Result<Recipe> parse_recipe(std::string text, const std::string& where);

/// Reads `folder`/`name`/recipe.json. The name in the recipe must be the folder's.
Result<Recipe> load_recipe(const std::string& folder, const std::string& name);

/// The names of all folders in `folder` that hold a recipe.json, in order.
Result<std::vector<std::string>> recipe_names(const std::string& folder);

}  // namespace sallyport::images

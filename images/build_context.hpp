// What the engine builds an image from: a Dockerfile and the files that it copies. Pure.
#pragma once

#include "images/builder.hpp"
#include "images/recipe.hpp"

#include <string>

namespace sallyport::images {

/// Labels of every runner image.
inline constexpr const char* kImageLabel = "sallyport.image";
inline constexpr const char* kRecipeLabel = "sallyport.recipe_sha";
inline constexpr const char* kPythonLabel = "sallyport.python";

/// The Dockerfile of `recipe` on top of `from`, an image name. With Base::pull it installs the packages,
/// which needs a network; otherwise `from` has them and no step needs one.
[[nodiscard]] std::string make_dockerfile(const Recipe& recipe, const std::string& from, Base base);

/// agent.json, which tells the agent and prepare_image.py what the recipe says.
[[nodiscard]] std::string make_agent_config(const Recipe& recipe);

/// The build context as a tar archive.
[[nodiscard]] std::string make_context(const Recipe& recipe, const std::string& from, Base base);

}  // namespace sallyport::images

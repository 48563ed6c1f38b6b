#include "images/recipe.hpp"

#include "tests/support/source_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace sallyport::images {
namespace {

const std::string kShipped = test::source_folder() + "/images/recipes";

constexpr const char* kWhole = R"json({
  // A comment.
  "name": "tiny",
  "description": "For tests",
  "base": {"debootstrap": {"suite": "bookworm"}, "pull": "debian:12-slim"},
  "python": "3.11",
  "packages": ["python3", "libstdc++6"],
  "exclude": ["/usr/share/doc/*"],
  "imports": ["numpy", "xml.dom"],
  "seed": ["/tmp/cache"],
  "environment": {"A_B": "x y"},
  "self_test": {"code": ["print(1)", "print(2)"], "stdin": "in", "files": {"a": "b"},
                "expected_stdout": ["1", "2", ""], "artifacts": ["c"]}
})json";

std::string with(const std::string& what, const std::string& replacement) {
  std::string text = kWhole;
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), replacement);
}

void expect_refused(const std::string& text, const std::string& words) {
  const auto recipe = parse_recipe(text, "here");
  ASSERT_TRUE(recipe.has_error()) << words;
  EXPECT_EQ(recipe.error().kind, ErrorKind::recipe);
  EXPECT_TRUE(recipe.error().message.starts_with("here: ")) << recipe.error().message;
  EXPECT_NE(recipe.error().message.find(words), std::string::npos) << recipe.error().message;
}

TEST(RecipeTest, ReadsAllFields) {
  const Recipe recipe = parse_recipe(kWhole, "here").value();
  EXPECT_EQ(recipe.name, "tiny");
  EXPECT_EQ(recipe.description, "For tests");
  EXPECT_EQ(recipe.suite, "bookworm");
  EXPECT_EQ(recipe.pull_image, "debian:12-slim");
  EXPECT_EQ(recipe.python_version, "3.11");
  EXPECT_EQ(recipe.packages, (std::vector<std::string>{"python3", "libstdc++6"}));
  EXPECT_EQ(recipe.exclude, std::vector<std::string>{"/usr/share/doc/*"});
  EXPECT_EQ(recipe.imports, (std::vector<std::string>{"numpy", "xml.dom"}));
  EXPECT_EQ(recipe.seed, std::vector<std::string>{"/tmp/cache"});
  EXPECT_EQ(recipe.environment.at("A_B"), "x y");
  EXPECT_EQ(recipe.self_test.code, "print(1)\nprint(2)");
  EXPECT_EQ(recipe.self_test.stdin_text, "in");
  EXPECT_EQ(recipe.self_test.files.at("a"), "b");
  EXPECT_EQ(recipe.self_test.expected_stdout, "1\n2\n");
  EXPECT_EQ(recipe.self_test.artifacts, std::vector<std::string>{"c"});
  EXPECT_EQ(recipe.text, kWhole);
}

TEST(RecipeTest, NamesTheNearestKnownKey) {
  expect_refused(with("\"packages\"", "\"pakages\""), "\"packages\" is missing");
  expect_refused(with("\"imports\"", "\"import\""), "\"import\" is unknown; did you mean \"imports\"?");
  expect_refused(with("\"stdin\"", "\"stdinn\""), "\"self_test.stdinn\" is unknown; did you mean \"stdin\"?");
  expect_refused(with("\"pull\"", "\"zzz\""), "\"base.zzz\" is unknown");
}

TEST(RecipeTest, RefusesWrongTypes) {
  expect_refused("[]", "is not an object");
  expect_refused("{", "parse error");
  expect_refused(with("\"tiny\"", "3"), "\"name\" is not a string");
  expect_refused(with("[\"python3\", \"libstdc++6\"]", "\"python3\""), "\"packages\" is not a list");
  expect_refused(with("[\"python3\", \"libstdc++6\"]", "[]"), "\"packages\" is empty");
  expect_refused(with("{\"debootstrap\": {\"suite\": \"bookworm\"}, \"pull\": \"debian:12-slim\"}", "{}"),
                 "names neither");
}

TEST(RecipeTest, RefusesWhatWouldBreakOutOfACommandOrADockerfile) {
  for (const char* name : {"", "-x", "A", "a/b", "a..b", "a b", "a:b", "a-"}) {
    expect_refused(with("\"tiny\"", "\"" + std::string(name) + "\""), "\"name\" is not");
  }
  for (const char* package : {"", "-o", "a b", "a;b", "a,b", "$(a)", "Python3"}) {
    expect_refused(with("\"python3\"", "\"" + std::string(package) + "\""), "\"packages\" is not");
  }
  for (const char* path : {"", "usr", "/", "/a/../b", "/a b", "/a'b", "/a$b"}) {
    expect_refused(with("\"/usr/share/doc/*\"", "\"" + std::string(path) + "\""), "\"exclude\" is not");
    expect_refused(with("\"/tmp/cache\"", "\"" + std::string(path) + "\""), "\"seed\" is not");
  }
  for (const char* value : {"a\\\"b", "$HOME", "a\\nb", "`x`", "a\\\\"}) {
    expect_refused(with("\"x y\"", "\"" + std::string(value) + "\""), "environment.A_B");
  }
  expect_refused(with("\"A_B\"", "\"A B\""), "not the name of a variable");
  expect_refused(with("\"bookworm\"", "\"--help\""), "base.debootstrap.suite");
  expect_refused(with("\"debian:12-slim\"", "\"debian\\nRUN x\""), "base.pull");
  expect_refused(with("\"numpy\"", "\"os; x\""), "\"imports\" is not");
  expect_refused(with("\"3.11\"", "\"3\""), "\"python\" is not");
  expect_refused(with("\"For tests\"", "\"a\\nb\""), "\"description\" is not");
}

TEST(RecipeTest, TheShippedRecipesAreGood) {
  const auto names = recipe_names(kShipped).value();
  EXPECT_EQ(names, (std::vector<std::string>{"python", "python-data"}));
  for (const std::string& name : names) {
    const auto recipe = load_recipe(kShipped, name);
    EXPECT_TRUE(recipe) << recipe.error().message;
  }
}

TEST(RecipeTest, AMissingRecipeNamesTheNearest) {
  const auto recipe = load_recipe(kShipped, "pyton");
  ASSERT_TRUE(recipe.has_error());
  EXPECT_NE(recipe.error().message.find("did you mean \"python\"?"), std::string::npos);
  EXPECT_TRUE(load_recipe(kShipped, "../recipes/python").has_error());
  EXPECT_TRUE(recipe_names("/no/such/folder").has_error());
}

TEST(RecipeTest, TheNameMustBeThatOfTheFolder) {
  const std::string folder = testing::TempDir() + "recipes-" + std::to_string(::getpid());
  std::filesystem::create_directories(folder + "/other");
  std::ofstream(folder + "/other/recipe.json") << kWhole;
  const auto recipe = load_recipe(folder, "other");
  ASSERT_TRUE(recipe.has_error());
  EXPECT_NE(recipe.error().message.find("not that of its folder"), std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sallyport::images

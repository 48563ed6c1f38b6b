#include "images/build_context.hpp"

#include "images/embedded_files.hpp"
#include "images/root_file_system.hpp"
#include "tests/support/source_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <string>

namespace sallyport::images {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

Recipe recipe() {
  Recipe made;
  made.name = "tiny";
  made.suite = "bookworm";
  made.python_version = "3.11";
  made.packages = {"python3", "dash"};
  made.exclude = {"/usr/share/x/*"};
  made.imports = {"numpy"};
  made.seed = {"/tmp/a", "/tmp/b"};
  made.environment = {{"MPLBACKEND", "Agg"}, {"HOME", "/elsewhere"}};
  made.text = "{}";
  return made;
}

std::string file(const std::string& path) {
  std::ifstream stream(test::source_folder() + "/images/agent/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(BuildContextTest, TheAgentIsCompiledIn) {
  EXPECT_EQ(agent_source(), file("agent.py"));
  EXPECT_EQ(prepare_image_source(), file("prepare_image.py"));
}

TEST(BuildContextTest, Dockerfile) {
  const std::string text = make_dockerfile(recipe(), "sallyport/base:1", Base::debootstrap);
  EXPECT_THAT(text, testing::StartsWith(
                        "FROM sallyport/base:1\nCOPY passwd group /etc/\nCOPY nsswitch.conf /etc/\n"));
  EXPECT_THAT(text, HasSubstr("\nENV MPLBACKEND=\"Agg\"\n"));
  EXPECT_THAT(text, HasSubstr("\nENV HOME=\"/elsewhere\"\n"));
  EXPECT_THAT(text, Not(HasSubstr("HOME=\"/tmp\"")));
  EXPECT_THAT(text, HasSubstr("\nUSER 65534:65534\n"));
  EXPECT_THAT(text, Not(HasSubstr("apt-get"))) << "no step needs a network";
}

TEST(BuildContextTest, DockerfileOnAPulledImageInstallsThePackages) {
  const std::string text = make_dockerfile(recipe(), "debian:12-slim", Base::pull);
  EXPECT_THAT(text, HasSubstr("--no-install-recommends python3 dash &&"));
  EXPECT_THAT(text, HasSubstr("\nCOPY nsswitch.conf /etc/\n")) << "localhost resolves in it too";
  EXPECT_THAT(text, Not(HasSubstr("COPY passwd")));
}

TEST(BuildContextTest, AgentConfig) {
  const auto config = nlohmann::json::parse(make_agent_config(recipe()));
  EXPECT_EQ(config, nlohmann::json::parse(
                        R"({"python": "3.11", "import": ["numpy"],
                            "seed": {"/tmp/a": "/usr/lib/sallyport/seed/0", "/tmp/b": "/usr/lib/sallyport/seed/1"}})"));
}

TEST(BuildContextTest, TheHashTellsRecipesApart) {
  Recipe other = recipe();
  EXPECT_EQ(recipe_sha(recipe()), recipe_sha(other));
  other.text = "{ }";
  EXPECT_NE(recipe_sha(recipe()), recipe_sha(other));
}

TEST(BuildContextTest, RecipesWithTheSamePackagesShareARootFileSystem) {
  Recipe other = recipe();
  other.name = "other";
  other.text = "other";
  other.imports = {};
  EXPECT_EQ(root_file_system_sha(recipe()), root_file_system_sha(other));
  other.packages.emplace_back("tzdata");
  EXPECT_NE(root_file_system_sha(recipe()), root_file_system_sha(other));
}

TEST(BuildContextTest, MmdebstrapCommand) {
  const auto command = mmdebstrap_command(recipe(), "/t/root.tar");
  EXPECT_EQ(command.front(), "mmdebstrap");
  EXPECT_THAT(command, Contains("--include=python3,dash"));
  EXPECT_THAT(command, Contains("--dpkgopt=path-exclude=/usr/share/x/*"));
  EXPECT_EQ(command[command.size() - 2], "bookworm");
  EXPECT_EQ(command.back(), "/t/root.tar") << "no mirror: the tool takes the host's own";
}

TEST(BuildContextTest, BaseNames) {
  EXPECT_EQ(parse_base(""), Base::automatic);
  EXPECT_EQ(parse_base("debootstrap"), Base::debootstrap);
  EXPECT_EQ(parse_base("pull"), Base::pull);
  EXPECT_EQ(parse_base("push"), std::nullopt);
}

}  // namespace
}  // namespace sallyport::images

#include "broker/policies.hpp"

#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace sallyport::broker {
namespace {

using Names = std::vector<std::string>;

class PoliciesTest : public ::testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) const { (void)folder_.write(file, text); }
  void remove(const std::string& file) const { std::filesystem::remove(folder_.path(file)); }

  sallyport::test::TemporaryFolder folder_;
};

TEST_F(PoliciesTest, ThoseThatAreShippedNeedNoFolder) {
  Policies policies("");
  EXPECT_TRUE(policies.load().empty());
  EXPECT_EQ(policies.names(), (Names{"default", "off", "strict", "trusted"}));
  EXPECT_FALSE(policies.find("off")->enabled);
  EXPECT_TRUE(policies.find("default")->enabled);
  EXPECT_EQ(policies.find("nothing"), nullptr);
}

TEST_F(PoliciesTest, AFolderAddsAndReplaces) {
  write("mine.json", R"({"name": "mine", "enabled": false})");
  write("default.json", R"({"name": "default", "summary": "ours"})");
  write("notes.txt", "not a policy");
  Policies policies(folder_.path(""));
  EXPECT_EQ(policies.find("mine"), nullptr) << "not before it was loaded";
  EXPECT_EQ(policies.load(), Names());
  EXPECT_EQ(policies.names(), (Names{"default", "mine", "off", "strict", "trusted"}));
  EXPECT_EQ(policies.find("default")->summary, "ours");
}

TEST_F(PoliciesTest, AnyMistakeKeepsWhatWasLoaded) {
  write("mine.json", R"({"name": "mine", "summary": "first"})");
  Policies policies(folder_.path(""));
  ASSERT_EQ(policies.load(), Names());
  const auto held = policies.find("mine");

  write("mine.json", R"({"name": "mine", "summary": "second"})");
  write("broken.json", R"({"name": "broken", "importz": {}})");
  write("torn.json", "{");
  write("other.json", R"({"name": "another"})");
  const Names mistakes = policies.load();
  ASSERT_EQ(mistakes.size(), 3U);
  EXPECT_NE(mistakes[0].find("broken.json: importz: "), std::string::npos) << mistakes[0];
  EXPECT_NE(mistakes[0].find("did you mean \"imports\"?"), std::string::npos) << mistakes[0];
  EXPECT_NE(mistakes[1].find("other.json: name: is \"another\""), std::string::npos) << mistakes[1];
  EXPECT_NE(mistakes[2].find("torn.json: "), std::string::npos) << mistakes[2];
  EXPECT_EQ(policies.find("mine")->summary, "first");
  EXPECT_EQ(policies.find("broken"), nullptr);

  remove("broken.json");
  remove("torn.json");
  remove("other.json");
  EXPECT_EQ(policies.load(), Names());
  EXPECT_EQ(policies.find("mine")->summary, "second");
  EXPECT_EQ(held->summary, "first") << "what was handed out stays as it was";
}

TEST_F(PoliciesTest, ARulesOwnExamplesAreChecked) {
  write("mine.json", R"({"name": "mine", "imports": {"modules": {"math": "*"}}, "rules": {"import": {
    "type": "forbidden_import", "severity": "high", "action": "block", "rationale": "r", "message": "m",
    "examples": {"match": ["import os", "import math"], "pass": []}}}})");
  Policies policies(folder_.path(""));
  const Names mistakes = policies.load();
  ASSERT_FALSE(mistakes.empty());
  EXPECT_NE(mistakes[0].find("mine.json: rules.import.examples"), std::string::npos) << mistakes[0];
}

TEST_F(PoliciesTest, AFolderThatIsNotThereIsAMistake) {
  Policies policies(folder_.path("nowhere"));
  ASSERT_EQ(policies.load().size(), 1U);
  EXPECT_EQ(policies.names().size(), 4U);
}

}  // namespace
}  // namespace sallyport::broker

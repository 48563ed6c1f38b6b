#include "images/record.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::images {
namespace {

class RecordTest : public testing::Test {
 protected:
  RecordTest() : folder_(testing::TempDir() + "record-" + std::to_string(::getpid())) {}
  ~RecordTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return folder_ + "/state/images.json"; }

  static RecordEntry entry(const std::string& name) {
    RecordEntry made;
    made.name = name;
    made.digest = "sha256:" + std::string(64, 'a');
    made.python_version = "3.11";
    made.imports = {"numpy", "pandas"};
    made.recipe_sha = "1234";
    made.verified_at = "2025-01-31T12:00:00Z";
    return made;
  }

  std::string folder_;
};

TEST_F(RecordTest, AMissingFileIsAnEmptyRecord) {
  EXPECT_TRUE(Record::load(path()).value().entries().empty());
}

TEST_F(RecordTest, ComesBackAsItWasSaved) {
  Record record;
  record.set(entry("python"));
  record.set(entry("python-data"));
  ASSERT_TRUE(record.save(path()));
  const Record loaded = Record::load(path()).value();
  ASSERT_EQ(loaded.entries().size(), 2U);
  const RecordEntry* found = loaded.find("python");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "python");
  EXPECT_EQ(found->digest, entry("").digest);
  EXPECT_EQ(found->python_version, "3.11");
  EXPECT_EQ(found->imports, entry("").imports);
  EXPECT_EQ(found->recipe_sha, "1234");
  EXPECT_EQ(found->verified_at, "2025-01-31T12:00:00Z");
  EXPECT_EQ(loaded.find("other"), nullptr);
  EXPECT_EQ(loaded.to_json(), record.to_json());
}

TEST_F(RecordTest, SavingLeavesOneFileThatAllMayRead) {
  Record record;
  ASSERT_TRUE(record.save(path()));
  record.set(entry("python"));
  ASSERT_TRUE(record.save(path()));
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644U);
  const auto files = std::filesystem::directory_iterator(folder_ + "/state");
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "a temporary file was left";
}

TEST_F(RecordTest, EraseTellsWhetherThereWasOne) {
  Record record;
  record.set(entry("python"));
  EXPECT_TRUE(record.erase("python"));
  EXPECT_FALSE(record.erase("python"));
}

TEST_F(RecordTest, MalformedRecordsAreErrorsThatNameTheFile) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"images": 3})", R"({"images": {"a": {}}})",
        R"({"images": {"a": {"digest": 3}}})", R"({"images": {"a": {"digest": "python:latest"}}})",
        R"({"images": {"a": {"digest": "sha256:a", "imports": 3}}})"}) {
    const auto record = Record::parse(text, "the-file");
    ASSERT_TRUE(record.has_error()) << text;
    EXPECT_EQ(record.error().kind, ErrorKind::record);
    EXPECT_NE(record.error().message.find("the-file"), std::string::npos);
  }
}

TEST_F(RecordTest, AFolderThatCannotBeMadeIsAnError) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ + "/state") << "a file";
  const auto saved = Record().save(path());
  ASSERT_TRUE(saved.has_error());
  EXPECT_EQ(saved.error().kind, ErrorKind::record);
}

TEST_F(RecordTest, AFailedSaveKeepsTheOldRecord) {
  std::filesystem::create_directories(path());  // A folder stands where the file should.
  const auto saved = Record().save(path());
  ASSERT_TRUE(saved.has_error());
  const auto files = std::filesystem::directory_iterator(folder_ + "/state");
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "a temporary file was left";
}

}  // namespace
}  // namespace sallyport::images

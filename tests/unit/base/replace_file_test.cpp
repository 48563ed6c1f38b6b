#include "base/replace_file.hpp"

#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace sallyport::base {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ReplaceFileTest, GivesTextAndModeAndLeavesNothingElse) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("new/file");
  EXPECT_EQ(replace_file(path, "one", 0600), "");
  EXPECT_EQ(replace_file(path, "two", 0640), "");
  EXPECT_EQ(text_of(path), "two");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
  const auto files = std::filesystem::directory_iterator(folder.path("new"));
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(ReplaceFileTest, SaysWhatIsWrongAndLeavesTheFileAsItWas) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("folder");
  std::filesystem::create_directory(path);
  EXPECT_NE(replace_file(path, "text", 0600), "");  // A folder cannot be replaced by a file.
  EXPECT_TRUE(std::filesystem::is_directory(path));
  const std::string file = folder.write("file", "text");
  EXPECT_NE(replace_file(file + "/x", "text", 0600), "");  // A file is no folder.
}

}  // namespace
}  // namespace sallyport::base

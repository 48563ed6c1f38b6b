#include "broker/api/input_path.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::broker {
namespace {

TEST(InputPath, AcceptsWhatAFileMayBeCalled) {
  for (const std::string path : {"a", "data/in.csv", ".hidden", "...", "a b", "-rf", "~",
                                 "d\xC3\xA9j\xC3\xA0/vu", "a/..b/c..", "C:\\x"}) {
    EXPECT_EQ(path_mistake(path), "") << path;
  }
  EXPECT_EQ(path_mistake(std::string(255, 'a')), "");
}

TEST(InputPath, RefusesWhatLeadsElsewhere) {
  EXPECT_EQ(path_mistake(""), "must not be empty");
  EXPECT_EQ(path_mistake("/etc/passwd"), "must be relative, without a leading \"/\"");
  EXPECT_EQ(path_mistake(".."), "must not have a segment \"..\"");
  EXPECT_EQ(path_mistake("a/../b"), "must not have a segment \"..\"");
  EXPECT_EQ(path_mistake("a/.."), "must not have a segment \"..\"");
  EXPECT_EQ(path_mistake("./a"), "must not have a segment \".\"");
  EXPECT_EQ(path_mistake("a//b"), "must not have an empty segment (\"//\", or \"/\" at its end)");
  EXPECT_EQ(path_mistake("a/"), "must not have an empty segment (\"//\", or \"/\" at its end)");
  EXPECT_EQ(path_mistake(std::string("a\0b", 3)), "must not hold control characters");
  EXPECT_EQ(path_mistake("a\nb"), "must not hold control characters");
  EXPECT_EQ(path_mistake("a\x7F"), "must not hold control characters");
  EXPECT_EQ(path_mistake("a\xC2\x9B"), "must not hold control characters");
  EXPECT_EQ(path_mistake(std::string(256, 'a')), "has a segment longer than 255 bytes");
  EXPECT_EQ(path_mistake(std::string(4097, 'a')), "is longer than 4096 bytes");
  std::string deep = "a";
  for (int i = 0; i < 31; ++i) deep += "/a";
  EXPECT_EQ(path_mistake(deep), "");
  EXPECT_EQ(path_mistake(deep + "/a"), "has more than 32 segments");
}

TEST(InputPath, FilesDoNotGetInEachOthersWay) {
  InputPaths paths;
  EXPECT_EQ(paths.add("a/b"), "");
  EXPECT_EQ(paths.add("a/c"), "");
  EXPECT_EQ(paths.add("ab"), "");
  EXPECT_EQ(paths.add("a/b"), "is given twice");
  EXPECT_EQ(paths.add("a"), "is a folder of another file");
  EXPECT_EQ(paths.add("ab/c/d"), "lies in \"ab\", which is another file");
}

}  // namespace
}  // namespace sallyport::broker

// The tar writer and the hash, against other implementations of both.
#include "images/tar.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace sallyport::images {
namespace {

std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 4096> buffer{};
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), count);
  }
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return output;
}

class TarTest : public testing::Test {
 protected:
  TarTest() : path_(testing::TempDir() + "tar-" + std::to_string(::getpid()) + ".tar") {}
  ~TarTest() override { std::filesystem::remove(path_); }

  void write(const std::string& archive) { std::ofstream(path_, std::ios::binary) << archive; }

  std::string path_;
};

TEST_F(TarTest, OtherToolsReadIt) {
  TarWriter tar;
  const std::string block(512, 'b');
  const std::string bytes("\0\xff\n", 3);
  tar.add_file("Dockerfile", "FROM x\n");
  tar.add_file("bin/run", "#!", 0755);
  tar.add_file("empty", "");
  tar.add_file("block", block);
  tar.add_file("bytes", bytes);
  write(tar.finish());
  EXPECT_EQ(output_of("TZ=UTC tar --numeric-owner -tvf " + path_),
            "-rw-r--r-- 0/0               7 1970-01-01 00:00 Dockerfile\n"
            "-rwxr-xr-x 0/0               2 1970-01-01 00:00 bin/run\n"
            "-rw-r--r-- 0/0               0 1970-01-01 00:00 empty\n"
            "-rw-r--r-- 0/0             512 1970-01-01 00:00 block\n"
            "-rw-r--r-- 0/0               3 1970-01-01 00:00 bytes\n");
  EXPECT_EQ(output_of("tar -xOf " + path_ + " block"), block);
  EXPECT_EQ(output_of("tar -xOf " + path_ + " bytes"), bytes);
}

TEST_F(TarTest, EqualContentsGiveEqualBytes) {
  TarWriter a;
  TarWriter b;
  a.add_file("x", "y");
  b.add_file("x", "y");
  const std::string archive = a.finish();
  EXPECT_EQ(archive, b.finish());
  EXPECT_EQ(archive.size(), 4 * 512U);
  EXPECT_EQ(a.finish(), std::string(1024, '\0')) << "the writer is empty after finish";
}

TEST_F(TarTest, RefusesWhatTheFormatCannotHold) {
  TarWriter tar;
  tar.add_file(std::string(100, 'p'), "");
  EXPECT_THROW(tar.add_file(std::string(101, 'p'), ""), std::length_error);
}

}  // namespace
}  // namespace sallyport::images

#include "broker/log/destination.hpp"

#include "tests/unit/broker/log/support.hpp"

#include <gmock/gmock.h>

#include <array>
#include <fcntl.h>
#include <signal.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace sallyport::broker::log {
namespace {

using testing::ElementsAre;

std::shared_ptr<Destination> open_destination(const std::string& path, Rotation rotation) {
  auto result = Destination::open(path, rotation);
  if (const auto* error = std::get_if<std::string>(&result)) {
    ADD_FAILURE() << *error;
    return nullptr;
  }
  return std::get<0>(result);
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

TEST(Destination, RotatesBySizeAndKeepsTheYoungest) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.log");
  const auto destination = open_destination(path, {.max_bytes = 10, .max_files = 2});
  for (const auto* line : {"1111", "2222", "3333", "4444", "5555", "6666", "7777"}) {
    EXPECT_TRUE(destination->write(line));
  }
  EXPECT_THAT(lines_of(path), ElementsAre("7777"));
  EXPECT_THAT(lines_of(path + ".1"), ElementsAre("5555", "6666"));
  EXPECT_THAT(lines_of(path + ".2"), ElementsAre("3333", "4444"));
  EXPECT_FALSE(std::filesystem::exists(path + ".3"));
}

TEST(Destination, ALineLargerThanTheFileIsWrittenWhole) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.log");
  const auto destination = open_destination(path, {.max_bytes = 10, .max_files = 1});
  EXPECT_TRUE(destination->write(std::string(100, 'x')));
  EXPECT_TRUE(destination->write("y"));
  EXPECT_THAT(lines_of(path), ElementsAre("y"));
  EXPECT_THAT(lines_of(path + ".1"), ElementsAre(std::string(100, 'x')));
}

TEST(Destination, ContinuesWhatIsThere) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.log");
  for (const auto* line : {"1111", "2222", "3333"}) {
    EXPECT_TRUE(open_destination(path, {.max_bytes = 10, .max_files = 1})->write(line));
  }
  EXPECT_THAT(lines_of(path), ElementsAre("3333"));
  EXPECT_THAT(lines_of(path + ".1"), ElementsAre("1111", "2222"));
}

TEST(Destination, FilesAreForOwnerAndGroup) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.log");
  const auto before = ::umask(0077);
  const auto destination = open_destination(path, {.max_bytes = 4, .max_files = 1});
  destination->write("1111");
  destination->write("2222");
  ::umask(before);
  EXPECT_EQ(mode_of(path), 0640U);
  EXPECT_EQ(mode_of(path + ".1"), 0640U);
}

TEST(Destination, LinesGoOnWhereRotationFails) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.log");
  std::filesystem::create_directories(path + ".1/not-empty");  // What a file cannot be renamed to.
  const auto destination = open_destination(path, {.max_bytes = 10, .max_files = 1});
  for (const auto* line : {"1111", "2222", "3333"}) EXPECT_TRUE(destination->write(line));
  EXPECT_THAT(lines_of(path), ElementsAre("1111", "2222", "3333"));
  std::filesystem::remove_all(path + ".1");
  for (const auto* line : {"4444", "5555"}) EXPECT_TRUE(destination->write(line));
  EXPECT_THAT(lines_of(path), ElementsAre("5555"));
}

TEST(Destination, LinesGoOnWhereTheFileIsTakenAway) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.log");
  const auto destination = open_destination(path, {.max_bytes = 10, .max_files = 1});
  EXPECT_TRUE(destination->write("1111"));
  std::filesystem::remove(path);
  EXPECT_TRUE(destination->write("2222"));
  EXPECT_TRUE(destination->write("3333"));
  EXPECT_THAT(lines_of(path), ElementsAre("3333"));
}

TEST(Destination, AFullDiskRefuses) {
  const auto destination = open_destination("/dev/full", {.max_bytes = 10, .max_files = 1});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(destination->write("1111"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));  // Not rotated away.
}

// A real limit on the file's size stands in for a disk that fills within a line.
TEST(Destination, ATornLineDoesNotSpoilTheNext) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.log");
  const auto destination = open_destination(path, {.max_bytes = 1000, .max_files = 1});
  auto* const before_signal = ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 8;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const bool first = destination->write("1111");
  const bool torn = destination->write("2222");
  const bool refused = destination->write("3333");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, before_signal);
  EXPECT_TRUE(first);
  EXPECT_FALSE(torn);
  EXPECT_FALSE(refused);
  EXPECT_TRUE(destination->write("4444"));
  EXPECT_TRUE(destination->write("5555"));
  EXPECT_THAT(lines_of(path), ElementsAre("1111", "222", "4444", "5555"));
}

class PipeTest : public testing::Test {
 protected:
  PipeTest() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~PipeTest() override {
    close_end(0);
    close_end(1);
  }

  void close_end(std::size_t end) {
    if (ends_.at(end) >= 0) ::close(ends_.at(end));
    ends_.at(end) = -1;
  }

  std::array<int, 2> ends_{-1, -1};
};

TEST_F(PipeTest, AReaderThatStallsIsGivenUpOnUntilItReads) {
  using Clock = std::chrono::steady_clock;
  const auto patience = std::chrono::milliseconds(200);
  Destination destination(ends_[1], false, "", {.max_bytes = 0, .max_files = 1, .patience = patience});
  const std::string line(10'000, 'x');
  auto begin = Clock::now();
  int written = 0;
  while (destination.write(line)) ++written;
  EXPECT_GT(written, 0);
  EXPECT_GE(Clock::now() - begin, patience);

  begin = Clock::now();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(destination.write(line));
  EXPECT_LT(Clock::now() - begin, patience);

  std::thread reader([this] {
    std::array<char, 65'536> buffer{};
    while (::read(ends_[0], buffer.data(), buffer.size()) > 0) {
    }
  });
  const auto give_up = Clock::now() + std::chrono::seconds(10);
  bool again = false;
  while (!again && Clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    again = destination.write("again");
  }
  EXPECT_TRUE(again);
  close_end(1);
  reader.join();
}

TEST_F(PipeTest, AReaderThatIsGoneRefuses) {
  auto* const before = ::signal(SIGPIPE, SIG_IGN);
  Destination destination(ends_[1], false, "", {});
  close_end(0);
  EXPECT_FALSE(destination.write("1111"));
  ::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace sallyport::broker::log

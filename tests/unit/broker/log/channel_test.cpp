// What happens when lines come faster than they are written.
#include "broker/log/channel.hpp"

#include "broker/log/destination.hpp"
#include "tests/unit/broker/log/support.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <fcntl.h>
#include <future>
#include <string>
#include <thread>
#include <unistd.h>

namespace sallyport::broker::log {
namespace {

using namespace std::chrono_literals;

// A pipe that nobody reads until the test says so: a disk that has stopped.
class StalledDisk {
 public:
  explicit StalledDisk(std::chrono::milliseconds patience) {
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    destination_ = std::make_shared<Destination>(
        ends_[1], false, "", Rotation{.max_bytes = 0, .max_files = 1, .patience = patience});
  }
  StalledDisk(const StalledDisk&) = delete;
  StalledDisk& operator=(const StalledDisk&) = delete;
  ~StalledDisk() {
    if (reader_.joinable()) finish();
    ::close(ends_[0]);
  }

  [[nodiscard]] std::shared_ptr<Destination> destination() const { return destination_; }

  void go_on() {
    reader_ = std::thread([this] {
      std::array<char, 65'536> buffer{};
      for (;;) {
        const auto count = ::read(ends_[0], buffer.data(), buffer.size());
        if (count <= 0) return;
        text_.append(buffer.data(), static_cast<std::size_t>(count));
      }
    });
  }

  /// All that was written, once no channel writes any more.
  std::vector<std::string> finish() {
    ::close(ends_[1]);
    reader_.join();
    std::vector<std::string> lines;
    std::istringstream text(text_);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

 private:
  std::array<int, 2> ends_{};
  std::shared_ptr<Destination> destination_;
  std::thread reader_;
  std::string text_;
};

constexpr std::size_t capacity = 16;
const std::string line = std::string(1000, 'x');
constexpr int flood = 500;  // Much more than the pipe and the queue take together.

TEST(Channel, OperationalRecordsDoNotWaitAndTheLossIsTold) {
  const Context context{{}, fixed_time};
  StalledDisk disk(60s);
  std::uint64_t lost = 0;
  {
    Channel channel(disk.destination(), capacity, WhenFull::lose_oldest, context);
    for (int i = 0; i < flood; ++i) channel.post(line + std::to_string(i));  // Returns although nobody reads.
    disk.go_on();
  }
  std::uint64_t told = 0;
  std::uint64_t written = 0;
  std::string last;
  for (const auto& text : disk.finish()) {
    if (text.starts_with('{')) {
      const auto record = nlohmann::json::parse(text);
      EXPECT_EQ(record.at("event"), "log_records_lost");
      EXPECT_EQ(record.at("level"), "warning");
      told += record.at("count").get<std::uint64_t>();
    } else {
      ++written;
      last = text;
    }
  }
  lost = flood - written;
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(told, lost);
  EXPECT_EQ(last, line + std::to_string(flood - 1));
}

TEST(Channel, AuditRecordsWaitAndNoneIsLost) {
  const Context context{{}, fixed_time};
  StalledDisk disk(60s);
  {
    Channel channel(disk.destination(), capacity, WhenFull::wait, context);
    std::atomic<int> posted = 0;
    auto writer = std::async(std::launch::async, [&] {
      for (; posted < flood; ++posted) channel.post(line + std::to_string(posted));
    });
    EXPECT_EQ(writer.wait_for(300ms), std::future_status::timeout);
    EXPECT_LT(posted, flood);
    disk.go_on();
    writer.get();
    EXPECT_EQ(channel.lost(), 0U);
  }
  const auto lines = disk.finish();
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(flood));
  for (int i = 0; i < flood; ++i) EXPECT_EQ(lines.at(static_cast<std::size_t>(i)), line + std::to_string(i));
}

TEST(Channel, AuditRecordsDoNotWaitForEver) {
  const Context context{{}, fixed_time};
  StalledDisk disk(100ms);
  const auto begin = std::chrono::steady_clock::now();
  {
    Channel channel(disk.destination(), capacity, WhenFull::wait, context);
    for (int i = 0; i < flood; ++i) channel.post(line);
    EXPECT_GT(channel.lost(), 0U);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  disk.go_on();
}

TEST(Channel, TheLossOfAFullDiskIsToldOnceThereIsRoom) {
  // A device that refuses and then does not: the descriptor is replaced below the destination.
  const TemporaryFolder folder;
  const auto path = folder.path("a.log");
  const int fd = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  const Context context{{}, fixed_time};
  {
    Channel channel(std::make_shared<Destination>(fd, false, "", Rotation{}), capacity, WhenFull::wait,
                    context);
    for (int i = 0; i < 3; ++i) channel.post("lost");
    while (channel.lost() < 3) std::this_thread::sleep_for(1ms);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    ASSERT_EQ(::dup2(file, fd), fd);
    ::close(file);
    channel.post("{}");
  }
  ::close(fd);
  std::uint64_t told = 0;
  for (const auto& record : records_of(path)) told += record.value("count", 0U);
  EXPECT_EQ(told, 3U);
}

}  // namespace
}  // namespace sallyport::broker::log

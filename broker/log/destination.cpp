#include "broker/log/destination.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::log {
namespace {

constexpr mode_t file_mode = 0640;
// A pipe or terminal that poll() calls writable takes at least this much without blocking.
constexpr std::size_t writable_at_once = 4096;

// O_NONBLOCK: the opening of a FIFO fails rather than waits for a reader; regular files do not mind.
constexpr int open_flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

int open_for_append(const std::string& path) {
  const int made = ::open(path.c_str(), open_flags | O_CREAT | O_EXCL, file_mode);
  if (made >= 0) {
    // The umask may have taken away what the group needs to read.
    static_cast<void>(::fchmod(made, file_mode));
    return made;
  }
  if (errno != EEXIST) return -1;
  // O_CREAT again: the file may have been moved away since.
  return ::open(path.c_str(), open_flags | O_CREAT, file_mode);
}

bool rename_if_there(const std::string& from, const std::string& to) {
  return std::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT;
}

}  // namespace

std::variant<std::shared_ptr<Destination>, std::string> Destination::open(const std::string& path,
                                                                          Rotation rotation) {
  if (path.empty()) return std::make_shared<Destination>(STDERR_FILENO, false, path, std::move(rotation));
  const int fd = open_for_append(path);
  if (fd < 0) return path + " cannot be opened: " + std::generic_category().message(errno);
  return std::make_shared<Destination>(fd, true, path, std::move(rotation));
}

Destination::Destination(int fd, bool owned, std::string path, Rotation rotation)
    : fd_(fd), owned_(owned), path_(std::move(path)), rotation_(std::move(rotation)) {
  inspect();
}

Destination::~Destination() {
  if (owned_) ::close(fd_);
}

void Destination::inspect() {
  struct stat status {};
  const bool known = ::fstat(fd_, &status) == 0;
  regular_ = known && S_ISREG(status.st_mode);
  size_ = regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
  rotate_at_ = rotation_.max_bytes;
  inode_ = known ? status.st_ino : 0;
  device_ = known ? status.st_dev : 0;
}

void Destination::follow() {
  const std::scoped_lock lock(mutex_);
  struct stat status {};
  if (!owned_ || !regular_) return;
  const bool there = ::stat(path_.c_str(), &status) == 0;
  if (there && status.st_ino == inode_ && status.st_dev == device_) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    return;
  }
  const int fd = open_for_append(path_);
  if (fd < 0) return;  // Rather into the file of before than nowhere.
  ::close(fd_);
  fd_ = fd;
  torn_ = false;
  inspect();
}

bool Destination::write(std::string_view line) {
  std::string bytes;
  bytes.reserve(line.size() + 1);
  bytes.append(line).push_back('\n');
  return append(bytes) == bytes.size();
}

std::size_t Destination::append(std::string_view lines) {
  const std::scoped_lock lock(mutex_);
  // Standard error is another's file even where it is a regular one.
  const std::size_t size = lines.size() + (torn_ ? 1 : 0);
  if (owned_ && regular_ && size_ > 0 && size_ + size > rotate_at_) rotate();
  if (!torn_) return write_some(lines);
  const std::size_t written = write_some(std::string("\n").append(lines));
  return written - std::min<std::size_t>(written, 1);
}

// Whatever goes wrong, lines go on into the file that is open: too large a log is better than none.
void Destination::rotate() {
  const auto numbered = [this](std::uint64_t number) { return path_ + "." + std::to_string(number); };
  if (rotation_.on_drop) rotation_.on_drop(numbered(rotation_.max_files));
  bool moved = true;
  for (auto number = rotation_.max_files; moved && number > 1; --number) {
    moved = rename_if_there(numbered(number - 1), numbered(number));
  }
  moved = moved && rename_if_there(path_, numbered(1));
  const int fd = moved ? open_for_append(path_) : -1;
  if (fd < 0) {
    rotate_at_ = size_ + rotation_.max_bytes;  // Not with every line again.
    return;
  }
  ::close(fd_);
  fd_ = fd;
  ++rotations_;
  inspect();
}

/// How many bytes went out before something was in the way of the rest.
std::size_t Destination::write_some(std::string_view bytes) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + (stalled_ ? std::chrono::milliseconds(0) : rotation_.patience);
  const std::string_view whole = bytes;
  while (!bytes.empty()) {
    if (!regular_ && !wait_for_reader(deadline)) {
      stalled_ = true;
      break;
    }
    const auto count =
        ::write(fd_, bytes.data(), regular_ ? bytes.size() : std::min(bytes.size(), writable_at_once));
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      size_ += static_cast<std::uint64_t>(count);
    } else if (errno == EAGAIN && Clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll() was too confident.
    } else if (errno != EINTR) {
      break;
    }
  }
  const std::string_view written = whole.substr(0, whole.size() - bytes.size());
  // When nothing at all was written, an earlier tear is still there.
  if (!written.empty()) torn_ = !written.ends_with('\n');
  if (bytes.empty()) stalled_ = false;
  return written.size();
}

bool Destination::wait_for_reader(std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd target{fd_, POLLOUT, 0};
    const int ready = ::poll(&target, 1, std::max(0, static_cast<int>(left.count())));
    if (ready >= 0 || errno != EINTR)
      return ready != 0;  // An error shows again, with its reason, in write().
  }
}

}  // namespace sallyport::broker::log

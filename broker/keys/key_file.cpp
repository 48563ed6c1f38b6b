#include "broker/keys/key_file.hpp"

#include "base/replace_file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::keys {
namespace {

constexpr mode_t kMode = 0600;
constexpr std::size_t kMaxFileBytes = 32 * 1024 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string reason() {
  return std::generic_category().message(errno);
}

/// What is wrong with owner and mode; empty if nothing is.
std::string exposure(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return reason();
  if (!S_ISREG(status.st_mode)) return "is not a regular file";
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return "belongs to another user (uid " + std::to_string(status.st_uid) + ")";
  }
  if ((status.st_mode & 077U) != 0)
    return "may be read or written by others than its owner; chmod 600 mends it";
  return {};
}

}  // namespace

KeyFileResult<std::vector<Key>> KeyFile::read() const {
  const auto failed = [this](const std::string& why) { return KeyFileError{path_ + ": " + why}; };
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::vector<Key>();
    return failed("cannot be opened: " + reason());
  }
  if (const std::string mistake = exposure(file.get()); !mistake.empty()) return failed(mistake);
  std::string text;
  std::array<char, 65'536> piece{};
  for (;;) {
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("cannot be read: " + reason());
    if (count == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > kMaxFileBytes) return failed("is longer than any key file");
  }
  auto keys = parse_key_file(text);
  if (keys.has_error()) return failed(keys.error().message);
  return keys;
}

KeyFileResult<void> KeyFile::update(const std::function<std::string(std::vector<Key>&)>& change) const {
  const std::string lock_path = path_ + ".lock";
  std::error_code ignored;  // That of opening the lock file says more.
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  const Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode));
  if (lock.get() < 0) return KeyFileError{lock_path + ": cannot be opened: " + reason()};
  // Root makes it for the user that the broker runs as.
  struct stat folder {};
  if (::geteuid() == 0 && ::stat(std::filesystem::path(path_).parent_path().c_str(), &folder) == 0) {
    static_cast<void>(::fchown(lock.get(), folder.st_uid, folder.st_gid) == 0);
  }
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return KeyFileError{lock_path + ": cannot be locked: " + reason()};
  }
  auto keys = read();
  if (keys.has_error()) return keys.error();
  if (std::string mistake = change(*keys); !mistake.empty()) return KeyFileError{std::move(mistake)};
  const std::string text = key_file_text(*keys);
  // What could not be read again would lock everybody out.
  if (const auto again = parse_key_file(text); again.has_error()) return again.error();
  if (const std::string mistake = base::replace_file(path_, text, kMode, true); !mistake.empty()) {
    return KeyFileError{path_ + ": " + mistake};
  }
  return {};
}

std::optional<FileStamp> stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  FileStamp stamp;
  stamp.inode = status.st_ino;
  stamp.changed_seconds = status.st_ctim.tv_sec;
  stamp.changed_nanoseconds = status.st_ctim.tv_nsec;
  stamp.size = static_cast<std::uint64_t>(status.st_size);
  return stamp;
}

}  // namespace sallyport::broker::keys

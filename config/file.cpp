#include "config/file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace sallyport::config {
namespace {

// Closes on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

FileError cannot_read(int error) {
  return {"cannot be read: " + std::generic_category().message(error), error == ENOENT || error == ENOTDIR};
}

}  // namespace

std::variant<std::string, FileError> read_file(const std::string& path, std::size_t limit) {
  // A path with a NUL inside would be opened as a shorter one.
  if (path.find('\0') != std::string::npos) return FileError{"cannot be read: its name has a NUL byte"};
  // Without O_NONBLOCK the opening of a FIFO would wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return cannot_read(errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return cannot_read(errno);
  if (S_ISDIR(status.st_mode)) return FileError{"is a directory, not a file"};
  if (!S_ISREG(status.st_mode)) return FileError{"is not a regular file"};

  // The size that the status told may be out of date by now; the bound is on what is read.
  std::string text;
  std::array<char, 16'384> buffer{};
  for (;;) {
    const auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(errno);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > limit) return FileError{"is larger than " + std::to_string(limit) + " bytes"};
  }
}

}  // namespace sallyport::config

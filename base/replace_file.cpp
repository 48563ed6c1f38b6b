#include "base/replace_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace sallyport::base {
namespace {

/// A descriptor that closes itself.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

std::string replace_file(const std::string& path, std::string_view text, mode_t mode, bool folders_owner) {
  const auto failed = [](const char* what) {
    return std::string(what) + ": " + std::generic_category().message(errno);
  };
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(path, error).parent_path();
  if (!error) std::filesystem::create_directories(folder, error);
  if (error) return "its folder cannot be made: " + error.message();

  std::string temporary = path + ".XXXXXX";
  const File file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return failed("cannot be written");
  struct stat owner {};
  const bool give = folders_owner && ::geteuid() == 0 && ::stat(folder.c_str(), &owner) == 0;
  if ((give && ::fchown(file.get(), owner.st_uid, owner.st_gid) != 0) || !write_all(file.get(), text) ||
      ::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    std::string mistake = failed("cannot be written");
    ::unlink(temporary.c_str());
    return mistake;
  }
  const File directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return failed("its folder cannot be synced");
  return {};
}

}  // namespace sallyport::base

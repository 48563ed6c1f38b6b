#include "broker/cli/instance_lock.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::cli {
namespace {

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const auto got = ::pread(descriptor, text.data(), text.size() - 1, 0);
  return got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : "unknown";
}

}  // namespace

boost::system::result<InstanceLock, LockError> InstanceLock::take(const std::string& folder,
                                                                  const std::string& instance) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return LockError{"instance.state_folder: " + folder + " cannot be made: " + error.message()};
  }
  const std::string path = folder + "/" + instance + ".lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) {
    return LockError{path + " cannot be opened: " + std::generic_category().message(errno)};
  }
  InstanceLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return LockError{"instance \"" + instance + "\" is already running (process " + holder(descriptor) +
                     "); stop it, or give this one another instance.name"};
  }
  const std::string pid = std::to_string(::getpid());
  // For people only; the lock itself does not depend on it.
  if (::ftruncate(descriptor, 0) == 0) static_cast<void>(!::pwrite(descriptor, pid.data(), pid.size(), 0));
  return lock;
}

InstanceLock::InstanceLock(InstanceLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

InstanceLock::~InstanceLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void throw_exception_from_error(const LockError& error, const boost::source_location&) {
  throw std::runtime_error(error.message);
}

}  // namespace sallyport::broker::cli

// One broker an instance.
#pragma once

#include <boost/system/result.hpp>

#include <string>

namespace sallyport::broker::cli {

struct LockError {
  std::string message;
};

/// Holds the lock file of an instance for as long as it lives. The kernel lets go of it when the process
/// ends, however it ends, so a lock is never left behind.
class InstanceLock {
 public:
  /// Takes `<folder>/<instance>.lock`; makes the folder if it is missing. The error names who holds it.
  static boost::system::result<InstanceLock, LockError> take(const std::string& folder,
                                                             const std::string& instance);

  InstanceLock(InstanceLock&& other) noexcept;
  InstanceLock& operator=(InstanceLock&&) = delete;
  InstanceLock(const InstanceLock&) = delete;
  InstanceLock& operator=(const InstanceLock&) = delete;
  ~InstanceLock();

 private:
  explicit InstanceLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

[[noreturn]] void throw_exception_from_error(const LockError& error, const boost::source_location& where);

}  // namespace sallyport::broker::cli

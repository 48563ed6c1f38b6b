#include "broker/log/audit_snapshot.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::log {

AuditSnapshot take_snapshot(const std::string& path) {
  AuditSnapshot snapshot;
  const int head = ::open((path + ".head").c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (head >= 0) {
    while (::flock(head, LOCK_SH) != 0 && errno == EINTR) {
    }
    snapshot.has_head = true;
    std::array<char, 256> text{};
    const ssize_t count = ::pread(head, text.data(), text.size(), 0);
    if (count > 0) snapshot.state = parse_trail_state({text.data(), static_cast<std::size_t>(count)});
  }
  for (std::string& name : audit_files(path)) {
    auto file = std::make_unique<AuditFile>(name);
    if (file->is_open()) snapshot.files.push_back({std::move(name), std::move(file)});
  }
  if (head >= 0) ::close(head);  // Gives the lock back.
  return snapshot;
}

}  // namespace sallyport::broker::log

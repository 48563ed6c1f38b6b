#include "broker/log/audit_head.hpp"

#include "base/hex.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace sallyport::broker::log {
namespace {

constexpr mode_t kMode = 0640;
constexpr std::size_t kNumber = 20;
constexpr std::size_t kLength = 3 * (kNumber + 1) + 64 + 1;

bool take_number(std::string_view& text, std::uint64_t& number) {
  if (text.size() <= kNumber || text[kNumber] != ' ') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + kNumber, number);
  if (error != std::errc() || end != text.data() + kNumber) return false;
  text.remove_prefix(kNumber + 1);
  return true;
}

}  // namespace

std::optional<TrailState> parse_trail_state(std::string_view text) {
  TrailState state;
  if (text.size() != kLength || !text.ends_with('\n')) return std::nullopt;
  text.remove_suffix(1);
  if (!take_number(text, state.first) || !take_number(text, state.last.sequence) ||
      !take_number(text, state.size)) {
    return std::nullopt;
  }
  if (!base::is_hex(text)) return std::nullopt;
  state.last.hash = text;
  return state;
}

std::string trail_state_text(const TrailState& state) {
  std::array<char, kLength + 1> text{};
  std::snprintf(text.data(), text.size(), "%020llu %020llu %020llu %s\n",
                static_cast<unsigned long long>(state.first),
                static_cast<unsigned long long>(state.last.sequence),
                static_cast<unsigned long long>(state.size), state.last.hash.c_str());
  return {text.data(), kLength};
}

std::variant<std::unique_ptr<AuditHead>, std::string> AuditHead::open(const std::string& trail_path) {
  const std::string path = trail_path + ".head";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, kMode);
  if (fd < 0) return path + " cannot be opened: " + std::generic_category().message(errno);
  return std::make_unique<AuditHead>(fd);
}

AuditHead::~AuditHead() {
  ::close(fd_);
}

AuditHead::Lock::Lock(AuditHead& head) : head_(head) {
  while (::flock(head_.fd_, LOCK_EX) != 0 && errno == EINTR) {
  }
}

AuditHead::Lock::~Lock() {
  ::flock(head_.fd_, LOCK_UN);
}

std::optional<TrailState> AuditHead::read() const {
  std::array<char, kLength + 1> text{};
  const ssize_t count = ::pread(fd_, text.data(), text.size(), 0);
  if (count != static_cast<ssize_t>(kLength)) return std::nullopt;
  return parse_trail_state({text.data(), kLength});
}

bool AuditHead::write(const TrailState& state) {
  const std::string text = trail_state_text(state);
  return ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace sallyport::broker::log

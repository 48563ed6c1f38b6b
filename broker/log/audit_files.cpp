#include "broker/log/audit_files.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::log {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

}  // namespace

std::vector<std::string> audit_files(const std::string& path) {
  const std::filesystem::path trail(path);
  const std::string prefix = trail.filename().string() + ".";
  std::vector<std::pair<std::uint64_t, std::string>> rotated;
  std::error_code error;
  const auto folder = trail.has_parent_path() ? trail.parent_path() : std::filesystem::path(".");
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    std::uint64_t number = 0;
    const char* const begin = name.data() + prefix.size();
    const char* const end = name.data() + name.size();
    const auto [stopped, mistake] = std::from_chars(begin, end, number);
    if (mistake == std::errc() && stopped == end) rotated.emplace_back(number, entry.path().string());
  }
  std::sort(rotated.rbegin(), rotated.rend());
  std::vector<std::string> files;
  for (auto& entry : rotated) files.push_back(std::move(entry.second));
  if (std::filesystem::exists(trail, error)) files.push_back(path);
  return files;
}

AuditFile::AuditFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)) {
  struct stat status {};
  if (fd_ >= 0 && ::fstat(fd_, &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
}

AuditFile::~AuditFile() {
  if (fd_ >= 0) ::close(fd_);
}

/// Sees to it that the buffer begins at `offset` and holds `bytes`, or all up to the end.
bool AuditFile::fill(std::uint64_t offset, std::size_t bytes) {
  const std::uint64_t wanted = std::min<std::uint64_t>(bytes, size_ > offset ? size_ - offset : 0);
  if (offset >= buffer_begin_ && offset + wanted <= buffer_begin_ + buffer_.size()) return true;
  buffer_.resize(std::min<std::uint64_t>(std::max(bytes, kPiece), size_ > offset ? size_ - offset : 0));
  buffer_begin_ = offset;
  std::size_t filled = 0;
  while (filled < buffer_.size()) {
    const ssize_t count =
        ::pread(fd_, buffer_.data() + filled, buffer_.size() - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  buffer_.resize(filled);
  return filled >= wanted;
}

std::optional<AuditFile::Line> AuditFile::line_at(std::uint64_t offset) {
  if (offset >= size_) return std::nullopt;
  for (std::size_t bytes = 4096;; bytes *= 4) {
    const std::size_t bounded = std::min(bytes, longest_line);
    if (!fill(offset, bounded)) return std::nullopt;
    const std::string_view text = std::string_view(buffer_).substr(offset - buffer_begin_);
    const auto end = text.substr(0, longest_line).find('\n');
    Line line;
    line.begin = offset;
    if (end != std::string_view::npos) {
      line.text = text.substr(0, end);
      line.end = offset + end + 1;
      line.whole = true;
      return line;
    }
    const bool at_end = offset + text.size() >= size_;
    if (at_end || bounded == longest_line) {
      line.text = text.substr(0, longest_line);
      line.end = at_end && text.size() <= longest_line ? size_ : next_line(offset + longest_line);
      return line;
    }
  }
}

std::uint64_t AuditFile::next_line(std::uint64_t offset) {
  if (offset == 0) return 0;
  // The line before it has to end right in front.
  for (std::uint64_t place = offset - 1; place < size_;) {
    if (!fill(place, kPiece)) return size_;
    const std::string_view text = std::string_view(buffer_).substr(place - buffer_begin_);
    const auto end = text.find('\n');
    if (end != std::string_view::npos) return place + end + 1;
    place += text.size();
  }
  return size_;
}

std::uint64_t AuditFile::find(std::uint64_t sequence) {
  std::uint64_t low = 0;
  std::uint64_t high = size_;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    std::uint64_t place = next_line(middle);
    std::optional<ChainLink> link;
    while (!link && place < high) {
      const auto line = line_at(place);
      if (!line) break;
      link = link_of(line->text);
      if (!link) place = line->end;
    }
    if (!link || link->sequence >= sequence) {
      high = middle;
    } else {
      low = place + 1;
    }
  }
  return next_line(low);
}

AuditFile::Tail AuditFile::tail() {
  Tail tail;
  constexpr std::uint64_t kLook = longest_line + 4096;
  const std::uint64_t from = size_ > kLook ? next_line(size_ - kLook) : 0;
  std::uint64_t place = from;
  while (const auto line = line_at(place)) {
    const auto link = link_of(line->text);
    if (link) tail.last = ChainPoint{link->sequence, std::string(link->hash)};
    tail.unended = link && !line->whole;
    if (!link && !line->whole) tail.torn_bytes = line->end - line->begin;
    place = line->end;
  }
  return tail;
}

std::optional<std::uint64_t> AuditFile::first_sequence() {
  std::uint64_t place = 0;
  while (const auto line = line_at(place)) {
    if (const auto link = link_of(line->text)) return link->sequence;
    place = line->end;
  }
  return std::nullopt;
}

}  // namespace sallyport::broker::log

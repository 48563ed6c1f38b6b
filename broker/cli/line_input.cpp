#include "broker/cli/line_input.hpp"

#include <cerrno>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::cli {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

}  // namespace

LineInput::LineInput(int descriptor, std::size_t longest_line, std::function<void()> before_waiting)
    : descriptor_(descriptor), longest_line_(longest_line), before_waiting_(std::move(before_waiting)) {}

LineInput::Read LineInput::next(std::string& line) {
  for (;;) {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      line.assign(buffer_, begin_, end - begin_);
      begin_ = scanned_ = end + 1;
      return Read::line;
    }
    scanned_ = buffer_.size();
    if (buffer_.size() - begin_ > longest_line_) return Read::too_long;
    if (at_end_ || !fill()) {
      if (begin_ == buffer_.size()) return Read::end;
      line.assign(buffer_, begin_);
      begin_ = scanned_ = buffer_.size();
      return Read::line;
    }
  }
}

bool LineInput::fill() {
  if (would_wait()) before_waiting_();
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  const std::size_t size = buffer_.size();
  buffer_.resize(size + kPiece);
  ssize_t count = 0;
  do {
    count = ::read(descriptor_, buffer_.data() + size, kPiece);
  } while (count < 0 && errno == EINTR);
  buffer_.resize(size + (count > 0 ? static_cast<std::size_t>(count) : 0));
  at_end_ = count <= 0;
  return !at_end_;
}

bool LineInput::would_wait() const {
  pollfd entry{descriptor_, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 0;
}

}  // namespace sallyport::broker::cli

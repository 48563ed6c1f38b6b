#include "docker/json_lines.hpp"

#include <algorithm>

namespace sallyport::docker::detail {

void JsonLines::feed(std::string_view input) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
  }
  buffer_ += input;
}

Result<std::optional<std::string>> JsonLines::next() {
  for (;;) {
    const std::size_t newline = buffer_.find('\n', scanned_);
    const bool complete = newline != std::string::npos;
    scanned_ = complete ? newline : buffer_.size();
    const std::size_t length = scanned_ - begin_;
    if (length > max_line_bytes_) {
      return make_error(ErrorKind::too_large,
                        "a line of the stream exceeds " + std::to_string(max_line_bytes_) + " bytes");
    }
    if (!complete && (!finished_ || length == 0)) return std::optional<std::string>();
    std::string line = buffer_.substr(begin_, length);
    if (complete) ++scanned_;
    begin_ = scanned_;
    while (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) return std::optional<std::string>(std::move(line));
  }
}

}  // namespace sallyport::docker::detail

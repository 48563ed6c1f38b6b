// Where a channel's lines go. Inside the module only.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::broker::log {

/// Takes whole lines, in the order in which they come.
/// Thread-safety: `write` from any thread.
class LineSink {
 public:
  virtual ~LineSink() = default;
  /// Without the line's end. False if the line is lost.
  virtual bool write(std::string_view line) = 0;
  /// Several in a row, which may go out together. Adds to `written` those that are not lost, also where it
  /// throws. One that is lost does not keep back those behind it.
  virtual void write_lines(std::span<const std::string> lines, std::size_t& written) {
    for (const std::string& line : lines) written += write(line) ? 1 : 0;
  }
};

}  // namespace sallyport::broker::log

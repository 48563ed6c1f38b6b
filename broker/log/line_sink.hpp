// Where a channel's lines go. Inside the module only.
#pragma once

#include <string_view>

namespace sallyport::broker::log {

/// Takes whole lines, in the order in which they come.
/// Thread-safety: `write` from any thread.
class LineSink {
 public:
  virtual ~LineSink() = default;
  /// Without the line's end. False if the line is lost.
  virtual bool write(std::string_view line) = 0;
  /// Around several lines in a row; a line may also come alone.
  virtual void begin_batch() {}
  virtual void end_batch() {}
};

}  // namespace sallyport::broker::log

// Standard input line by line, knowing whether more is there at once.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace sallyport::broker::cli {

class LineInput {
 public:
  /// `before_waiting` is called whenever the next line is not there yet.
  LineInput(int descriptor, std::size_t longest_line, std::function<void()> before_waiting);

  enum class Read { line, end, too_long };
  /// The next line without its end. A last line without an end counts.
  Read next(std::string& line);

 private:
  bool fill();
  [[nodiscard]] bool would_wait() const;

  int descriptor_;
  std::size_t longest_line_;
  std::function<void()> before_waiting_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of what has not been handed out
  std::size_t scanned_ = 0;  // up to here there is no line end
  bool at_end_ = false;
};

}  // namespace sallyport::broker::cli

// Lines of a JSON stream (events, progress), as a state machine without I/O.
#pragma once

#include "docker/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::docker::detail {

/// Splits a stream into lines. Empty lines are skipped, "\r\n" counts as "\n", and a last line without an end
/// is given once `finish` was called. A line over the bound is an error, and stays one.
class JsonLines {
 public:
  explicit JsonLines(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  void feed(std::string_view input);
  void finish() { finished_ = true; }

  /// The next line; none when more input is needed, or after `finish` when there is no more.
  /// Error: `too_large`.
  [[nodiscard]] Result<std::optional<std::string>> next();

 private:
  std::size_t max_line_bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;    ///< Of the line under way.
  std::size_t scanned_ = 0;  ///< Up to here there is no line end: each byte is looked at once.
  bool finished_ = false;
};

}  // namespace sallyport::docker::detail

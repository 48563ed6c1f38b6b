// Writes small tar archives: build contexts for the engine.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::images {

/// A ustar archive (POSIX.1-1988) in memory: regular files of root, with fixed times, so that equal contents
/// give equal bytes and the engine's build cache holds.
class TarWriter {
 public:
  /// Adds a file. `path` is relative, at most 100 bytes; `content` less than 8 GiB. Throws std::length_error
  /// beyond, which only a mistake in this library can cause.
  void add_file(std::string_view path, std::string_view content, unsigned mode = 0644);

  /// The archive, ended. The writer is empty afterwards.
  [[nodiscard]] std::string finish();

 private:
  std::string archive_;
};

}  // namespace sallyport::images

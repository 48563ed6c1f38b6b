// The files of an audit trail, read backwards and forwards.
#pragma once

#include "broker/log/audit_chain.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::log {

/// The files that are there, the oldest first: FILE.3, FILE.2, FILE.1, FILE. Files that a writer rotates
/// meanwhile may be missed or met twice; who reads looks at the records' numbers.
[[nodiscard]] std::vector<std::string> audit_files(const std::string& path);

/// One file, open for reading. Lines beyond `longest_line` are cut off there: no record is that long.
class AuditFile {
 public:
  static constexpr std::size_t longest_line = 4 * 1024 * 1024;

  /// Null inside where it cannot be opened.
  explicit AuditFile(const std::string& path);
  ~AuditFile();
  AuditFile(const AuditFile&) = delete;
  AuditFile& operator=(const AuditFile&) = delete;

  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// The line that begins at `offset`, with no line's end, and the offset behind it. `whole` is false for the
  /// last one if its end is missing.
  struct Line {
    std::string_view text;  ///< Valid until the next call.
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool whole = false;
  };
  [[nodiscard]] std::optional<Line> line_at(std::uint64_t offset);

  /// The beginning of the first line that begins at or behind `offset`.
  [[nodiscard]] std::uint64_t next_line(std::uint64_t offset);

  /// The offset of the first record whose number is `sequence` or more; `size()` if there is none. Halves the
  /// file, so that a page behind many others costs no more than the first.
  [[nodiscard]] std::uint64_t find(std::uint64_t sequence);

  /// The last record of the chain, and what comes behind it without a line's end.
  struct Tail {
    std::optional<ChainPoint> last;
    bool unended = false;  ///< Only the end of the last record's line is missing.
    std::uint64_t torn_bytes = 0;
  };
  [[nodiscard]] Tail tail();

  /// The number of the first record.
  [[nodiscard]] std::optional<std::uint64_t> first_sequence();

 private:
  bool fill(std::uint64_t offset, std::size_t bytes);

  int fd_;
  std::uint64_t size_ = 0;
  std::string buffer_;
  std::uint64_t buffer_begin_ = 0;
};

}  // namespace sallyport::broker::log

// Where lines go: a file that is rotated by its size, a device, or standard error. Inside the module only.
#pragma once

#include "broker/log/line_sink.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

namespace sallyport::broker::log {

struct Rotation {
  std::uint64_t max_bytes = 0;  ///< A regular file that would grow beyond is rotated.
  std::uint64_t max_files = 1;  ///< Rotated files that are kept: FILE.1 is the youngest.
  /// The longest that one line waits for a reader of a pipe or terminal. Once a reader has let a line wait
  /// that long, lines do not wait for it at all until it reads again.
  std::chrono::milliseconds patience{5000};
  /// Hears of a rotated file before it is overwritten; may be empty.
  std::function<void(const std::string& path)> on_drop{};
};

/// Takes whole lines. A line is written with one call where the system permits it, without a buffer of our
/// own, so that what was written survives the process.
///
/// Not spdlog's rotating sink, which leaves the file's mode to the umask, truncates a file that
/// it cannot rename, and after a failed reopening writes through a null pointer.
///
/// Thread-safety: `write` from any thread.
class Destination final : public LineSink {
 public:
  /// Opens `path`, or standard error for an empty one. A file is made with mode 0640; one that exists is
  /// continued as it is. The result is an error's text where that fails.
  static std::variant<std::shared_ptr<Destination>, std::string> open(const std::string& path,
                                                                      Rotation rotation);

  Destination(int fd, bool owned, std::string path, Rotation rotation);
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;
  ~Destination() override;

  /// Appends `line` and a line's end. False if the line is lost: the disk is full, the reader is gone or
  /// stalled. Neither throws nor blocks for longer than `Rotation::patience`, a disk that hangs excepted.
  bool write(std::string_view line) override;

  // For the audit trail, which shares its file with other processes under a lock of its own.

  /// As `write`, of whole lines with their ends. How many bytes of them were written: what goes beyond the
  /// last line's end is torn.
  std::size_t append(std::string_view lines);
  /// How many bytes may be appended before the file is rotated.
  [[nodiscard]] std::uint64_t room() const { return rotate_at_ - std::min(rotate_at_, size_); }
  /// Takes up what others did: goes on in the file that is at the path now, and knows its size.
  void follow();
  [[nodiscard]] bool regular() const { return regular_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t rotations() const { return rotations_; }
  /// The file ends within a line; the next write ends that first.
  void mark_torn() { torn_ = true; }

 private:
  void rotate();
  std::size_t write_some(std::string_view bytes);
  bool wait_for_reader(std::chrono::steady_clock::time_point deadline);
  void inspect();

  std::mutex mutex_;
  int fd_;
  const bool owned_;
  const std::string path_;
  const Rotation rotation_;
  bool regular_ = false;
  bool torn_ = false;     // The last line was cut short: what follows must not continue it.
  bool stalled_ = false;  // The reader has not taken the last line in time.
  std::uint64_t size_ = 0;
  std::uint64_t rotate_at_ = 0;
  std::uint64_t rotations_ = 0;
  std::uint64_t inode_ = 0;
  std::uint64_t device_ = 0;
};

}  // namespace sallyport::broker::log

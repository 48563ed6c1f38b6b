// The queue between those who log and the thread that writes. Inside the module only.
#pragma once

#include "broker/log/context.hpp"
#include "broker/log/line_sink.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sallyport::broker::log {

enum class WhenFull { lose_oldest, wait };

/// A bounded queue with one thread behind it. Each channel has its own: in a common queue the operational
/// records that may push out the oldest would push out audit records.
///
/// While lines keep coming the thread looks for them every millisecond, and is not woken for each: to wake a
/// thread costs more than to make the line (docs/adr/0012-log-queue.md).
///
/// Lost lines are told of in the log itself, before the next lines that are taken together: an event
/// `log_records_lost` with their number, at most one a second and one at the end.
///
/// Thread-safety: all but construction and destruction from any thread.
class Channel {
 public:
  Channel(std::shared_ptr<LineSink> destination, std::size_t capacity, WhenFull when_full,
          const Context& context);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  /// Writes what is queued, then ends the thread.
  ~Channel();

  /// Queues one line. With `WhenFull::wait` it blocks while the queue is full, which lasts as long as the
  /// destination takes. May throw std::bad_alloc.
  void post(std::string line);

  /// Counts a line that could not even be queued.
  void count_lost() noexcept { ++lost_; }

  /// Lines that were lost so far, for whatever reason.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  using Lines = std::vector<std::string>;

  void run();
  bool take(Lines& lines);
  void write(const Lines& lines);
  void report();

  const std::shared_ptr<LineSink> destination_;
  const std::size_t capacity_;
  const WhenFull when_full_;
  const Context& context_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable room_;
  std::deque<std::string> queue_;  // guarded by mutex_, as are the next three
  bool asleep_ = false;            // The thread sees new lines only when it is woken.
  bool ending_ = false;
  std::size_t blocked_ = 0;  // Callers that wait for room.

  std::atomic<std::uint64_t> lost_{0};
  // The thread's own, and the destructor's after it.
  std::uint64_t reported_ = 0;
  std::chrono::steady_clock::time_point next_report_;

  std::thread thread_;
};

}  // namespace sallyport::broker::log

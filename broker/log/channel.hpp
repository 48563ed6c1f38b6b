// The queue between those who log and the thread that writes. Inside the module only.
#pragma once

#include "broker/log/context.hpp"
#include "broker/log/destination.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace spdlog {
class async_logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace sallyport::broker::log {

enum class WhenFull { lose_oldest, wait };

/// A bounded queue with one thread of spdlog behind it. Each channel has its own: in a common queue the
/// operational records that may push out the oldest would push out audit records.
///
/// Lost lines are told of in the log itself, where they are missing: an event `log_records_lost` with their
/// number, at most one a second and one at the end.
///
/// Thread-safety: all but construction and destruction from any thread.
class Channel {
 public:
  Channel(std::shared_ptr<Destination> destination, std::size_t capacity, WhenFull when_full,
          const Context& context);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  /// Writes what is queued, then ends the thread.
  ~Channel();

  /// Queues one line. With `WhenFull::wait` it blocks while the queue is full, which lasts as long as the
  /// destination takes. May throw std::bad_alloc.
  void post(std::string_view line);

  /// Counts a line that could not even be queued.
  void count_lost() noexcept;

  /// Lines that were lost so far, for whatever reason.
  [[nodiscard]] std::uint64_t lost() const;

 private:
  class Sink;
  std::shared_ptr<Sink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace sallyport::broker::log

// The events of all executions that outlive the request that brought them.
#pragma once

#include "broker/stream/execution_events.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace sallyport::broker {

/// Finds lists of events by the id of their execution. A list lives as long as somebody writes or reads it;
/// one that has ended is kept for `streaming.kept_seconds` more, for readers whose connection broke, as long
/// as all of these together are no more than `streaming.max_kept_bytes`.
///
/// Thread-safety: the executor's one thread.
class EventLists {
 public:
  using Pointer = std::shared_ptr<ExecutionEvents>;
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  EventLists(boost::asio::any_io_executor executor, const config::Streaming& config,
             Now now = std::chrono::steady_clock::now);

  /// The list of this execution, or a new one.
  [[nodiscard]] Pointer open(const std::string& id, const std::string& owner_key);

  /// Null if there is none, or it is another key's.
  [[nodiscard]] Pointer find(const std::string& owner_key, const std::string& id);

  /// The list has ended.
  void keep(Pointer events);

  /// Lists that can be found.
  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    std::string owner_key;
    std::weak_ptr<ExecutionEvents> events;
  };
  struct Kept {
    Pointer events;
    std::uint64_t bytes = 0;
    std::chrono::steady_clock::time_point until;
  };
  void tidy();

  boost::asio::any_io_executor executor_;
  std::uint64_t max_event_bytes_;
  std::uint64_t max_kept_bytes_;
  std::chrono::steady_clock::duration kept_for_;
  Now now_;
  std::map<std::string, Entry> entries_;
  std::size_t tidy_at_ = 64;  // Entries, before those whose list is gone are dropped.
  std::deque<Kept> kept_;
  std::uint64_t kept_bytes_ = 0;
};

}  // namespace sallyport::broker

// What happens to one execution, for whoever wants to watch.
#pragma once

#include "base/event.hpp"
#include "broker/api_error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker {

enum class EventKind {
  queued,
  started,
  stdout_text,
  stderr_text,
  violation,
  result,  ///< The last one: `data` is the reply.
  error,   ///< The last one in place of it: the submission was not served; `data` is an ApiError.
  cut      ///< To one reader, never in a list: the stream ends here, and why.
};

[[nodiscard]] const char* to_string(EventKind kind);

struct ExecutionEvent {
  std::uint64_t id = 0;  ///< From 1, without a gap; 0 for `cut`.
  EventKind kind = EventKind::queued;
  std::string data;  ///< Of stdout and stderr the text, in valid UTF-8; of all others a JSON object.
};

/// The events of one execution in memory: one writer, any number of readers at their own pace. Holds at most
/// `max_bytes` and the last event of all, however large; what does not fit is forgotten, the oldest first. A
/// reader that still wanted it has fallen behind, which neither the writer nor another reader notices.
///
/// Output that nobody has read yet grows in its event (up to 16 KiB) in place of making new ones: a program
/// that writes byte by byte costs no more than one that writes lines.
///
/// Thread-safety: the executor's one thread. Readers hold it by shared_ptr.
class ExecutionEvents {
 public:
  using Pointer = std::shared_ptr<const ExecutionEvent>;

  /// `last_id`: the number of the last event before the first one.
  ExecutionEvents(boost::asio::any_io_executor executor, std::uint64_t max_bytes, std::uint64_t last_id = 0);
  ~ExecutionEvents() = default;
  ExecutionEvents(const ExecutionEvents&) = delete;
  ExecutionEvents& operator=(const ExecutionEvents&) = delete;

  /// Any event but the last. What is appended to a list that has ended is dropped.
  void append(EventKind kind, std::string data);
  /// The last one, in two forms. `error_type` is that of what the result says, for the metrics; empty for
  /// none.
  void end(std::string result, std::string error_type);
  void fail(ApiError error);

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const std::string& error_type() const { return error_type_; }
  /// What the last event says, if it is `error`.
  [[nodiscard]] const std::optional<ApiError>& error() const { return error_; }
  /// Of all events that it holds, its end too.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_ + end_bytes_; }
  [[nodiscard]] std::uint64_t max_bytes() const { return max_bytes_; }
  [[nodiscard]] std::uint64_t last_id() const { return last_id_; }
  /// 1 more than `last_id` while there are none.
  [[nodiscard]] std::uint64_t first_id() const { return last_id_ + 1 - events_.size(); }

  struct Batch {
    std::vector<Pointer> events;
    bool fell_behind = false;  ///< What comes after `after` is no longer there, or never was.
    bool at_end = false;       ///< Nothing follows, now or ever.
  };
  /// Those with an id above `after`, at least one if there is any, and no more when they have `max_bytes`.
  Batch read(std::uint64_t after, std::size_t max_bytes);

  /// Waits until there is an event above `after` or the list has ended. The caller keeps the list alive.
  boost::asio::awaitable<base::WaitStatus> wait(std::uint64_t after, base::CallBounds bounds);

 private:
  void add_last(EventKind kind, std::string data, std::string error_type);
  bool grow_last(EventKind kind, const std::string& data);
  void add(EventKind kind, std::string data);
  void forget_oldest();
  void wake_readers();

  boost::asio::any_io_executor executor_;
  std::uint64_t max_bytes_;
  std::deque<std::shared_ptr<ExecutionEvent>> events_;
  std::uint64_t bytes_ = 0;  // Without the end.
  std::uint64_t end_bytes_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t read_id_ = 0;  // The highest that somebody has read.
  bool ended_ = false;
  std::string error_type_;
  std::optional<ApiError> error_;
  bool awaited_ = false;
  base::Event changed_;
};

}  // namespace sallyport::broker

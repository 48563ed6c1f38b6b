// An execution that lives as long as the request whose client watches it.
#pragma once

#include "base/deadline.hpp"
#include "base/event.hpp"
#include "broker/api/execution_reply.hpp"
#include "broker/api_error.hpp"
#include "broker/execution_observer.hpp"
#include "broker/http/message.hpp"
#include "broker/stream/event_sender.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace sallyport::broker {

struct StreamedExecutionParts {
  explicit StreamedExecutionParts(boost::asio::any_io_executor executor_in)
      : executor(std::move(executor_in)) {}

  boost::asio::any_io_executor executor;
  boost::asio::any_io_executor workers;
  std::uint64_t max_event_bytes = 0;
  std::function<bool()> cutting;  ///< Whether it is the server that stops what still runs.
  base::Deadline deadline = base::Deadline::never();
};

/// Runs beside its reader, which can be as slow as it likes. Whoever has begun it calls `refusal`, and unless
/// that gives an error `send`; both return when the execution has ended, `refusal` unless all is well.
///
/// Thread-safety: the executor's one thread.
class StreamedExecution : public std::enable_shared_from_this<StreamedExecution> {
 public:
  /// What runs, and tells the observer what happens. Called once.
  using Run = std::function<boost::asio::awaitable<ApiResult<ExecutionReply>>(ExecutionObserver& observer,
                                                                              base::CallBounds bounds)>;

  [[nodiscard]] static std::shared_ptr<StreamedExecution> begin(StreamedExecutionParts parts, Run run);

  /// As `begin`, and `refusal` or the answer that sends it in `form`.
  [[nodiscard]] static boost::asio::awaitable<http::Response> answer(StreamedExecutionParts parts, Run run,
                                                                     const EventForm& form,
                                                                     base::Clock::duration heartbeat,
                                                                     std::stop_token stop);

  /// Waits until something has happened: the error if it is that the submission is not served, which is then
  /// answered as such in place of a stream. Throws what the execution threw.
  boost::asio::awaitable<std::optional<ApiError>> refusal(std::stop_token stop);

  /// Sends its events; ends when it has ended. `stop` stops the execution, whose end is still sent.
  boost::asio::awaitable<http::BodyEnd> send(EventReader reader, http::BodyWriter& writer,
                                             std::stop_token stop);

  [[nodiscard]] const std::shared_ptr<ExecutionEvents>& events() const { return events_; }

 private:
  StreamedExecution(StreamedExecutionParts parts, Run run);
  static boost::asio::awaitable<void> run(std::shared_ptr<StreamedExecution> self);
  boost::asio::awaitable<void> execute();
  boost::asio::awaitable<void> join();

  StreamedExecutionParts parts_;
  Run run_;
  std::shared_ptr<ExecutionEvents> events_;
  std::stop_source stop_;
  std::exception_ptr fault_;
  base::Event ended_;
};

}  // namespace sallyport::broker

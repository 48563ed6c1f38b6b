// An execution that lives as long as the request whose client watches it.
#pragma once

#include "base/deadline.hpp"
#include "base/event.hpp"
#include "broker/api_error.hpp"
#include "broker/pipeline.hpp"
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
  StreamedExecutionParts(boost::asio::any_io_executor executor_in, Pipeline& pipeline_in)
      : executor(std::move(executor_in)), pipeline(pipeline_in) {}

  boost::asio::any_io_executor executor;
  Pipeline& pipeline;  ///< Must outlive the execution.
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
  [[nodiscard]] static std::shared_ptr<StreamedExecution> begin(StreamedExecutionParts parts,
                                                                ExecutionRequest request);

  /// Waits until something has happened: the error if it is that the submission is not served, which is then
  /// answered as such in place of a stream. Throws what the execution threw.
  boost::asio::awaitable<std::optional<ApiError>> refusal(std::stop_token stop);

  /// Sends its events; ends when it has ended. `stop` stops the execution, whose end is still sent.
  boost::asio::awaitable<http::BodyEnd> send(EventReader reader, http::BodyWriter& writer,
                                             std::stop_token stop);

  [[nodiscard]] const std::shared_ptr<ExecutionEvents>& events() const { return events_; }

 private:
  explicit StreamedExecution(StreamedExecutionParts parts);
  static boost::asio::awaitable<void> run(std::shared_ptr<StreamedExecution> self, ExecutionRequest request);
  boost::asio::awaitable<void> execute(ExecutionRequest request);
  boost::asio::awaitable<void> join();
  void fail(ApiError error);

  StreamedExecutionParts parts_;
  std::shared_ptr<ExecutionEvents> events_;
  std::stop_source stop_;
  std::optional<ApiError> error_;
  std::exception_ptr fault_;
  base::Event ended_;
};

}  // namespace sallyport::broker

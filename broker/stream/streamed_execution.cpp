#include "broker/stream/streamed_execution.hpp"

#include "broker/http/error_response.hpp"
#include "broker/reply_text.hpp"
#include "broker/stream/event_recorder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <string>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Deadline;

StreamedExecution::StreamedExecution(StreamedExecutionParts parts, Run run)
    : parts_(std::move(parts)),
      run_(std::move(run)),
      events_(std::make_shared<ExecutionEvents>(parts_.executor, parts_.max_event_bytes)),
      ended_(parts_.executor) {}

std::shared_ptr<StreamedExecution> StreamedExecution::begin(StreamedExecutionParts parts, Run run) {
  std::shared_ptr<StreamedExecution> self(new StreamedExecution(std::move(parts), std::move(run)));
  asio::co_spawn(self->parts_.executor, StreamedExecution::run(self), asio::detached);
  return self;
}

asio::awaitable<http::Response> StreamedExecution::answer(StreamedExecutionParts parts, Run run,
                                                          const EventForm& form,
                                                          base::Clock::duration heartbeat,
                                                          std::stop_token stop) {
  const auto execution = begin(std::move(parts), std::move(run));
  const auto refusal = co_await execution->refusal(std::move(stop));
  if (refusal) co_return http::to_response(*refusal);
  http::Response response;
  response.content_type = form.content_type();
  response.headers = streaming_headers();
  response.produce = [execution, &form, heartbeat](http::BodyWriter& writer, std::stop_token gone) {
    EventReader reader(execution->events(), form, heartbeat);
    return execution->send(std::move(reader), writer, std::move(gone));
  };
  co_return response;
}

asio::awaitable<void> StreamedExecution::run(std::shared_ptr<StreamedExecution> self) {
  try {
    co_await self->execute();
  } catch (...) {
    self->fault_ = std::current_exception();
    ApiError fault;
    fault.error_type = error_type_of(fault.status);
    fault.message = "a fault of the broker; its log says more";
    self->events_->fail(std::move(fault));
  }
  self->ended_.set();
}

asio::awaitable<void> StreamedExecution::execute() {
  EventRecorder recorder(events_);
  CallBounds bounds(parts_.deadline, stop_.get_token());
  auto result = co_await run_(recorder, std::move(bounds));
  if (result.has_error()) {
    // Who was stopped by the shutdown is still there to be told.
    const bool by_server = result.error().status == 499 && parts_.cutting();
    events_->fail(by_server ? shutting_down() : result.error());
    co_return;
  }
  std::string error_type = result->error_type.value_or("");
  std::string text = co_await reply_text(std::move(*result), parts_.workers);
  events_->end(std::move(text), std::move(error_type));
}

asio::awaitable<void> StreamedExecution::join() {
  // The execution has its own deadline.
  CallBounds bounds(Deadline::never());
  co_await ended_.wait(std::move(bounds));
  if (fault_) std::rethrow_exception(fault_);
}

asio::awaitable<std::optional<ApiError>> StreamedExecution::refusal(std::stop_token stop) {
  const auto pass_on = [this] { stop_.request_stop(); };
  const std::stop_callback passing(std::move(stop), pass_on);
  CallBounds bounds(Deadline::never());
  co_await events_->wait(0, std::move(bounds));
  if (!events_->error()) co_return std::nullopt;
  co_await join();
  co_return events_->error();
}

asio::awaitable<http::BodyEnd> StreamedExecution::send(EventReader reader, http::BodyWriter& writer,
                                                       std::stop_token stop) {
  const auto self = shared_from_this();
  const auto pass_on = [this] { stop_.request_stop(); };
  const std::stop_callback passing(std::move(stop), pass_on);
  std::stop_token to_the_end;
  const http::BodyEnd end = co_await send_events(std::move(reader), writer, std::move(to_the_end));
  // Nobody reads any more, or there is nothing more to read.
  stop_.request_stop();
  co_await join();
  co_return end;
}

}  // namespace sallyport::broker

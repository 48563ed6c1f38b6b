#include "broker/stream/event_sender.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Deadline;
using base::WaitStatus;

namespace {

/// What is written for a reader at once, and so what it holds while it is slow; a single event may be longer.
constexpr std::size_t kMaxBatch = 64 * 1024;

ExecutionEvent cut_event(const char* reason, const char* message, const ExecutionEvents& events) {
  nlohmann::ordered_json data;
  data["reason"] = reason;
  data["message"] = message;
  data["first_id"] = events.first_id();
  data["last_id"] = events.last_id();
  ExecutionEvent event;
  event.kind = EventKind::cut;
  event.data = data.dump();
  return event;
}

ExecutionEvent fell_behind(const ExecutionEvents& events) {
  return cut_event(
      "fell_behind",
      "the events that follow the last one you have are not kept; those from first_id to last_id "
      "are, and the result holds all output",
      events);
}

ExecutionEvent stopped(const ExecutionEvents& events) {
  return cut_event("shutting_down", "the broker is shutting down; resume with Last-Event-ID", events);
}

}  // namespace

asio::awaitable<http::BodyEnd> send_events(EventReader reader, http::BodyWriter& writer,
                                           std::stop_token stop) {
  ExecutionEvents& events = *reader.events;
  http::BodyEnd gone;
  gone.complete = false;
  gone.error_type = "CancelledError";
  http::BodyEnd end;
  std::string text;
  for (;;) {
    text.clear();
    const ExecutionEvents::Batch batch = events.read(reader.after, kMaxBatch);
    if (batch.fell_behind) reader.form->append(fell_behind(events), text);
    for (const ExecutionEvents::Pointer& event : batch.events) {
      reader.form->append(*event, text);
      reader.after = event->id;
    }
    bool taken = co_await writer.write(text);
    if (!taken) co_return gone;
    if (batch.fell_behind) co_return end;
    if (batch.at_end) {
      end.error_type = events.error_type();
      co_return end;
    }
    if (!batch.events.empty()) continue;

    CallBounds bounds(Deadline::after(reader.heartbeat), stop);
    const WaitStatus status = co_await events.wait(reader.after, std::move(bounds));
    if (status == WaitStatus::ready) continue;
    text.clear();
    if (status == WaitStatus::timed_out && reader.look) co_await reader.look();
    if (status == WaitStatus::timed_out) {
      reader.form->append_heartbeat(text);
    } else {
      reader.form->append(stopped(events), text);
    }
    taken = co_await writer.write(text);
    if (!taken) co_return gone;
    if (status == WaitStatus::stopped) co_return end;
  }
}

}  // namespace sallyport::broker

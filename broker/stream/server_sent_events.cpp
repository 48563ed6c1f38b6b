#include "broker/stream/event_form.hpp"

namespace sallyport::broker {
namespace {

class ServerSentEvents final : public EventForm {
 public:
  [[nodiscard]] const char* content_type() const override { return "text/event-stream"; }

  void append(const ExecutionEvent& event, std::string& out) const override {
    // Without an id the client keeps the last one, from which it resumes.
    if (event.id != 0) out.append("id: ").append(std::to_string(event.id)).append("\n");
    out.append("event: ").append(to_string(event.kind));
    // JSON on one line has no line break of its own.
    out.append("\ndata: ").append(event_data(event)).append("\n\n");
  }

  void append_heartbeat(std::string& out) const override { out.append(": heartbeat\n\n"); }
};

}  // namespace

const EventForm& server_sent_events() {
  static const ServerSentEvents form;
  return form;
}

}  // namespace sallyport::broker

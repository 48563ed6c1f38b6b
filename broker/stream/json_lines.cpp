#include "broker/stream/event_form.hpp"

namespace sallyport::broker {
namespace {

class JsonLines final : public EventForm {
 public:
  [[nodiscard]] const char* content_type() const override { return "application/x-ndjson"; }

  void append(const ExecutionEvent& event, std::string& out) const override {
    out.append(R"({"event":")").append(to_string(event.kind)).append("\"");
    if (event.id != 0) out.append(R"(,"id":)").append(std::to_string(event.id));
    out.append(R"(,"data":)").append(event_data(event)).append("}\n");
  }

  void append_heartbeat(std::string& out) const override { out.append("{\"event\":\"heartbeat\"}\n"); }
};

}  // namespace

const EventForm& json_lines() {
  static const JsonLines form;
  return form;
}

}  // namespace sallyport::broker

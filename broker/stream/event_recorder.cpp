#include "broker/stream/event_recorder.hpp"

#include "broker/api/violation_json.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace sallyport::broker {

void EventRecorder::on_queued(std::string_view execution_id) {
  nlohmann::ordered_json data;
  data["id"] = execution_id;
  events_->append(EventKind::queued, data.dump());
}

void EventRecorder::on_started(std::string_view execution_id, double queue_ms) {
  nlohmann::ordered_json data;
  data["id"] = execution_id;
  data["queue_ms"] = queue_ms;
  events_->append(EventKind::started, data.dump());
}

void EventRecorder::on_output(runners::OutputStream stream, std::string_view text) {
  const bool is_stdout = stream == runners::OutputStream::stdout_stream;
  events_->append(is_stdout ? EventKind::stdout_text : EventKind::stderr_text, std::string(text));
}

void EventRecorder::on_violation(const ValidationViolation& violation) {
  events_->append(EventKind::violation, to_json(violation));
}

void EventRecorder::on_violation(const OutputViolation& violation) {
  events_->append(EventKind::violation, to_json(violation));
}

}  // namespace sallyport::broker

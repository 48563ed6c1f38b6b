// Writes down what happens to an execution.
#pragma once

#include "broker/execution_observer.hpp"
#include "broker/stream/execution_events.hpp"

#include <memory>
#include <utility>

namespace sallyport::broker {

/// All events but the last, which whoever runs the execution appends.
/// Thread-safety: as ExecutionObserver has it.
class EventRecorder final : public ExecutionObserver {
 public:
  explicit EventRecorder(std::shared_ptr<ExecutionEvents> events) : events_(std::move(events)) {}

  void on_queued(std::string_view execution_id) override;
  void on_started(std::string_view execution_id, double queue_ms) override;
  void on_output(runners::OutputStream stream, std::string_view text) override;
  void on_violation(const ValidationViolation& violation) override;
  void on_violation(const OutputViolation& violation) override;

 private:
  std::shared_ptr<ExecutionEvents> events_;
};

}  // namespace sallyport::broker

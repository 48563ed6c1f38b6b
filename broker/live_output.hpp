// The way of output that is seen while the program runs.
#pragma once

#include "broker/api/utf8_stream.hpp"
#include "broker/doors.hpp"
#include "broker/execution_observer.hpp"
#include "runners/runner.hpp"

#include <array>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace sallyport::broker {

/// From the runner through the second door to an observer, piece by piece, each stream for itself. Once a
/// rule has blocked the output nothing more goes out, not even the piece in which that was found, and the run
/// is stopped: its result is settled.
///
/// Thread-safety: the executor's one thread.
class LiveOutput final : public runners::OutputSink {
 public:
  /// `inspection` is null where the request has output validation off. `run` is what the runner heeds.
  LiveOutput(ExecutionObserver& observer, std::unique_ptr<LiveInspection> inspection, std::stop_source run)
      : observer_(observer), inspection_(std::move(inspection)), run_(std::move(run)) {}

  void on_output(runners::OutputStream stream, std::string_view bytes) override;

  /// The program has ended: what was held back goes out.
  void finish();

  [[nodiscard]] bool blocked() const { return inspection_ != nullptr && inspection_->blocked(); }

  /// What went out of a stream.
  [[nodiscard]] std::string take_text(runners::OutputStream stream) { return std::move(of(stream).shown); }

  /// Null as it was given.
  [[nodiscard]] LiveInspection* inspection() const { return inspection_.get(); }

 private:
  struct Stream {
    Utf8Stream utf8;
    std::string shown;
  };

  Stream& of(runners::OutputStream stream) {
    return stream == runners::OutputStream::stdout_stream ? streams_[0] : streams_[1];
  }
  void pass(runners::OutputStream stream, std::string text, bool last);

  ExecutionObserver& observer_;
  std::unique_ptr<LiveInspection> inspection_;
  std::stop_source run_;
  std::array<Stream, 2> streams_;
};

}  // namespace sallyport::broker

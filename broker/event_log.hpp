// What the broker tells its operators.
#pragma once

#include <string_view>

namespace sallyport::broker {

enum class Severity { info, warning, error };

/// Takes operational events. Declared by the broker, which needs it; implemented over the log by `main`.
/// Thread-safety: called on the executor's one thread; must not block.
class EventLog {
 public:
  virtual ~EventLog() = default;

  /// `event` is a fixed name in snake_case that operators search for; `message` says what happened, in one
  /// line. Never holds code, output or secrets of a submission.
  virtual void write(Severity severity, std::string_view event, std::string_view message) = 0;
};

}  // namespace sallyport::broker

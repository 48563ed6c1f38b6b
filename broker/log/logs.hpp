// The owner of both logs.
#pragma once

#include "broker/log/audit.hpp"
#include "broker/log/log.hpp"
#include "config/config.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::log {

struct LogsResult;

/// Opens the logs, runs their two threads, and on destruction writes what is queued before it returns.
///
/// Thread-safety: the logs are safe from any thread; construction and destruction are not, and nobody may log
/// once the destruction has begun. After a fork only the parent has the threads.
class Logs {
 public:
  using WallClock = std::function<std::chrono::system_clock::time_point()>;

  using TextFilter = std::function<std::string(std::string_view)>;

  /// Opens the files of `config`. Files are made with mode 0640, their folder is not made. Texts that come
  /// from outside pass `filter`, if there is one. `now` and `filter` are called from any thread. Does not
  /// throw: a failure is the result's `error`.
  static LogsResult open(const config::Log& config, WallClock now = std::chrono::system_clock::now,
                         TextFilter filter = {});

  Logs(const Logs&) = delete;
  Logs& operator=(const Logs&) = delete;
  ~Logs();

  [[nodiscard]] Log& operational();
  [[nodiscard]] AuditLog& audit();

  /// What was found wrong at the end of the audit trail when it was opened; also a record of the trail.
  [[nodiscard]] const std::vector<std::string>& audit_notices() const;

  /// Records that never reached their log, since the start; for the metrics.
  [[nodiscard]] std::uint64_t lost_operational() const;
  [[nodiscard]] std::uint64_t lost_audit() const;

 private:
  struct Impl;
  explicit Logs(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Either the logs, or why there are none: "log.audit_file: /x/audit.log cannot be opened: Permission
/// denied".
struct LogsResult {
  std::unique_ptr<Logs> logs;
  std::string error;
};

}  // namespace sallyport::broker::log

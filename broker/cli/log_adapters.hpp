// The broker's needs for logging, served by broker/log.
#pragma once

#include "broker/audit_sink.hpp"
#include "broker/event_log.hpp"
#include "broker/log/logs.hpp"
#include "broker/output_rules.hpp"

namespace sallyport::broker::cli {

/// Takes the secrets of `rules` out of what is logged. `rules` must outlive it.
[[nodiscard]] log::Logs::TextFilter secrets_filter(const OutputRules& rules);

/// Operational events to the operational log. `log` must outlive it.
class LogEvents final : public EventLog {
 public:
  explicit LogEvents(log::Log& log) : log_(log) {}
  void write(Severity severity, std::string_view event, std::string_view message) override;

 private:
  log::Log& log_;
};

/// Audit entries to the audit log. `log` must outlive it.
class LogAudit final : public AuditSink {
 public:
  explicit LogAudit(log::AuditLog& log) : log_(log) {}
  void record(const AuditEntry& entry) override;
  void record(const AuditAction& action) override;

 private:
  log::AuditLog& log_;
};

}  // namespace sallyport::broker::cli

#include "broker/log/audit.hpp"

#include "broker/log/audit_line.hpp"
#include "broker/log/channel.hpp"
#include "broker/log/context.hpp"

#include <exception>

namespace sallyport::broker::log {

AuditLog::AuditLog(Channel& channel, const Context& context) : channel_(channel), context_(context) {}

void AuditLog::write(const AuditRecord& record) noexcept {
  try {
    channel_.post(audit_line(record, context_));
  } catch (const std::exception&) {
    channel_.count_lost();  // Out of memory: the count says that a record is missing.
  }
}

void AuditLog::write(AuditAction action, Fields fields) noexcept {
  try {
    channel_.post(audit_line(action, fields, context_));
  } catch (const std::exception&) {
    channel_.count_lost();
  }
}

}  // namespace sallyport::broker::log

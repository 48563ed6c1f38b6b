// An audit record as text. Inside the module only.
#pragma once

#include "broker/log/audit.hpp"
#include "broker/log/context.hpp"

#include <string>

namespace sallyport::broker::log {

std::string audit_line(const AuditRecord& record, const Context& context);
std::string audit_line(AuditAction action, Fields fields, const Context& context);

/// The `event` of its record.
const char* sentence(AuditAction action);

}  // namespace sallyport::broker::log

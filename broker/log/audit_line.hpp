// An audit record as text. Inside the module only.
#pragma once

#include "broker/log/audit.hpp"
#include "broker/log/context.hpp"

#include <string>

namespace sallyport::broker::log {

std::string audit_line(const AuditRecord& record, const Context& context);

}  // namespace sallyport::broker::log

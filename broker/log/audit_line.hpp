// An audit record as text. Inside the module only.
#pragma once

#include "broker/log/audit.hpp"

#include <chrono>
#include <string>

namespace sallyport::broker::log {

std::string audit_line(const AuditRecord& record, const config::Log& config,
                       std::chrono::system_clock::time_point when);

}  // namespace sallyport::broker::log

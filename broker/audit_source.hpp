// The audit trail, as the API shows it.
#pragma once

#include "broker/api_error.hpp"

#include <string>
#include <string_view>

namespace sallyport::broker {

/// Declared by the broker, implemented over the log by `main`.
class AuditSource {
 public:
  virtual ~AuditSource() = default;

  /// The page that the query of a URL asks for, as JSON: {"records": [...], "next": 17 or null}. 422 for a
  /// query that is wrong. Blocks on the disk, for some tens of milliseconds at most; any thread.
  [[nodiscard]] virtual ApiResult<std::string> page(std::string_view query) const = 0;
};

}  // namespace sallyport::broker

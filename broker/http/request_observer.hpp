// Hears of every answer, for the metrics.
#pragma once

#include <string_view>

namespace sallyport::broker::http {

/// Thread-safety: called on the executor's one thread; must not block, throw or keep what it is given.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;

  /// `route` is the path as the router has it, empty for a request that no route served. `error_type` is that
  /// of the answer, empty for none.
  virtual void answered(std::string_view route, int status, std::string_view error_type) = 0;
};

}  // namespace sallyport::broker::http

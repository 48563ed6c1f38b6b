// What the kernel knows about this process.
#pragma once

#include <cstdint>

namespace sallyport::broker::metrics {

/// Each 0 where the kernel does not say. Read from /proc in some microseconds.
struct Process {
  double start_time_seconds = 0;  ///< Unix time.
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double open_fds = 0;
  double max_fds = 0;
};

[[nodiscard]] Process read_process();

}  // namespace sallyport::broker::metrics

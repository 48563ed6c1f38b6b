// The files of an audit trail as they were at one moment. Inside the module only.
#pragma once

#include "broker/log/audit_files.hpp"
#include "broker/log/audit_head.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker::log {

/// Open files, so that a rotation meanwhile changes nothing; the oldest first.
struct AuditSnapshot {
  struct File {
    std::string path;
    std::unique_ptr<AuditFile> file;
  };
  std::vector<File> files;
  bool has_head = false;            ///< Whether there is a head file.
  std::optional<TrailState> state;  ///< What it says; none if it is damaged.
};

/// Waits for a writer to end its batch.
[[nodiscard]] AuditSnapshot take_snapshot(const std::string& path);

}  // namespace sallyport::broker::log

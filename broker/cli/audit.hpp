// The audit trail for people and for the API: `sallyport audit`, and what `GET /v1/audit` answers.
#pragma once

#include "broker/audit_source.hpp"
#include "config/load.hpp"

#include <optional>
#include <string>

namespace sallyport::broker::cli {

struct AuditOptions {
  std::string file;  ///< Empty: that of the configuration.
  bool json = false;
  std::string anchor;  ///< "NUMBER:HASH"

  // query; as the parameters of the API
  std::string since;
  std::string until;
  std::string key_id;
  std::string user_id;
  std::string execution_id;
  std::string outcome;
  std::optional<std::uint64_t> after;
  std::optional<std::uint64_t> limit;
};

/// Exit status: kFailure where something is wrong with the trail.
int verify_audit_trail(const config::Loaded& loaded, const AuditOptions& options);

/// The records as they are, one a line.
int query_audit_trail(const config::Loaded& loaded, const AuditOptions& options);

/// The trail in `path`; an empty one is none.
class LogAuditSource final : public AuditSource {
 public:
  explicit LogAuditSource(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] ApiResult<std::string> page(std::string_view query) const override;

 private:
  std::string path_;
};

}  // namespace sallyport::broker::cli

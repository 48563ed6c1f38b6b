// The reading end of the audit trail: is it whole, and what is in it. Needs no running broker.
#pragma once

#include "base/utc_time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport::broker::log {

/// Something wrong with a trail, and where.
struct AuditMistake {
  std::string file;
  std::uint64_t line = 0;  ///< From 1; 0: the file, or the trail, as a whole.
  std::string what;
};

struct AuditVerdict {
  std::uint64_t records = 0;
  std::uint64_t first = 0;  ///< Number of the first record; 0: there is none.
  std::uint64_t last = 0;
  std::string hash;  ///< Of the last: with `last`, what an operator keeps elsewhere as an anchor.
  std::vector<AuditMistake> mistakes;  ///< At most `max_mistakes`; further ones are only counted.
  std::uint64_t mistake_count = 0;
  std::vector<AuditMistake>
      notes;  ///< What is no sign of tampering: torn lines that the next start has told of.

  static constexpr std::size_t max_mistakes = 100;
};

/// A number and a hash that `verify_audit` gave once.
struct AuditAnchor {
  std::uint64_t sequence = 0;
  std::string hash;
};

/// Reads the whole trail, however long. Any change, removal, insertion or exchange of records shows, but for
/// one that rewrites everything from there to the end, with the head file: against that the anchor helps.
[[nodiscard]] AuditVerdict verify_audit(const std::string& path,
                                        const std::optional<AuditAnchor>& anchor = {});

/// Which records; an empty filter lets all through.
struct AuditQuery {
  std::uint64_t after = 0;  ///< Records with a higher number.
  std::size_t limit = 100;
  std::optional<base::UtcTime> since;
  std::optional<base::UtcTime> until;  ///< Exclusive.
  std::string key_id;
  std::string user_id;  ///< A number and the same digits as a text are both found.
  std::string execution_id;
  std::string outcome;  ///< One of `audit_outcomes`.
};

/// "requested", "completed", "failed", "violations", and those of what is on record beside executions:
/// "session_created", "key_revoked" and so on.
[[nodiscard]] const std::vector<std::string_view>& audit_outcomes();

struct AuditPage {
  std::vector<std::string> records;   ///< Lines of JSON, in their order.
  std::optional<std::uint64_t> next;  ///< `after` of the next page; none: this was the last.
};

/// One page: at most `limit` records, `max_page_bytes` of them, and a look at `max_scanned_bytes` of the
/// trail. A page may be empty and still not be the last.
[[nodiscard]] AuditPage query_audit(const std::string& path, const AuditQuery& query);

inline constexpr std::size_t max_page_bytes = 4 * 1024 * 1024;
inline constexpr std::size_t max_scanned_bytes = 64 * 1024 * 1024;

}  // namespace sallyport::broker::log

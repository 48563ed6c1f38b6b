#include "broker/store/quota_tables.hpp"

#include <string>
#include <utility>

namespace sallyport::broker::store::tables {
namespace {

QuotaUse quota_use_of(SqlRow& row) {
  QuotaUse use;
  use.key_id = row.text(0);
  use.began_ms = row.integer(1);
  use.requests = static_cast<std::uint64_t>(row.integer(2));
  return use;
}

}  // namespace

std::vector<QuotaUse> quotas(SqlConnection& connection, std::int64_t over_ms) {
  static const std::string forget = "DELETE FROM quota_uses WHERE began_ms <= $1";
  static const std::string select = "SELECT key_id, began_ms, requests FROM quota_uses";
  connection.run(forget, {over_ms});
  std::vector<QuotaUse> all;
  for (SqlRow& row : connection.run(select)) all.push_back(quota_use_of(row));
  return all;
}

std::vector<QuotaUse> use_quotas(SqlConnection& connection, const std::vector<QuotaUse>& used,
                                 std::int64_t over_ms) {
  // A period that is over gives way to the one that was begun here.
  static const std::string add =
      "INSERT INTO quota_uses (key_id, began_ms, requests) VALUES ($1, $2, $3) "
      "ON CONFLICT (key_id) DO UPDATE SET "
      "requests = excluded.requests + CASE WHEN quota_uses.began_ms <= $4 THEN 0 ELSE quota_uses.requests "
      "END, "
      "began_ms = CASE WHEN quota_uses.began_ms <= $4 THEN excluded.began_ms ELSE quota_uses.began_ms END "
      "RETURNING key_id, began_ms, requests";
  std::vector<QuotaUse> totals;
  for (const QuotaUse& use : used) {
    const auto requests = static_cast<std::int64_t>(use.requests);
    for (SqlRow& row : connection.run(add, {use.key_id, use.began_ms, requests, over_ms})) {
      totals.push_back(quota_use_of(row));
    }
  }
  return totals;
}

}  // namespace sallyport::broker::store::tables

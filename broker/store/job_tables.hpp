// What a store does, as statements on one connection within one transaction.
#pragma once

#include "broker/store/sql_connection.hpp"
#include "broker/store/values.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker::store::tables {

/// What is charged for an ended job beside its texts, so that many small ones are bounded too.
inline constexpr std::int64_t kJobOverhead = 1024;

// Each as the call of the same name in Store; they throw SqlFailure.
Accepted accept(SqlConnection& connection, const Submission& submission, const StoreBounds& bounds);
std::optional<StoredJob> find(SqlConnection& connection, const std::string& id, const std::string& owner_key);
std::vector<Job> list(SqlConnection& connection, const ListQuery& query);
std::optional<Job> cancel(SqlConnection& connection, const std::string& id, const std::string& owner_key,
                          std::int64_t now_ms);
std::vector<ClaimedJob> claim(SqlConnection& connection, std::size_t most, std::int64_t now_ms,
                              std::int64_t lease_until_ms);
std::vector<std::string> renew(SqlConnection& connection, const std::vector<Claim>& claims,
                               std::int64_t lease_until_ms);
bool finish(SqlConnection& connection, const Claim& claim, const Ending& ending);
bool release(SqlConnection& connection, const Claim& claim, std::int64_t not_before_ms);
bool withdraw(SqlConnection& connection, const Claim& claim, const std::string& idempotency_key);
std::size_t recover(SqlConnection& connection);
Swept sweep(SqlConnection& connection, const SweepBounds& bounds);
QueueLoad load(SqlConnection& connection);

}  // namespace sallyport::broker::store::tables

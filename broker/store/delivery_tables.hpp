// Who is to be told that a job has ended, as statements on one connection within one transaction.
#pragma once

#include "broker/store/sql_connection.hpp"
#include "broker/store/values.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker::store::tables {

/// Within the transaction in which a job ends: its delivery is due, if somebody is to be told. All that
/// expired at `ended_ms` where `job_id` is empty.
void add_deliveries(SqlConnection& connection, const std::string& job_id, std::int64_t ended_ms);

// Each as the call of the same name in Store; they throw SqlFailure.
std::vector<Delivery> claim_deliveries(SqlConnection& connection, std::size_t most, std::int64_t now_ms,
                                       std::int64_t again_ms);
bool delivered(SqlConnection& connection, const std::string& job_id);
bool not_delivered(SqlConnection& connection, const std::string& job_id, std::optional<std::int64_t> again_ms,
                   std::int64_t now_ms, const std::string& why);
std::size_t drop_dead_deliveries(SqlConnection& connection, std::int64_t before_ms);
DeliveryLoad delivery_load(SqlConnection& connection);

}  // namespace sallyport::broker::store::tables

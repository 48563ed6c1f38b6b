// What keys have used of their quotas, as statements on one connection within one transaction.
#pragma once

#include "broker/store/sql_connection.hpp"
#include "broker/store/values.hpp"

#include <cstdint>
#include <vector>

namespace sallyport::broker::store::tables {

// Each as the call of the same name in Store; they throw SqlFailure.
std::vector<QuotaUse> quotas(SqlConnection& connection, std::int64_t over_ms);
std::vector<QuotaUse> use_quotas(SqlConnection& connection, const std::vector<QuotaUse>& used,
                                 std::int64_t over_ms);

}  // namespace sallyport::broker::store::tables

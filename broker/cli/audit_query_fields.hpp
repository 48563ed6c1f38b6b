// The filters of the audit trail by their names, the same for the API and the command line.
#pragma once

#include "broker/api_error.hpp"
#include "broker/http/query_parameters.hpp"
#include "broker/log/audit_reader.hpp"

#include <string>

namespace sallyport::broker::cli {

/// 422, with what is wrong.
[[nodiscard]] ApiError bad_query(std::string message);

/// since, until, key_id, user_id, execution_id, outcome, after, limit (1 to 1000). 422 for anything else.
[[nodiscard]] ApiResult<log::AuditQuery> audit_query(const http::QueryParameters& given);

}  // namespace sallyport::broker::cli

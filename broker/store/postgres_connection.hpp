// PostgreSQL, as a store's database.
#pragma once

#include "base/deadline.hpp"
#include "broker/store/sql_connection.hpp"

#include <memory>
#include <string>

namespace sallyport::broker::store {

/// Connects as `conninfo` says (a libpq connection string or URI), and brings the tables, in the first schema
/// of the search path, up to date. `call_timeout` bounds each statement: one that takes longer costs the
/// connection. Throws SqlFailure.
[[nodiscard]] std::unique_ptr<SqlConnection> open_postgres(const std::string& conninfo,
                                                           base::Clock::duration call_timeout);

}  // namespace sallyport::broker::store

// The tables of a store, and how they came about.
#pragma once

#include "broker/store/sql_connection.hpp"

namespace sallyport::broker::store {

/// Brings the tables up to what this version uses, in one transaction. Throws SqlFailure, `broken` if a newer
/// version has changed them.
void migrate(SqlConnection& connection);

}  // namespace sallyport::broker::store

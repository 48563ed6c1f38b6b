// SQLite, as a store's database.
#pragma once

#include "broker/store/sql_connection.hpp"

#include <memory>
#include <string>

namespace sallyport::broker::store {

/// Opens the file, or makes it, readable by its owner alone, and brings its tables up to date. The file then
/// belongs to this connection: another one, of any process, is refused. Throws SqlFailure.
[[nodiscard]] std::unique_ptr<SqlConnection> open_sqlite(const std::string& path);

}  // namespace sallyport::broker::store

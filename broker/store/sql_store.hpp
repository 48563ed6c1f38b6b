// A store over a database that speaks SQL.
#pragma once

#include "broker/store/sql_thread.hpp"
#include "broker/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace sallyport::broker::store {

/// Works on the connections that `open` makes. Must be destroyed before the executor's context is, when no
/// call is waited for.
[[nodiscard]] std::unique_ptr<Store> make_sql_store(boost::asio::any_io_executor executor,
                                                    SqlThread::Open open, SqlThreadOptions options,
                                                    StoreBounds bounds);

}  // namespace sallyport::broker::store

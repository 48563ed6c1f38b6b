#include "broker/cli/job_store.hpp"

#include "broker/seconds.hpp"
#include "broker/store/postgres_connection.hpp"
#include "broker/store/sql_store.hpp"
#include "broker/store/sqlite_connection.hpp"

#include <string>
#include <utility>

namespace sallyport::broker::cli {
namespace {

std::string file_of(const config::Config& config) {
  if (!config.store.file.empty()) return config.store.file;
  return config.instance.state_folder + "/" + config.instance.name + ".db";
}

}  // namespace

std::unique_ptr<store::Store> make_job_store(const config::Config& config,
                                             boost::asio::any_io_executor executor) {
  store::SqlThreadOptions options;
  options.call_timeout = seconds(config.store.timeout_seconds);
  options.max_waiting = config.store.max_waiting;
  store::StoreBounds bounds;
  bounds.max_queued = config.jobs.max_queued;
  bounds.max_queued_bytes = config.jobs.max_queued_bytes;
  store::SqlThread::Open open = [path = file_of(config)] { return store::open_sqlite(path); };
  if (config.store.backend == "postgresql") {
    open = [conninfo = config.store.postgresql, limit = options.call_timeout] {
      return store::open_postgres(conninfo, limit);
    };
  }
  return store::make_sql_store(std::move(executor), std::move(open), options, bounds);
}

}  // namespace sallyport::broker::cli

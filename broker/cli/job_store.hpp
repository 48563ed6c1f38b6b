// The store that the configuration asks for.
#pragma once

#include "broker/store/store.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace sallyport::broker::cli {

/// Connects at its first call. Must be destroyed before the executor's context is.
[[nodiscard]] std::unique_ptr<store::Store> make_job_store(const config::Config& config,
                                                           boost::asio::any_io_executor executor);

}  // namespace sallyport::broker::cli
